"""What a delta bundle assumes: blobs that its images need, and that the far side has already.

Reading raises what Catalogue.parse translates (see catalogue_entries).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cube_airgap.catalogue_entries import BundledBlob, blob_to_json, read_blob
from cube_airgap.digest import Digest
from cube_airgap.errors import UsageError
from cube_airgap.json_values import read_list, read_text

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cube_airgap.catalogue import Catalogue


@dataclass(frozen=True)
class Assumption:
    """Blobs that are left out, listed as the bundle without gaps has them.

    `bundle` is the identity of the one that carries them, None where the builder did not know it.
    """

    blobs: tuple[BundledBlob, ...]
    bundle: Digest | None = None


def assumptions_to_json(assumptions: Iterable[Assumption]) -> dict[str, list[dict[str, Any]]]:
    """The field `assumes` of the catalogue, only if there is something in it."""
    values = [
        {"blobs": [blob_to_json(blob) for blob in one.blobs]}
        | ({"bundle": str(one.bundle)} if one.bundle else {})
        for one in assumptions
    ]
    return {"assumes": values} if values else {}


def read_assumption(value: dict[str, Any]) -> Assumption:
    """What `value` says is assumed of one bundle."""
    bundle = None
    if "bundle" in value:
        bundle = Digest.parse(read_text(value["bundle"]), where="the bundle's catalogue")
    return Assumption(tuple(read_blob(one) for one in read_list(value["blobs"])), bundle)


def refuse_delta(catalogue: Catalogue, purpose: str) -> None:
    """Raise UsageError for a delta; `purpose` says for what all blobs have to be at hand."""
    if catalogue.assumes:
        count = len(catalogue.assumed)
        raise UsageError(
            f"bundle {catalogue.digest.short} is a delta and cannot be {purpose}: {count:,} of the "
            "blobs that its images need are not in it",
            remedy="push it into the registry that has them, or make one whole bundle first: "
            "`cube-bundle merge OLD DELTA -o WHOLE`",
        )
