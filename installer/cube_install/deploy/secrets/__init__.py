"""Secrets that are made on the cluster, and never leave it."""
