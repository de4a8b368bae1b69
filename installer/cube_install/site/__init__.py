"""A site: its registry, how it is reached, and what is to happen there."""
