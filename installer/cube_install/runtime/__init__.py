"""Images loaded from the bundle into the container runtime of this host, with no registry."""
