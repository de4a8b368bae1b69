"""The kit: what a bundle carries for hosts that have nothing yet, as files with plain names."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from cube_airgap.errors import MissingError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cube_airgap.bundle import Bundle
    from cube_airgap.closure_entries import BundledAsset

SUMS = "SHA256SUMS"
"""The file that `sha256sum -c` checks a kit by."""
_NEED = "bootstrap"
_OF_MACHINE = re.compile(r"linux-([a-z0-9]+)")
_ARM = re.compile(r"(?:^|[^a-z0-9])(?:aarch64|arm64)(?:[^a-z0-9]|$)")


def kit_of(bundle: Bundle, architecture: str) -> dict[str, BundledAsset]:
    """The files for machines of `architecture` (amd64, arm64) by the names that they get.

    Raises MissingError where the bundle has none.
    """
    there = [one for one in bundle.catalogue.assets if is_of_kit(one)]
    fitting = [one for one in there if architecture_of(one.name) in {"", architecture}]
    if not fitting:
        kinds = sorted({architecture_of(one.name) for one in there} - {""})
        has = f"only for {', '.join(kinds)}" if kinds else "none"
        raise MissingError(
            f"the bundle has no files to set up hosts of {architecture} with ({has})",
            remedy="build it with --list kit, and with --platform for each kind of machine",
        )
    return _by_short_name(fitting)


def is_of_kit(asset: BundledAsset) -> bool:
    """Whether the asset is for the time before there is a platform; its reason begins so."""
    return asset.why == _NEED or asset.why.startswith(f"{_NEED}:")


def architecture_of(name: str) -> str:
    """For what machines an asset of that name is; empty where it does not say.

    Our lists have a directory `linux-ARCHITECTURE` in it. Harbor's installer has not, and is for
    amd64 where it says nothing else.
    """
    for part in name.split("/")[:-1]:
        match = _OF_MACHINE.fullmatch(part)
        if match:
            return match[1]
    if _ARM.search(name):
        return "arm64"
    return "amd64" if "offline-installer" in name else ""


def sums_of(files: dict[str, BundledAsset]) -> str:
    """The text of SUMS."""
    return "".join(f"{one.digest.hex}  {name}\n" for name, one in sorted(files.items()))


def _by_short_name(assets: Iterable[BundledAsset]) -> dict[str, BundledAsset]:
    found: dict[str, BundledAsset] = {}
    for one in assets:
        short = one.name.rpartition("/")[2]
        other = found.setdefault(short, one)
        if other is not one or short == SUMS:
            raise UsageError(
                f"two files of the kit would be called {short}: {other.name} and {one.name}",
                remedy="give one of them another name in the lists that the bundle is built from; "
                "`cube-install assets` takes files out under their full names",
            )
    return found
