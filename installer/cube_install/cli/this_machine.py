"""The machine that this command runs on, in the words of images."""

from __future__ import annotations

import platform

from cube_airgap.platforms import Platform


def architecture() -> str:
    """Such as amd64 or arm64."""
    return Platform.parse(f"linux/{platform.machine()}").architecture
