"""Where a site has what the platform asks for: images in its registry, files in its cluster."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import quote

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from cube_airgap.closure_entries import BundledAsset
    from cube_airgap.reference import Reference


@dataclass(frozen=True)
class Places:
    """What each image of the bundle is called in the site's registry, and each asset's address.

    `targets` are by the origin's reference, `addresses` by the URL outside.
    """

    targets: Mapping[Reference, Reference]
    addresses: Mapping[str, str] = field(default_factory=dict)

    @property
    def known(self) -> list[Reference]:
        """All images, by both names."""
        return [*self.targets, *self.targets.values()]


def asset_addresses(assets: Iterable[BundledAsset], base: str) -> dict[str, str]:
    """Where the cluster finds the assets, by their URL outside, below `base`; nothing without."""
    if not base:
        return {}
    return {one.url: f"{base.rstrip('/')}/{quote(one.name)}" for one in assets}
