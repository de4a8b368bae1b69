"""Arguments and options by which a user says what is to be bundled or locked."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from cube_airgap.errors import UsageError
from cube_airgap.platforms import DEFAULT_PLATFORM, Platform
from cube_bundle.coverage.allow_list import AllowList
from cube_bundle.coverage.closing import Asked
from cube_bundle.image_list import WHOLE_PLATFORM, read_lists
from cube_bundle.image_request import ImageRequest
from cube_bundle.resolution import Selection
from cube_bundle.sources import ImageOrigin

if TYPE_CHECKING:
    from collections.abc import Callable

_Command = TypeVar("_Command", bound="Callable[..., Any]")

allow_option = click.option(
    "--allow",
    "allow_files",
    multiple=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A list of what may be missing, and why. Repeatable.",
)

_OPTIONS = (
    click.argument("images", nargs=-1, metavar="[IMAGE]..."),
    click.option(
        "--list",
        "lists",
        multiple=True,
        metavar="NAME_OR_FILE",
        help="An image list: a profile of this product (see cube-bundle lists), a YAML file, or a "
        ".txt file with a line an image. Repeatable.",
    ),
    click.option(
        "--checkout",
        type=click.Path(exists=True, file_okay=False, path_type=Path),
        help="Take all that this checkout of Cube Studio, or directory of manifests, has in use, "
        "and its job templates; fail if anything in use would be missing.",
    ),
    click.option(
        "--exclude",
        multiple=True,
        metavar="GLOB",
        help="Do not look into files whose path below the checkout fits, as 'docs/*'. Repeatable.",
    ),
    allow_option,
    click.option(
        "--skip-asset",
        "skipped",
        multiple=True,
        metavar="NAME=REASON",
        help="Leave a downloaded file out; * in NAME stands for anything. Repeatable.",
    ),
    click.option(
        "--platform",
        "platforms",
        multiple=True,
        metavar="OS/ARCH",
        help=f"A platform to take, as linux/arm64. Repeatable.  [default: {DEFAULT_PLATFORM}]",
    ),
    click.option(
        "--stack/--no-stack",
        default=None,
        help="Take along the manifests by which cube-install deploys the platform; fail if an "
        "image that they use would be missing.  [default: with --checkout, and with lists of "
        "whole platforms]",
    ),
    click.option(
        "--no-referrers",
        is_flag=True,
        help="Leave signatures, SBOMs and other things attached to the images behind.",
    ),
)


def image_options(command: _Command) -> _Command:
    """Add the options; the command takes them with take_selection() and take_asked()."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def take_asked(values: dict[str, Any], selection: Selection) -> Asked:
    """What `values` ask for, or the whole platform. Raises AirgapError."""
    names, checkout, stack = values.pop("lists"), values.pop("checkout"), values.pop("stack")
    named = tuple(ImageRequest(ImageOrigin.parse(text)) for text in values.pop("images"))
    is_limited = bool(names)
    if not names and (checkout is not None or not named):
        names = (WHOLE_PLATFORM,)
    lists = read_lists(names)
    # Where the user does not say it, whole platforms have a stack.
    is_whole = checkout is not None or any(one.carries_stack for one in lists)
    exclude = values.pop("exclude")
    if exclude and checkout is None:
        raise UsageError("--exclude without --checkout", remedy="give both, or neither")
    return Asked(
        named=named,
        lists=lists,
        checkout=checkout,
        allow=take_allow(values),
        platforms=selection.platforms,
        exclude=exclude,
        is_limited=is_limited,
        carries_stack=is_whole if stack is None else stack,
    )


def take_allow(values: dict[str, Any]) -> AllowList:
    """What `values` allow to be missing, the product's own list last. Raises AirgapError."""
    allow = AllowList.of_skips(values.pop("skipped", ()))
    for path in values.pop("allow_files"):
        allow += AllowList.read(path)
    return allow + AllowList.shipped()


def take_selection(values: dict[str, Any]) -> Selection:
    """What `values` want of each image. Raises UsageError."""
    platforms = tuple(sorted({Platform.parse(text) for text in values.pop("platforms")}))
    return Selection(platforms or (DEFAULT_PLATFORM,), not values.pop("no_referrers"))
