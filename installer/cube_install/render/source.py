"""What rendering takes of a bundle: the stack's files, its seed data, and what it carries."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

from cube_airgap.errors import MissingError
from cube_airgap.inspection import JOB_TEMPLATES
from cube_airgap.stack import STACK_MEMBERS, Stack
from cube_airgap.stack_parsing import parse_stack

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cube_airgap.bundle import Bundle
    from cube_airgap.catalogue import Allowance
    from cube_airgap.closure_entries import BundledAsset
    from cube_airgap.digest import Digest
    from cube_airgap.reference import Reference

_SEEDS = (JOB_TEMPLATES, "init-data/")


@dataclass(frozen=True)
class StackSource:
    """A stack, and the bundle around it.

    `seeds` are job templates and seed data by their path in the bundle, `images` the origins of its
    images, `assets` its files, and `allowed` what it lacks on purpose.
    """

    stack: Stack
    bundle: Digest
    seeds: Mapping[str, bytes] = field(default_factory=dict)
    images: tuple[Reference, ...] = ()
    assets: tuple[BundledAsset, ...] = ()
    allowed: tuple[Allowance, ...] = ()

    @classmethod
    def of(cls, bundle: Bundle) -> Self:
        """Read the head of `bundle`.

        Raises MissingError for a bundle without a stack, IntegrityError for a damaged one, and what
        parse_stack() raises.
        """
        files = _files(bundle)
        catalogue = bundle.catalogue
        stack = {
            name.removeprefix(STACK_MEMBERS): content
            for name, content in files.items()
            if name.startswith(STACK_MEMBERS)
        }
        if not stack:
            raise MissingError(
                "the bundle carries no stack",
                remedy="build it with `cube-bundle build` and without naming single images",
            )
        return cls(
            stack=parse_stack(stack, STACK_MEMBERS.rstrip("/")),
            bundle=catalogue.digest,
            seeds={name: one for name, one in files.items() if name.startswith(_SEEDS)},
            images=tuple(
                image.reference for image in catalogue.every_image if not image.has_assets
            ),
            assets=catalogue.assets,
            allowed=catalogue.allowed,
        )


def _files(bundle: Bundle) -> dict[str, bytes]:
    """The files that rendering reads."""
    return {
        file.path: bundle.read_file(file.path)
        for file in bundle.catalogue.files
        if file.path.startswith((STACK_MEMBERS, *_SEEDS))
    }
