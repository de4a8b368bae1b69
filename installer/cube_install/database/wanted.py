"""Images that users' rows name and the site's registry lacks, as a list for the next bundle."""

from __future__ import annotations

from typing import TYPE_CHECKING

import yaml

from cube_airgap.each import each_shown

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cube_airgap.progress import Progress
    from cube_airgap.reference import Reference
    from cube_airgap.registry.destination import Destination
    from cube_push.target import Target

PROFILE = "wanted"


def lacking(
    named: Mapping[Reference, tuple[str, ...]],
    target: Target,
    destination: Destination,
    jobs: int,
    progress: Progress,
) -> dict[Reference, tuple[str, ...]]:
    """Those of `named` that are nowhere at the site, neither by their own name nor relocated.

    Raises AirgapError.
    """

    def is_there(reference: Reference) -> bool:
        at_home = reference.host == target.host
        place = reference if at_home else target.relocation.target(reference, target.host)
        repository = destination.repository(place.repository)
        return repository.manifest_digest(place.tag or str(place.digest)) is not None

    ordered = sorted(named, key=str)
    there = each_shown(ordered, is_there, jobs, progress)
    return {one: named[one] for one, known in zip(ordered, there, strict=True) if not known}


def image_list(wanted: Mapping[Reference, tuple[str, ...]]) -> str:
    """A list in the form of image-lists/, for `cube-bundle build --list`.

    All are optional: what users built themselves is at no origin.
    """
    images = [
        {
            "image": reference.familiar,
            "need": "runtime",
            "why": f"users' rows name it: {', '.join(places)}",
            "optional": True,
        }
        for reference, places in sorted(wanted.items(), key=lambda pair: str(pair[0]))
    ]
    data = {
        "version": 1,
        "profile": PROFILE,
        "description": "What users of the platform ask for and the registry lacks",
        "components": [{"name": "users", "images": images}],
    }
    return yaml.safe_dump(data, sort_keys=False, allow_unicode=True, width=100)
