"""Bringing images into a registry, and recording there what was brought."""
