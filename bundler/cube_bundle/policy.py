"""How an image is followed: its tag as it is, one digest for ever, or the newest of a pattern."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cube_airgap.errors import UsageError
from cube_bundle.sources import OriginKind

if TYPE_CHECKING:
    from cube_bundle.sources import ImageOrigin


@dataclass(frozen=True)
class Policy:
    """What to follow, and how many versions of the repository to keep inside.

    `newest` is a pattern of tags, such as `v2.*`, whose one `*` stands for a version; without it
    the reference is taken as it is.
    """

    newest: str = ""
    keep: int = 1

    def joined(self, other: Policy, name: str) -> Policy:
        """Both at once, for two lists that have the image `name`. Raises UsageError."""
        if self.newest != other.newest:
            raise UsageError(
                f"{name} is to follow {self.newest or 'its tag'} and {other.newest or 'its tag'}",
                remedy="let the lists agree on `newest`",
            )
        return Policy(self.newest, max(self.keep, other.keep))


def read_policy(entry: dict[str, object], origin: ImageOrigin, where: str) -> Policy:
    """From a list's entry, which its schema has checked. Raises UsageError."""
    newest, keep = str(entry.get("newest", "")), entry.get("keep", 1)
    if entry.get("policy") == "pin" and origin.sought.digest is None:
        raise UsageError(
            f"{where}: {origin} is to be pinned, and no digest says to what",
            remedy="write it as NAME:TAG@sha256:…, or leave `policy` out",
        )
    has_version = origin.sought.digest or origin.sought.tag != "latest"
    if newest and (has_version or origin.kind is not OriginKind.REGISTRY):
        raise UsageError(
            f"{where}: {origin} names a version, or is in no registry, and is to follow {newest}",
            remedy="write the repository alone where `newest` is given",
        )
    return Policy(newest, keep if isinstance(keep, int) else 1)
