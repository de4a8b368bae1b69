"""What was installed, kept in the registry itself, beside the images."""
