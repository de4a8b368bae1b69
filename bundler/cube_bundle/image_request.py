"""An image that is asked for: where it is, what it is filed under, and what it must have."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cube_airgap.digest import Digest
from cube_airgap.errors import UsageError
from cube_bundle.policy import Policy

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from cube_airgap.platforms import Platform
    from cube_bundle.sources import ImageOrigin

COMMAND_LINE = "extra"
"""The component of images that are named on the command line."""


@dataclass(frozen=True)
class ImageRequest:
    """One image asked for, by a list or on the command line.

    `platforms` are those that a list says it has; none where nothing is known. What is `optional`
    may be absent at its origin. `where` tells an error's reader who asks.
    """

    origin: ImageOrigin
    component: str = COMMAND_LINE
    why: str = "named on the command line"
    platforms: tuple[Platform, ...] = ()
    optional: bool = False
    where: str = "the command line"
    policy: Policy = field(default_factory=Policy)


def merged(requests: Iterable[ImageRequest]) -> tuple[ImageRequest, ...]:
    """Each image once, in order of its reference.

    Two lists may name the same image: the first component in the alphabet then has it, it has
    the platforms that either says, and is optional if it is for both. Raises UsageError where two
    requests for one name contradict each other.
    """
    by_name: dict[str, ImageRequest] = {}
    for request in sorted(requests, key=lambda one: (one.component, one.where)):
        name = str(request.origin.reference)
        known = by_name.setdefault(name, request)
        if known is not request:
            by_name[name] = _both(known, request)
    _check_pins(by_name.values())
    return tuple(by_name[name] for name in sorted(by_name))


def _both(known: ImageRequest, other: ImageRequest) -> ImageRequest:
    if known.origin.location != other.origin.location:
        raise UsageError(
            f"{known.origin.reference} is asked for as {known.origin} ({known.where}) and as "
            f"{other.origin} ({other.where})",
            remedy="drop one of them, or give one another name with NAME=ORIGIN",
        )
    return ImageRequest(
        origin=known.origin,
        component=known.component,
        why=known.why,
        platforms=tuple(sorted({*known.platforms, *other.platforms})),
        optional=known.optional and other.optional,
        where=known.where,
        policy=known.policy.joined(other.policy, str(known.origin.reference)),
    )


def _check_pins(requests: Iterable[ImageRequest]) -> None:
    """One tag cannot stand for two digests on the far side."""
    pinned: dict[tuple[str, str], ImageRequest] = {}
    for request in requests:
        reference = request.origin.reference
        if reference.tag and reference.digest:
            known = pinned.setdefault((reference.name, reference.tag), request)
            if known.origin.reference.digest != reference.digest:
                raise UsageError(
                    f"{reference.name}:{reference.tag} is asked for with two digests: "
                    f"{known.origin.reference.digest} ({known.where}) and {reference.digest} "
                    f"({request.where})",
                    remedy="keep one of them, or drop the tag of the other",
                )


def fingerprint(requests: Sequence[ImageRequest], *settings: object) -> str:
    """Two builds with the same one ask for the same, so the later may go on with the earlier."""
    asked = [
        [
            str(one.origin.reference),
            one.origin.location,
            one.component,
            one.why,
            str(one.platforms),
            str(one.policy),
        ]
        for one in requests
    ]
    return str(Digest.of(json.dumps([asked, [str(value) for value in settings]]).encode()))
