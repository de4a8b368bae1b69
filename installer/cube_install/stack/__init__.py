"""The stack as it is to be on a site's cluster."""
