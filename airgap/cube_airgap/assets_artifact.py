"""The artifact under which a bundle's assets come into a registry; docs/assets.md tells of it."""

from __future__ import annotations

from cube_airgap.reference import Reference

# A host that nobody can have (RFC 6761), since it has no origin.
ARTIFACT = Reference("cube-airgap.invalid", "assets", "latest", None)
"""What it is called in a catalogue."""

ARTIFACT_TYPE = "application/vnd.cube-airgap.assets.v1"
