"""Pushing a bundle's images into a registry."""
