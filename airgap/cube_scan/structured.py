"""Finding images in a tree: container fields, custom resources, arguments, variables, defaults."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

from cube_scan.custom_resources import CustomResources
from cube_scan.findings import Claim, Sighting, Way
from cube_scan.lines import images_in_value, is_more_than_a_word
from cube_scan.parts import Assembly
from cube_scan.sealed import unsealed
from cube_scan.tree import Mapping, Node, Path, Scalar, Sequence, spelled
from cube_scan.urls import urls_in
from cube_scan.vocabulary import Vocabulary, words_of
from cube_scan.yaml_tree import kind_of, means_text

_CONTAINER_LISTS = {"containers", "initContainers", "ephemeralContainers", "sidecars"}
_CONTAINERS = {"container", "script", "containerTemplate", "mainContainer"}
_DEFAULT_KEYS = {"default", "value", "defaultValue", "default_value"}
_TAG_KEYS = {"tag", "newTag", "imageTag", "image_tag"}
_NAME_KEYS = {"name", "reference", "ref", "url", "uri", "image"}
_FLAG = re.compile(r"(--?[A-Za-z][\w.-]*)=(.+)", re.DOTALL)
# A value of several lines, or JSON, that has fields of its own.
_NESTED = re.compile(
    r"""^\s*[\w./-]+(?::[\w.-]+)?:\s*$|^\s*[\w-]+: .*\n|^\s*(?:\[|\{(?!\{))\s*["\n]""", re.MULTILINE
)
_ASSIGNMENT = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*=\S")

# Looks into a text that stands inside a value: text, its first line, whether lines match, its path.
InnerText: TypeAlias = Callable[[Scalar, str, str], Iterator[Sighting]]


@dataclass(frozen=True, slots=True)
class _Stop:
    """A node on the way down, with what is above it."""

    node: Node
    path: Path
    above: tuple[Mapping, ...]


class TreeFinder:
    """Finds in one document; `inner` looks into texts that stand inside a value."""

    def __init__(self, vocabulary: Vocabulary, inner: InnerText) -> None:
        self._words = vocabulary
        self._inner = inner
        self._resources = CustomResources.shipped()
        self._assembly = Assembly(vocabulary)

    def find(self, root: Node) -> Iterator[Sighting]:
        """All that the document may ask for, in no order; each place once."""
        if isinstance(root, Mapping) and root.text("kind") == "CustomResourceDefinition":
            yield from self._defaults_of_definition(root)
            return
        if isinstance(root, Mapping) and root.text("kind") == "Secret":
            root = unsealed(root)
        claimed: set[int] = set()
        if isinstance(root, Mapping):
            yield from self._resources.find(root, claimed)
        is_resource = isinstance(root, Mapping) and bool(root.text("apiVersion"))
        for stop in _stops(root):
            if not isinstance(stop.node, Scalar):
                yield from self._structure(stop, claimed)
            elif id(stop.node) not in claimed:
                yield from self._scalar(stop.node, stop.path, is_resource=is_resource)

    def _structure(self, stop: _Stop, claimed: set[int]) -> Iterator[Sighting]:
        """Sightings that take more than one value to see; the values are then `claimed`."""
        if isinstance(stop.node, Sequence):
            yield from self._arguments(stop.node, stop.path, claimed)
        elif isinstance(stop.node, Mapping):
            yield from self._keys(stop.node, stop.path)
            yield from self._variable(stop.node, stop.path, claimed)
            yield from self._assembly.find(stop.node, stop.path, stop.above, claimed)

    def _arguments(self, items: Sequence, path: Path, claimed: set[int]) -> Iterator[Sighting]:
        previous = ""
        for number, item in enumerate(items.items):
            if not isinstance(item, Scalar):
                previous = ""
                continue
            field = spelled((*path, number))
            joined = _FLAG.fullmatch(item.text)
            if joined and not joined[2].startswith(("http://", "https://")):
                is_image = self._words.is_image_flag(joined[1])
                claim = Claim.IMAGE if is_image else Claim.MAYBE
                claimed.add(id(item))
                found = Sighting(joined[2], item.line, field, Way.ARGUMENT, claim)
                yield from images_in_value(found, is_block=item.block)
            elif previous.startswith("-") and self._words.is_image_flag(previous):
                claimed.add(id(item))
                yield Sighting(item.text, item.line, field, Way.ARGUMENT_PAIR, Claim.IMAGE)
            previous = item.text

    def _keys(self, node: Mapping, path: Path) -> Iterator[Sighting]:
        """Keys that are images themselves, as in `{REF: label}`."""
        is_named = self._words.names_image(_key(path))
        for key, _ in node.items:
            if ":" in key.text.rpartition("/")[2] and (is_named or "/" in key.text):
                claim = Claim.CONTAINED if is_named else Claim.MAYBE
                yield Sighting(key.text, key.line, spelled(path), Way.FIELD, claim)

    def _variable(self, node: Mapping, path: Path, claimed: set[int]) -> Iterator[Sighting]:
        """`{name: X_IMAGE, value: REF}`, and JSON patches `{path: /spec/.../image, value: REF}`."""
        value = node.scalar("value")
        name = node.text("name") or node.text("path").rpartition("/")[2]
        if value is None or not self._words.is_image_flag(name):
            return
        claimed.add(id(value))
        field = spelled((*path, "value"))
        found = Sighting(value.text, value.line, field, Way.ENVIRONMENT, Claim.IMAGE)
        yield from images_in_value(found, is_block=value.block)

    def _scalar(self, scalar: Scalar, path: Path, *, is_resource: bool) -> Iterator[Sighting]:
        field = spelled(path)
        key = _key(path)
        if self._words.is_document_key(key):
            yield from urls_in(scalar.text, scalar.line, field, key)
            return
        owner = _key(path[:-1]) if key in _DEFAULT_KEYS else ""
        if owner and self._words.is_image_flag(owner):
            yield Sighting(scalar.text, scalar.line, field, Way.ARGUMENT_DEFAULT, Claim.IMAGE)
        elif self._words.names_image(key) or self._is_among_images(scalar, path):
            yield from self._image_field(scalar, path, is_resource=is_resource)
        elif key in _TAG_KEYS and not means_text(scalar) and kind_of(scalar) != "null":
            yield _misread(scalar, field)
        elif _is_text(scalar):
            yield from self._inner(scalar, field, key)
        else:
            way = Way.VALUE
            yield Sighting(scalar.text, scalar.line, field, way, Claim.MAYBE)
            yield from urls_in(scalar.text, scalar.line, field, owner or key)

    def _is_among_images(self, scalar: Scalar, path: Path) -> bool:
        """Whether the value reads as a reference and stands in a mapping named for images."""
        if len(path) < 2 or ":" not in scalar.text or any(c in scalar.text for c in " \n{"):
            return False
        owner = words_of(_key(path[:-1]))
        is_one_of = owner.endswith("images") or (owner == "image" and path[-1] in _NAME_KEYS)
        return is_one_of and "://" not in scalar.text

    def _image_field(self, scalar: Scalar, path: Path, *, is_resource: bool) -> Iterator[Sighting]:
        field = spelled(path)
        kind = kind_of(scalar)
        if kind == "null":
            return
        if kind != "str":
            if is_resource or _is_container(path):
                yield _misread(scalar, field)
            return
        is_own_name = isinstance(path[-1], str) and self._words.names_image(path[-1])
        claim = Claim.IMAGE if is_own_name else Claim.CONTAINED
        way = Way.FIELD
        if is_resource:
            way = Way.CONTAINER if _is_container(path) else Way.CRD_FIELD
        if _NESTED.search(scalar.text):
            yield from self._inner(scalar, field, _key(path))
            return
        found = Sighting(scalar.text, scalar.line, field, way, claim)
        yield from images_in_value(found, is_block=scalar.block)
        yield from urls_in(scalar.text, scalar.line, field, _key(path))

    def _defaults_of_definition(self, root: Mapping) -> Iterator[Sighting]:
        for stop in _stops(root):
            default = stop.node.scalar("default") if isinstance(stop.node, Mapping) else None
            if default is not None and self._words.names_image(_key(stop.path)):
                field = spelled((*stop.path, "default"))
                yield Sighting(default.text, default.line, field, Way.CRD_DEFAULT, Claim.IMAGE)


def containers_of(root: Node) -> Iterator[tuple[Path, Scalar]]:
    """The image of every container of a document, wherever it is nested; each place once."""
    for stop in _stops(root):
        if isinstance(stop.node, Scalar) and _is_container(stop.path):
            yield stop.path, stop.node


def _stops(root: Node) -> Iterator[_Stop]:
    """Every node on the way down, once, however many aliases lead to it or in a circle."""
    stack = [_Stop(root, (), ())]
    visited: set[int] = set()
    while stack:
        stop = stack.pop()
        if id(stop.node) not in visited:
            visited.add(id(stop.node))
            yield stop
            stack.extend(_below(stop))


def _is_container(path: Path) -> bool:
    if len(path) < 2 or path[-1] != "image":
        return False
    if path[-2] in _CONTAINERS:
        return True
    return len(path) > 2 and isinstance(path[-2], int) and path[-3] in _CONTAINER_LISTS


def _below(stop: _Stop) -> Iterator[_Stop]:
    if isinstance(stop.node, Mapping):
        above = (*stop.above, stop.node)
        for key, value in stop.node.items:
            yield _Stop(value, (*stop.path, key.text), above)
    elif isinstance(stop.node, Sequence):
        for number, value in enumerate(stop.node.items):
            yield _Stop(value, (*stop.path, number), stop.above)


def _key(path: Path) -> str:
    """The name that a value has: its own key, or that of the list it stands in."""
    for step in reversed(path):
        if isinstance(step, str):
            return step
    return ""


def _is_text(scalar: Scalar) -> bool:
    """Whether a value has to be looked into."""
    return is_more_than_a_word(scalar.text) or bool(_ASSIGNMENT.match(scalar.text))


def _misread(scalar: Scalar, field: str) -> Sighting:
    note = (
        f"it is not quoted, and YAML readers take it for a value of type {kind_of(scalar)}: "
        "write it in quotes"
    )
    return Sighting(scalar.text, scalar.line, field, Way.FIELD, Claim.PARTIAL, note=note)
