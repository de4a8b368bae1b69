"""Registries over the OCI distribution protocol."""
