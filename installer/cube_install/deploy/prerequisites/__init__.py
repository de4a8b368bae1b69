"""What a cluster has to have before a stack is deployed: one concern in each module."""
