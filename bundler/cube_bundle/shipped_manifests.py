"""The project's own manifests: the stack, its job templates, and recipes for checkouts."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from cube_airgap.stack_parsing import read_stack

if TYPE_CHECKING:
    from cube_airgap.stack import Stack


def manifests_directory() -> Path:
    """Inside the package once installed; at the top of a checkout otherwise."""
    installed = Path(__file__).parent / "data" / "manifests"
    return installed if installed.is_dir() else Path(__file__).parents[2] / "manifests"


def shipped_stack() -> Stack:
    """The project's own stack. Raises what parse_stack() raises."""
    return read_stack(manifests_directory())
