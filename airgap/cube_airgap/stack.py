"""A stack: the components of a platform with their files, and in which order they come up.

schemas/stack.schema.json and docs/stack.md specify its `stack.yaml`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cube_airgap.stack_entries import Component, Profile, SecretRule, StackValue

STACK_FILE = "stack.yaml"
STACK_MEMBERS = "stack/"
"""The directory of a bundle that has the files of its stack."""


@dataclass(frozen=True)
class Stack:
    """A stack that was read and checked.

    `files` are all its files by their path below it; `components` come in an order that respects
    their needs, and else in that of the document. `assets` is the address below which the cluster
    finds the bundle's assets, if the stack has one. `origin` goes before a file's name for people.
    """

    name: str
    platform: str
    values: Mapping[str, StackValue]
    profiles: Mapping[str, Profile]
    secrets: tuple[SecretRule, ...]
    components: tuple[Component, ...]
    pull_secret: str
    assets: str
    files: Mapping[str, bytes]
    origin: str

    def component(self, name: str) -> Component:
        """The component of that name; raises KeyError."""
        return next(one for one in self.components if one.name == name)
