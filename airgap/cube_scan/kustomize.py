"""Kustomizations as far as images need them: resources, bases, images, generators, patches."""

from __future__ import annotations

import posixpath
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cube_scan.files import NotTextError, SourceFile, read_text
from cube_scan.problem import Problem, Severity
from cube_scan.tree import Mapping, Node, Scalar, Sequence
from cube_scan.yaml_tree import documents

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

KUSTOMIZATION_NAMES = ("kustomization.yaml", "kustomization.yml", "Kustomization")
_RESOURCE_LISTS = ("resources", "bases", "components", "patchesStrategicMerge", "crds")
# What cannot change an image, or is read here. Anything else takes kubectl to render.
_UNDERSTOOD = {
    "apiVersion", "kind", "metadata", "namespace", "namePrefix", "nameSuffix", "commonLabels",
    "labels", "commonAnnotations", "resources", "bases", "crds", "images", "configMapGenerator",
    "secretGenerator", "generatorOptions", "vars", "configurations", "replicas", "openapi",
    "buildMetadata", "sortOptions", "helmCharts",
}  # fmt: skip
_REMOTE_MARKS = ("://", "git@", "github.com/", "?ref=", "git::")


@dataclass(frozen=True)
class ImageRule:
    """One entry of `images`: what replaces the image called `name`, and the entry's line."""

    name: str
    new_name: str
    new_tag: str
    digest: str
    file: str
    line: int
    number: int

    def applied_to(self, text: str) -> str | None:
        """The image after the rule; None if the rule is not for it."""
        name, tag = _split(text)
        if name != self.name:
            return None
        name = self.new_name or name
        if self.digest:
            return f"{name}@{self.digest}"
        return f"{name}:{self.new_tag}" if self.new_tag else f"{name}{tag}"


@dataclass
class Kustomization:
    """A kustomization file: what it refers to below what is scanned, and what it does to images."""

    file: str
    files: list[str] = field(default_factory=list)
    directories: list[str] = field(default_factory=list)
    generated: list[str] = field(default_factory=list)
    rules: list[ImageRule] = field(default_factory=list)
    inline: list[Scalar] = field(default_factory=list)
    literals: list[Scalar] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    is_self_contained: bool = True
    beyond_us: list[str] = field(default_factory=list)

    @property
    def directory(self) -> str:
        """The directory that it stands in, empty for the top."""
        return posixpath.dirname(self.file)


@dataclass(frozen=True)
class Use:
    """A file as one root kustomization uses it, with the image rules in the order of their turn."""

    root: str
    file: str
    rules: tuple[ImageRule, ...]


def read_kustomization(source: SourceFile, names: frozenset[str]) -> Kustomization | None:
    """The kustomization in `source`; `names` are all files below what is scanned.

    None if it is not one or cannot be read, which is told elsewhere.
    """
    try:
        text, _ = read_text(source)
    except (NotTextError, OSError):
        return None
    root = next((document.root for document in documents(text) if document.root), None)
    if not isinstance(root, Mapping):
        return None
    return _Reader(source.name, names).read(root)


class _Reader:
    def __init__(self, file: str, names: frozenset[str]) -> None:
        self._found = Kustomization(file)
        self._names = names

    def read(self, root: Mapping) -> Kustomization:
        found = self._found
        for name in _RESOURCE_LISTS:
            for entry in _scalars(root.get(name)):
                self._resource(entry)
        for name in ("patches", "patchesJson6902"):
            self._patches(root.get(name))
        for name in ("configMapGenerator", "secretGenerator"):
            self._generators(root.get(name))
        entries = _mappings(root.get("images"))
        found.rules.extend(_rule(entry, found.file, at) for at, entry in enumerate(entries))
        found.beyond_us = [key.text for key, _ in root.items if key.text not in _UNDERSTOOD]
        if root.get("helmCharts"):
            self._trouble(root.line, "it has helmCharts, which are fetched", "render the charts")
        return found

    def _resource(self, entry: Scalar) -> None:
        if "\n" in entry.text:
            self._found.inline.append(entry)
            return
        if any(mark in entry.text for mark in _REMOTE_MARKS):
            what = f"it refers over the network to {entry.text}"
            self._trouble(entry.line, what, "vendor that kustomization into the tree")
            return
        path = self._inside(entry)
        if path is None:
            return
        kustomization = _kustomization_in(path, self._names)
        if path in self._names:
            self._found.files.append(path)
        elif kustomization:
            self._found.directories.append(kustomization)
        else:
            what = f"it refers to {entry.text}, which is not there"
            self._trouble(entry.line, what, "scan the whole checkout", Severity.WARNING)

    def _inside(self, entry: Scalar) -> str | None:
        path = posixpath.normpath(posixpath.join(self._found.directory, entry.text))
        if path.startswith(("../", "/")) or path == "..":
            what = f"it refers to {entry.text}, outside of what is scanned"
            self._trouble(entry.line, what, "scan the directory that holds both")
            return None
        return path

    def _patches(self, node: Node | None) -> None:
        for patch in _mappings(node):
            inline, path = patch.scalar("patch"), patch.scalar("path")
            if inline is not None:
                self._found.inline.append(inline)
            elif path is not None:
                self._resource(path)
        for entry in _scalars(node):
            self._resource(entry)

    def _generators(self, node: Node | None) -> None:
        for generator in _mappings(node):
            for name in ("files", "envs"):
                for entry in _scalars(generator.get(name)):
                    path = Scalar(entry.text.rpartition("=")[2], entry.line)
                    self._generated(path)
            self._found.literals.extend(_scalars(generator.get("literals")))

    def _generated(self, entry: Scalar) -> None:
        path = self._inside(entry)
        if path in self._names:
            self._found.generated.append(str(path))
        elif path is not None:
            what = f"it takes in {entry.text}, which is not there"
            self._trouble(entry.line, what, "scan the whole checkout", Severity.WARNING)

    def _trouble(
        self, line: int, what: str, remedy: str, severity: Severity = Severity.ERROR
    ) -> None:
        self._found.is_self_contained = False
        self._found.problems.append(Problem(self._found.file, line, severity, what, remedy))


def uses_of(root: Kustomization, all_of: dict[str, Kustomization]) -> list[Use]:
    """Every file that `root` takes in, through whatever kustomizations, each path once."""
    uses: dict[str, Use] = {}
    pending: list[tuple[Kustomization, tuple[ImageRule, ...]]] = [(root, ())]
    seen: set[str] = set()
    while pending:
        kustomization, outer = pending.pop()
        if kustomization.file in seen:
            continue
        seen.add(kustomization.file)
        rules = (*kustomization.rules, *outer)
        for file in (kustomization.file, *kustomization.files, *kustomization.generated):
            uses.setdefault(file, Use(root.file, file, rules))
        for directory in kustomization.directories:
            below = all_of.get(directory)
            if below is not None:
                pending.append((below, rules))
    return list(uses.values())


def roots_of(all_of: dict[str, Kustomization]) -> list[Kustomization]:
    """Those that no other one takes in."""
    taken = {below for one in all_of.values() for below in one.directories}
    return [one for file, one in sorted(all_of.items()) if file not in taken]


def changed(text: str, rules: Iterable[ImageRule]) -> tuple[str, list[ImageRule]]:
    """An image after all rules, and those that were for it."""
    used = []
    for rule in rules:
        result = rule.applied_to(text)
        if result is not None:
            text = result
            used.append(rule)
    return text, used


def _rule(entry: Mapping, file: str, number: int) -> ImageRule:
    return ImageRule(
        name=entry.text("name"),
        new_name=entry.text("newName"),
        new_tag=entry.text("newTag"),
        digest=entry.text("digest"),
        file=file,
        line=entry.line,
        number=number,
    )


def _split(text: str) -> tuple[str, str]:
    name, at, digest = text.partition("@")
    if at:
        return _split(name)[0], f"@{digest}"
    head, colon, tag = name.rpartition(":")
    return (head, f":{tag}") if colon and "/" not in tag else (name, "")


def _kustomization_in(path: str, names: frozenset[str]) -> str:
    candidates = (
        posixpath.join(path, name) if path != "." else name for name in KUSTOMIZATION_NAMES
    )
    return next((name for name in candidates if name in names), "")


def _mappings(node: Node | None) -> list[Mapping]:
    items = node.items if isinstance(node, Sequence) else []
    return [item for item in items if isinstance(item, Mapping)]


def _scalars(node: Node | None) -> Iterator[Scalar]:
    for item in node.items if isinstance(node, Sequence) else []:
        if isinstance(item, Scalar) and item.text:
            yield item
