"""A tour of both commands on images and a cluster that it makes itself (`make demo`)."""
