"""The connected side: resolves images and writes the bundle (command `cube-bundle`)."""
