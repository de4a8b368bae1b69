"""Arguments and options by which a user says which images are meant."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import click

from cube_airgap.platforms import DEFAULT_PLATFORM, Platform
from cube_bundle.image_list import default_lists, read_list
from cube_bundle.image_request import ImageRequest, merged
from cube_bundle.resolution import Selection
from cube_bundle.sources import ImageOrigin

if TYPE_CHECKING:
    from collections.abc import Callable

_Command = TypeVar("_Command", bound="Callable[..., Any]")

_OPTIONS = (
    click.argument("images", nargs=-1, metavar="[IMAGE]..."),
    click.option(
        "--list",
        "lists",
        multiple=True,
        metavar="NAME_OR_FILE",
        help="An image list: a profile of this product, a YAML file, or a .txt file with a line an "
        "image. Repeatable.",
    ),
    click.option(
        "--platform",
        "platforms",
        multiple=True,
        metavar="OS/ARCH",
        help=f"A platform to take, as linux/arm64. Repeatable.  [default: {DEFAULT_PLATFORM}]",
    ),
    click.option(
        "--no-referrers",
        is_flag=True,
        help="Leave signatures, SBOMs and other things attached to the images behind.",
    ),
)


def image_options(command: _Command) -> _Command:
    """Add the options; the command takes them with take_requests() and take_selection()."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def take_requests(values: dict[str, Any]) -> tuple[ImageRequest, ...]:
    """The images that `values` ask for, or the whole platform. Raises AirgapError."""
    names = values.pop("lists")
    named = [ImageRequest(ImageOrigin.parse(text)) for text in values.pop("images")]
    if not named and not names:
        names = default_lists()
    listed = [image.request for name in names for image in read_list(name).images]
    return merged([*named, *listed])


def take_selection(values: dict[str, Any]) -> Selection:
    """What `values` want of each image. Raises UsageError."""
    platforms = tuple(sorted({Platform.parse(text) for text in values.pop("platforms")}))
    return Selection(platforms or (DEFAULT_PLATFORM,), not values.pop("no_referrers"))
