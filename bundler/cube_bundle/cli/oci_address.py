"""`oci://REGISTRY/REPOSITORY:TAG`, where a bundle travels through a registry."""

from __future__ import annotations

from cube_airgap.errors import UsageError
from cube_airgap.reference import Reference

_SCHEME = "oci://"


def parse_address(text: str) -> Reference:
    """Read an address; the registry has to be named. Raises UsageError."""
    reference = Reference.parse(text.removeprefix(_SCHEME), where=text)
    host = text.removeprefix(_SCHEME).partition("/")[0]
    if not text.startswith(_SCHEME) or host.lower() != reference.host:
        raise UsageError(
            f"{text!r} is not where a bundle can travel",
            remedy="write it as oci://REGISTRY/REPOSITORY:TAG",
        )
    return reference
