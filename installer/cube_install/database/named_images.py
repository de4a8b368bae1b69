"""The images that rows of the platform's database name, and which rows those are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cube_airgap.errors import ClusterError, UsageError
from cube_airgap.reference import Reference

if TYPE_CHECKING:
    from collections.abc import Mapping

_COUNT = "lines"


def named_images(log: str) -> Mapping[Reference, tuple[str, ...]]:
    """Each image in the output of images_in_use.sh, with its TABLE.COLUMN places, sorted.

    Values that are no references, which forms let users write, are left out. Raises ClusterError
    for output that is not whole.
    """
    *lines, last = log.splitlines() or [""]
    if last != f"{_COUNT}\t{len(lines)}":
        raise ClusterError(
            "what the database told of its images came only in part",
            remedy="run it again; if it stays so, see what kubectl -n infra get events says",
        )
    found: dict[Reference, list[str]] = {}
    for line in lines:
        place, _, text = line.partition("\t")
        try:
            reference = Reference.parse(text.strip())
        except UsageError:
            continue
        found.setdefault(reference, []).append(place)
    return {one: tuple(sorted(found[one])) for one in sorted(found, key=str)}
