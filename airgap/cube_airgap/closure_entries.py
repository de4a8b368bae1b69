"""What a catalogue says of the closure besides images: assets, and what is left out on purpose.

Reading raises what Catalogue.parse translates (see catalogue_entries).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cube_airgap.digest import Digest
from cube_airgap.json_values import read_number, read_text
from cube_airgap.tar_member import checked_path

if TYPE_CHECKING:
    from collections.abc import Iterable

ASSET_TYPE = "application/octet-stream"
"""The media type of an asset's blob."""


@dataclass(frozen=True)
class BundledAsset:
    """A file that is fetched from `url` where there is internet; its bytes are a blob.

    `name` is a relative path as a bundle may hold it, and no other asset's.
    """

    name: str
    url: str
    digest: Digest
    size: int
    component: str
    why: str


@dataclass(frozen=True)
class Allowance:
    """What is asked for and not carried, and the reason that someone gave for that.

    `kind` is image, asset, text (no reference, or one that cannot be told) or file (could not be
    read); `text` is the reference, address, text or path; `where` tells people what asks for it.
    """

    kind: str
    text: str
    reason: str
    where: str = ""


def closure_to_json(
    assets: Iterable[BundledAsset], allowed: Iterable[Allowance]
) -> dict[str, list[dict[str, Any]]]:
    """The fields `assets` and `allowed` of the catalogue, each only if there is something in it."""
    fields = {
        "assets": [asset_to_json(one) for one in assets],
        "allowed": [allowance_to_json(one) for one in allowed],
    }
    return {name: values for name, values in fields.items() if values}


def asset_to_json(one: BundledAsset) -> dict[str, Any]:
    """The form in a catalogue, and in a lock."""
    return {
        "name": one.name,
        "url": one.url,
        "digest": str(one.digest),
        "size": one.size,
        "component": one.component,
        "why": one.why,
    }


def allowance_to_json(one: Allowance) -> dict[str, str]:
    """The form in a catalogue, and in a lock."""
    value = {"kind": one.kind, "text": one.text, "reason": one.reason}
    return value | ({"where": one.where} if one.where else {})


def read_asset(value: dict[str, Any]) -> BundledAsset:
    """The asset that `value` describes. Raises IntegrityError for a name that may not be."""
    return BundledAsset(
        name=checked_path(read_text(value["name"])),
        url=read_text(value["url"]),
        digest=Digest.parse(read_text(value["digest"]), where="the bundle's catalogue"),
        size=read_number(value["size"]),
        component=read_text(value["component"]),
        why=read_text(value["why"]),
    )


def read_allowance(value: dict[str, Any]) -> Allowance:
    """The allowance that `value` describes; a kind that is not known is kept as it is."""
    return Allowance(
        kind=read_text(value["kind"]),
        text=read_text(value["text"]),
        reason=read_text(value["reason"]),
        where=read_text(value.get("where", "")),
    )
