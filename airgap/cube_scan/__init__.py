"""Scanning: every image reference and run-time download of a tree, and where each was found."""
