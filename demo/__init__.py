"""A tour of both commands on images, registries and a cluster that it makes itself (`make demo`)."""
