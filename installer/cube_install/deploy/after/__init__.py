"""Looking at a cluster after a deployment: whether all of it is as it was meant to be."""
