"""The site's registry as references need it: its name, its project, and where origins go."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cube_airgap.reference import Reference
    from cube_airgap.relocation import Relocation
    from cube_push.target import Target


@dataclass(frozen=True)
class SiteRegistry:
    """HOST or HOST:PORT, the path in it below which images are, and the rules of relocation."""

    host: str
    project: str
    relocation: Relocation

    @classmethod
    def of(cls, target: Target) -> Self:
        """The same registry without the ways in."""
        return cls(target.host, target.project, target.relocation)

    @property
    def name(self) -> str:
        """HOST/PROJECT."""
        return f"{self.host}/{self.project}"

    def targets(self, origins: Iterable[Reference]) -> dict[Reference, Reference]:
        """What `origins` are called here. Raises UsageError where two come to one name."""
        return self.relocation.targets(origins, self.host)
