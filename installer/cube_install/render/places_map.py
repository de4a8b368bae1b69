"""The list of what a bundle has and where the site has it, for programs inside the cluster."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from cube_install.render.image_admission import spellings

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cube_airgap.closure_entries import BundledAsset
    from cube_install.render.places import Places
    from cube_install.render.site_registry import SiteRegistry

NAME, NAMESPACE, KEY = "cube-places", "infra", "places.json"


def places_map(
    registry: SiteRegistry, places: Places, assets: Iterable[BundledAsset]
) -> dict[str, Any]:
    """A ConfigMap with one JSON file.

    It has `images`, the name at the site by each spelling of the origin's; `assets` with name, url,
    address inside the cluster, digest and size; and where their blobs are: `registry`,
    `repository`, `ca` (PEM, may be empty), `insecure`. No login.
    """
    content = {
        "registry": registry.host,
        "repository": registry.assets,
        "ca": registry.authorities,
        "insecure": registry.is_insecure,
        "images": {
            spelling: str(target)
            for origin, target in places.targets.items()
            for spelling in spellings(origin)
        },
        "assets": [
            {
                "name": one.name,
                "url": one.url,
                "address": places.addresses.get(one.url, one.url),
                "digest": str(one.digest),
                "size": one.size,
            }
            for one in assets
        ],
    }
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": NAME, "namespace": NAMESPACE},
        "data": {KEY: json.dumps(content, ensure_ascii=False, indent=1, sort_keys=True) + "\n"},
    }
