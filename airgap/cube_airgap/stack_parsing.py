"""Reading a stack from its files, and checking it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from cube_airgap.errors import MissingError, UsageError, raise_all
from cube_airgap.stack import STACK_FILE, Stack
from cube_airgap.stack_checks import check_stack
from cube_airgap.stack_reading import (
    read_components,
    read_profiles,
    read_secrets,
    read_values,
    stack_schema,
)
from cube_airgap.yaml_document import YamlDocument

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from cube_airgap.stack_entries import Component

_DEFAULT_PULL_SECRET = "hubsecret"  # noqa: S105 - its name
_OTHERS_FOLDERS = ("job-templates", "recipes")


def parse_stack(files: Mapping[str, bytes], origin: str = "stack") -> Stack:
    """The stack whose files are `files`, stack.yaml among them, named below `origin`.

    Raises MissingError without a stack.yaml, UsageError with FILE:LINE, or SeveralErrors with all
    that is wrong.
    """
    if STACK_FILE not in files:
        raise MissingError(
            f"there is no {origin}/{STACK_FILE}", remedy="give a directory or bundle with one"
        )
    document = YamlDocument(files[STACK_FILE], f"{origin}/{STACK_FILE}")
    document.validate(stack_schema())
    data = document.data
    stack = Stack(
        name=data["name"],
        platform=data["platform"],
        values=read_values(data),
        profiles=read_profiles(data),
        secrets=read_secrets(document),
        components=tuple(read_components(document, files)),
        pull_secret=data.get("pullSecret", _DEFAULT_PULL_SECRET),
        assets=data.get("assets", ""),
        files=files,
        origin=origin,
    )
    raise_all(list(check_stack(stack, document)))
    return replace(stack, components=tuple(_ordered(stack.components)))


def read_stack(directory: Path) -> Stack:
    """The stack in a directory; raises as parse_stack() does."""
    return parse_stack(stack_files(directory), str(directory))


def stack_files(directory: Path) -> dict[str, bytes]:
    """The files of the stack in a directory, by path below it.

    What else lies in a tree of manifests (job templates, recipes, hidden files) is none of them.
    Raises UsageError for a link, which would be another file on another machine.
    """
    found: dict[str, bytes] = {}
    for path in sorted(directory.rglob("*")):
        inside = path.relative_to(directory)
        if inside.parts[0] in _OTHERS_FOLDERS or any(part.startswith(".") for part in inside.parts):
            continue
        if path.is_symlink():
            raise UsageError(f"{path} is a link", remedy="put the file itself there")
        if path.is_file():
            found[inside.as_posix()] = path.read_bytes()
    return found


def _ordered(components: tuple[Component, ...]) -> Iterator[Component]:
    """Each after those that it needs; there are no circles."""
    waiting = list(components)
    done: set[str] = set()
    while waiting:
        ready = next(one for one in waiting if done.issuperset(one.needs))
        waiting.remove(ready)
        done.add(ready.name)
        yield ready
