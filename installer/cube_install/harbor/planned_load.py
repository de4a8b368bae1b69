"""What is about to be loaded into a project, as far as Harbor's rules may be against it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cube_airgap.digest import Digest


@dataclass(frozen=True)
class PlannedTag:
    """A tag that will be set; `repository` is named without its project."""

    repository: str
    tag: str
    digest: Digest


@dataclass(frozen=True)
class PlannedLoad:
    """A load into `project`: the bytes of the blobs that are not there yet, and every tag.

    `makes_project` says whether a project that is missing is to be made.
    """

    project: str
    new_bytes: int
    tags: tuple[PlannedTag, ...] = ()
    makes_project: bool = True
