"""Looking at Harbor as a whole: its version, state, addresses, disk and garbage collection."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from cube_console.amounts import size_text
from cube_harbor.garbage_collection import read_garbage_collection
from cube_harbor.recognition import HarborVersion, read_health
from cube_harbor.volumes import free_space
from cube_install.harbor.finding import Finding, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cube_harbor.api import HarborApi
    from cube_harbor.recognition import SystemInfo

_OLDEST = HarborVersion(2, 9)
# Without these nothing can be pushed or pulled.
_NEEDED = {"core", "database", "redis", "registry", "registryctl"}
# Harbor's web pages.
_UNUSED = {"portal"}


def check_system(api: HarborApi, info: SystemInfo) -> Iterator[Finding]:
    """Read-only mode, version, plain HTTP, and an external address that is another one."""
    if info.read_only:
        yield Finding(
            Severity.ERROR,
            f"{api.host} is in read-only mode",
            "have Harbor's administrator end it (Configuration, System Settings)",
        )
    if info.version and info.version < _OLDEST:
        yield Finding(
            Severity.WARNING,
            f"{api.host} runs Harbor {info.version}, which is older than what is tried ({_OLDEST})",
            "upgrade Harbor, or look closely at the result",
        )
    if api.base.startswith("http:"):
        yield Finding(
            Severity.WARNING,
            f"{api.host} is spoken to without TLS: passwords go in the clear",
            "give Harbor a certificate; nodes need this host in their list of insecure registries",
        )
    yield from _check_address(api, info)


def _check_address(api: HarborApi, info: SystemInfo) -> Iterator[Finding]:
    """Up to 2.13 every client is sent to `external_url` for its tokens."""
    if info.external_url is None:
        return
    told, used = urlsplit(info.external_url), urlsplit(api.base)
    if (told.scheme, told.netloc) == (used.scheme, used.netloc):
        return
    yield Finding(
        Severity.WARNING,
        f"{api.host} gives its own address as {info.external_url}, and may send nodes there for "
        "tokens",
        "see that every node resolves and reaches that address, or have external_url in Harbor's "
        "configuration name the address that nodes use",
    )


def check_health(api: HarborApi) -> Iterator[Finding]:
    """Services that are down."""
    for one in read_health(api):
        if one.is_healthy or one.name in _UNUSED:
            continue
        is_needed = one.name in _NEEDED
        yield Finding(
            Severity.ERROR if is_needed else Severity.WARNING,
            f"Harbor's service {one.name} is not healthy{f' ({one.error})' if one.error else ''}",
            "have Harbor's administrator look at that service's log",
        )


def check_disk(api: HarborApi, info: SystemInfo, new_bytes: int) -> Iterator[Finding]:
    """Whether the new blobs fit; only for a Harbor that keeps them on a disk of its own."""
    if info.storage_provider != "filesystem":
        return
    free = free_space(api)
    if free is not None and free < new_bytes:
        yield Finding(
            Severity.ERROR,
            f"Harbor's disk has {size_text(free)} free, and {size_text(new_bytes)} are to be added",
            "make room there, or have the disk enlarged",
        )


def check_garbage_collection(api: HarborApi) -> Iterator[Finding]:
    """Whether it runs now, or may begin during the load."""
    state = read_garbage_collection(api)
    if state is None:
        return
    if state.is_running:
        yield Finding(
            Severity.WARNING,
            "Harbor is collecting garbage now, which slows it down",
            "wait for its end; blobs younger than two hours are spared",
        )
    elif state.schedule:
        when = f", next at {state.next_at}" if state.next_at else ""
        yield Finding(
            Severity.NOTE,
            f"Harbor collects garbage on schedule ({state.schedule}){when}; it spares blobs "
            "younger than two hours, and images are completed well within them",
        )
