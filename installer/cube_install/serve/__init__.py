"""A read-only OCI registry straight from a bundle: nothing is unpacked, nothing written."""
