"""Why something on a cluster does not come up, and what to do: one concern in each module."""
