"""Accounts of least privilege in Harbor, and where their secrets are kept."""
