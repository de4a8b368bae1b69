"""The newest tag of a pattern, for images that follow one."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from packaging.version import InvalidVersion, Version

from cube_airgap.each import each
from cube_airgap.errors import MissingError
from cube_bundle.sources import ImageOrigin, OriginKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from cube_bundle.image_request import ImageRequest
    from cube_bundle.sources import Registries


def newest_tag(tags: Iterable[str], pattern: str) -> str | None:
    """The tag with the highest version among those of `pattern`; None where there is none.

    Versions are compared as packaging.version does (1.10 after 1.9); those that are made before a
    release (1.2.0-rc1) and what is no version (`latest`) do not count.
    """
    before, _, after = pattern.partition("*")
    found: list[tuple[Version, int, str]] = []
    for tag in tags:
        is_one = tag.startswith(before) and tag.endswith(after)
        if is_one and len(tag) > len(before) + len(after):
            version = _version(tag[len(before) : len(tag) - len(after)])
            if version is not None and not version.is_prerelease:
                found.append((version, len(tag), tag))
    return max(found)[2] if found else None


def _version(text: str) -> Version | None:
    try:
        return Version(text)
    except InvalidVersion:
        return None


def with_newest(
    requests: Sequence[ImageRequest], registries: Registries, jobs: int
) -> tuple[ImageRequest, ...]:
    """`requests`, where each that follows a pattern has the tag that is the newest now.

    Raises MissingError where no tag fits, unless that is optional, and what the registry raises.
    """
    return each(requests, lambda one: _settled(one, registries), jobs)


def _settled(request: ImageRequest, registries: Registries) -> ImageRequest:
    origin = request.origin
    if not request.policy.newest or origin.kind is not OriginKind.REGISTRY:
        return request
    sought = origin.sought
    tag = found_newest(origin, request.policy.newest, registries)
    if tag is None and request.optional:
        return request  # and is then left out, as it is not there
    if tag is None:
        raise MissingError(
            f"{sought.name} has no tag {request.policy.newest} ({request.where})",
            remedy="correct `newest`: its * stands for a version, such as 2.1 or 2.1.3",
        )
    name = str(origin.reference.tagged(tag))
    there = str(sought.tagged(tag))
    text = there if name == there else f"{name}={there}"
    return replace(request, origin=ImageOrigin.parse(text, where=request.where))


def found_newest(origin: ImageOrigin, pattern: str, registries: Registries) -> str | None:
    """The newest tag of `pattern` at `origin`. Raises AirgapError."""
    return newest_tag(registries.repository(origin.sought).tags(), pattern)
