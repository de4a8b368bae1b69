"""Telling what of the registry no refresh needs any more, and deleting it."""
