"""An asset that is asked for: where it is, what it is called, and what is known of it."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from cube_airgap.errors import AirgapError, UsageError
from cube_airgap.platforms import wanted_by_any
from cube_airgap.tar_member import checked_path, directories_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cube_airgap.digest import Digest
    from cube_airgap.platforms import Platform

_UNFIT = re.compile(r"[^A-Za-z0-9._+@-]+")
_LONGEST_LAST = 50


@dataclass(frozen=True)
class AssetRequest:
    """One file asked for, by a list or by what a checkout fetches.

    `digest` and `size` are known beforehand where a list pins them. `platforms` are those that the
    file is for; none where it is for all. What is `optional` may be absent. `where` tells an
    error's reader who asks.
    """

    name: str
    url: str
    component: str
    why: str
    digest: Digest | None = None
    size: int | None = None
    platforms: tuple[Platform, ...] = ()
    optional: bool = False
    where: str = ""

    def is_for(self, platforms: Iterable[Platform]) -> bool:
        """Whether a site of `platforms` has use for it."""
        wanted = tuple(platforms)
        return not self.platforms or any(wanted_by_any(one, wanted) for one in self.platforms)


def name_of(url: str) -> str:
    """The name of a file that nobody gave one: host and path, so that it is like no other's.

    Where those are no path that a bundle may hold, a part of the address's digest stands for the
    directories.
    """
    parts = urlsplit(url)
    plain = f"{parts.netloc}{parts.path}"
    if not parts.query:
        try:
            return checked_path(plain)
        except AirgapError:
            pass
    host = _UNFIT.sub("-", parts.hostname or "")[-_LONGEST_LAST:].strip(".-")
    last = _UNFIT.sub("-", parts.path.rpartition("/")[2])[-_LONGEST_LAST + 20 :].strip(".-")
    key = hashlib.sha256(url.encode()).hexdigest()[:8]
    return checked_path("/".join(part for part in (host, key, last) if part))


def merged_assets(requests: Iterable[AssetRequest]) -> tuple[AssetRequest, ...]:
    """Each address once, in order of the names; the first of two requests for one counts.

    Raises UsageError where two contradict each other, or two addresses have one name.
    """
    by_url: dict[str, AssetRequest] = {}
    for request in requests:
        known = by_url.setdefault(request.url, request)
        if known is not request:
            by_url[request.url] = _both(known, request)
    by_name: dict[str, AssetRequest] = {}
    for request in by_url.values():
        named = by_name.setdefault(request.name, request)
        if named is not request:
            raise UsageError(
                f"two assets are called {named.name!r}: {named.url} ({named.where}) and "
                f"{request.url} ({request.where})",
                remedy="give one of them another name",
            )
    for name, request in by_name.items():
        if above := directories_of(name) & by_name.keys():
            raise UsageError(
                f"the asset {name!r} ({request.where}) has another one, {min(above)!r}, for its "
                "directory",
                remedy="give one of them another name",
            )
    return tuple(by_name[name] for name in sorted(by_name))


def _both(known: AssetRequest, other: AssetRequest) -> AssetRequest:
    """The first of two requests for one address, with what the other knows besides."""
    pins = {(one.digest, one.size) for one in (known, other) if one.digest or one.size}
    if len(pins) > 1:
        raise UsageError(
            f"{known.url} is pinned in two ways: {known.where} and {other.where}",
            remedy="keep the right one of the two",
        )
    digest, size = pins.pop() if pins else (None, None)
    return replace(known, digest=digest, size=size, optional=known.optional and other.optional)
