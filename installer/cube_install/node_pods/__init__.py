"""Short-lived pods of ours, each on a node of its own choosing."""
