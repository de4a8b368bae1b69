"""Asking registries how large images are, with the options by which a user says how."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from cube_airgap.disk import temporary_directory
from cube_airgap.platforms import DEFAULT_PLATFORM, Platform
from cube_airgap.registry.registries import Registries
from cube_bundle.image_request import merged
from cube_bundle.list_sizes import SizeReader
from cube_bundle.resolution import Selection
from cube_console.progress import shown_progress
from cube_console.registry_options import registry_options, take_registry_access

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from cube_bundle.image_request import ImageRequest
    from cube_bundle.list_sizes import ListSizes

_OPTIONS = (
    click.option("--sizes", is_flag=True, help="Ask the registries how large each image is."),
    click.option(
        "--platform",
        "platforms",
        multiple=True,
        metavar="OS/ARCH",
        help="A platform whose size counts, as linux/arm64. Repeatable.  "
        f"[default: {DEFAULT_PLATFORM}]",
    ),
    click.option(
        "--jobs",
        type=click.IntRange(1, 64),
        default=8,
        show_default=True,
        help="Parallel look-ups.",
    ),
)


def size_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add --sizes and what goes with it; the command takes them with asked_sizes()."""
    command = registry_options(command)
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def asked_sizes(requests: Iterable[ImageRequest], values: dict[str, Any]) -> ListSizes | None:
    """What registries say of `requests`, or None without --sizes. Raises UsageError."""
    access = take_registry_access(values)
    platforms = tuple(sorted({Platform.parse(text) for text in values.pop("platforms")}))
    if not values.pop("sizes"):
        return None
    selection = Selection(platforms or (DEFAULT_PLATFORM,), with_referrers=False)
    looking = shown_progress("asking", "images")
    with Registries(access) as registries, temporary_directory() as staging:
        reader = SizeReader(registries, staging, values["jobs"], looking)
        return reader.sizes(merged(requests), selection)
