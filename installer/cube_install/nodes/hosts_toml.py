"""`hosts.toml`: where containerd looks for the images of a host (containerd, docs/hosts.md).

Docker reads the same files where it keeps its images in containerd.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import tomlkit
from tomlkit.exceptions import TOMLKitError

from cube_airgap.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from cube_install.nodes.pull_registry import Origin, PullRegistry

MARK = "# Written by cube-install nodes, and replaced by it: put own settings elsewhere."
_PULL = ("pull", "resolve")
_ALL = ("pull", "resolve", "push")


@dataclass(frozen=True)
class Place:
    """An address that is asked for a host's images, and its settings by their names there."""

    url: str
    settings: Mapping[str, Any]

    def lines(self) -> Iterator[str]:
        """The settings, as TOML; tables come last."""
        for key, value in self.settings.items():
            if not isinstance(value, dict):
                yield f"{key} = {_toml(value)}"


def origin_hosts(registry: PullRegistry, origin: Origin, ca_path: str) -> tuple[Place, ...]:
    """The places of `origin`'s images in the site's registry, in order."""
    return tuple(
        Place(f"{registry.url}/v2{f'/{path}' if path else ''}", _settings(registry, path, ca_path))
        for path in origin.paths
    )


def registry_host(registry: PullRegistry, ca_path: str) -> tuple[Place, ...]:
    """The site's registry under its own name."""
    return (Place(registry.url, {**_settings(registry, "", ca_path), "capabilities": _ALL}),)


def _settings(registry: PullRegistry, path: str, ca_path: str) -> dict[str, Any]:
    settings: dict[str, Any] = {"capabilities": _PULL}
    if path:
        settings["override_path"] = True
    if registry.ca:
        settings["ca"] = ca_path
    if not registry.is_verified and not registry.is_plain:
        settings["skip_verify"] = True
    if registry.login is not None:
        settings["header"] = {"Authorization": registry.login.basic}
    return settings


def encode(places: tuple[Place, ...]) -> str:
    """The file for `places`; nobody else is asked.

    The last one is also the `server`, which containerd asks when all others fail: by default that
    is the host itself, on the internet. It is a `host` too, since containerd 1.6 and older take no
    file without one.
    """
    last = places[-1]
    lines = [MARK, f"server = {_toml(last.url)}", *last.lines(), *_header_lines(last, "header")]
    for place in places:
        lines += _table_lines(place)
    return "\n".join(lines) + "\n"


def merged(text: str, places: tuple[Place, ...], registry_url: str, where: str) -> str:
    """A file of the user's in which `places` come first; `where` names it.

    What an earlier run put in for `registry_url` is replaced. Raises UsageError for what is no
    TOML.
    """
    if text.startswith(MARK):
        return encode(places)
    try:
        document = tomlkit.parse(text).unwrap()
    except TOMLKitError as error:
        raise not_toml(where, error) from None
    hosts = document.pop("host", {})
    theirs = [
        Place(url, settings)
        for url, settings in hosts.items()
        if url != registry_url and not url.startswith(f"{registry_url}/")
    ]
    top = Place("", document)
    lines = ["# cube-install nodes put the site's registry first, and kept all else.", *top.lines()]
    lines += _header_lines(top, "header")
    for place in (*places, *theirs):
        lines += _table_lines(place)
    return "\n".join(lines) + "\n"


def not_toml(where: str, error: Exception) -> UsageError:
    """The error for a file that should be TOML."""
    return UsageError(
        f"{where} is not TOML: {error}",
        remedy="correct it by hand, or move it away; nothing was changed",
    )


def _table_lines(place: Place) -> Iterable[str]:
    table = f"host.{_toml(place.url)}"
    return ["", f"[{table}]", *place.lines(), *_header_lines(place, f"{table}.header")]


def _header_lines(place: Place, table: str) -> Iterable[str]:
    header = place.settings.get("header")
    if not isinstance(header, dict):
        return []
    return ["", f"[{table}]", *(f"{key} = {_toml(value)}" for key, value in header.items())]


def _toml(value: object) -> str:
    """A text, truth or list of them; JSON's form is TOML's too."""
    return json.dumps(list(value) if isinstance(value, tuple) else value)
