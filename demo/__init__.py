"""A tour of cube-bundle on images and registries that it makes itself (`make demo`)."""
