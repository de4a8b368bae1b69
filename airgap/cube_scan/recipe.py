"""Recipes: which files of a platform's checkout take effect, and when."""

from __future__ import annotations

import posixpath
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import cache
from importlib import resources
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

import yaml

from cube_airgap.errors import MissingError, UsageError
from cube_airgap.yaml_document import YamlDocument
from cube_scan.findings import State
from cube_scan.start_script import Applied, read_start_script

if TYPE_CHECKING:
    from collections.abc import Iterator

_SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["version", "name", "base", "marks"],
    "additionalProperties": False,
    "properties": {
        "version": {"const": 1},
        "name": {"type": "string"},
        "base": {"type": "string"},
        "marks": {"type": "array", "items": {"type": "string"}, "minItems": 1},
        "scripts": {"type": "array", "items": {"type": "string"}},
        "optional_scripts": {"type": "array", "items": {"type": "string"}},
        "apply": {
            "type": "array",
            "items": {
                "oneOf": [
                    {"type": "string"},
                    {"type": "array", "items": {"type": "string"}, "minItems": 1},
                ]
            },
        },
        "roles": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["files", "state"],
                "additionalProperties": False,
                "properties": {
                    "files": {"type": "array", "items": {"type": "string"}, "minItems": 1},
                    "state": {"enum": [str(state) for state in State]},
                },
            },
        },
    },
}


@dataclass(frozen=True)
class Recipe:
    """What a platform applies: by its start script if the checkout has one, else by `apply`.

    `base` is the directory of the script, below the top of a checkout; `marks` are files or
    directories in it by which a checkout is known, one of which is enough.
    """

    name: str
    base: str
    marks: tuple[str, ...]
    scripts: tuple[str, ...] = ()
    optional_scripts: tuple[str, ...] = ()
    apply: tuple[tuple[str, ...], ...] = ()
    roles: tuple[tuple[tuple[str, ...], State], ...] = ()

    @classmethod
    def read(cls, path: Path) -> Recipe:
        """The recipe in a file. Raises MissingError, UsageError with file and line."""
        if not path.is_file():
            raise MissingError(
                f"there is no recipe {path}", remedy="give the path of a recipe file"
            )
        document = YamlDocument.read(path)
        document.validate(_SCHEMA)
        return _recipe(document.data)


@dataclass
class Effects:
    """When each file takes effect; files are named from the top of what is scanned."""

    recipe: str = ""
    source: str = ""
    applied: set[str] = field(default_factory=set)
    kustomizations: set[str] = field(default_factory=set)
    optional: set[str] = field(default_factory=set)
    run: set[str] = field(default_factory=set)
    remote: list[tuple[str, int, str]] = field(default_factory=list)
    roles: tuple[tuple[tuple[str, ...], State], ...] = ()
    prefix: str = ""

    def state_of(self, file: str) -> State:
        """The state of `file`; UNPLACED where no recipe fits what was scanned."""
        if not self.recipe:
            return State.UNPLACED
        full = posixpath.join(self.prefix, file)
        for globs, state in self.roles:
            if any(fnmatchcase(full, glob) for glob in globs):
                return state
        if file in self.applied:
            return State.APPLIED
        if file in self.run:
            return State.BOOTSTRAP
        return State.OPTIONAL if file in self.optional else State.UNAPPLIED


@cache
def shipped_recipes() -> tuple[Recipe, ...]:
    """The recipes that come with the package."""
    directory = resources.files("cube_scan") / "data" / "recipes"
    files = sorted((file for file in directory.iterdir()), key=lambda file: file.name)
    return tuple(_recipe(yaml.safe_load(file.read_text(encoding="utf-8"))) for file in files)


def effects_of(root: Path, names: frozenset[str], recipes: tuple[Recipe, ...]) -> Effects:
    """What the first recipe that fits says about the files `names` below `root`."""
    for recipe in recipes:
        for top, base in _bases(root, recipe):
            if any((base / mark).exists() for mark in recipe.marks):
                return _Fitting(recipe, root, top, base, names).effects()
    return Effects()


def _bases(root: Path, recipe: Recipe) -> Iterator[tuple[Path, Path]]:
    """Where the recipe's base may be: below what is scanned, around it, or just that."""
    resolved = root.resolve()
    for top in (resolved, *resolved.parents):
        base = top / recipe.base
        if base.is_dir():
            yield top, base
    depth = len(PurePosixPath(recipe.base).parts)
    if len(resolved.parents) >= depth:
        yield resolved.parents[depth - 1], resolved


class _Fitting:
    """A recipe laid over one tree."""

    def __init__(
        self, recipe: Recipe, root: Path, top: Path, base: Path, names: frozenset[str]
    ) -> None:
        self._recipe = recipe
        self._root = root.resolve()
        self._base = base
        self._names = names
        # Files by their path below the base: all of them, some, or none are in what is scanned.
        paths = {name: self._root / name for name in names}
        self._below_base = {
            _text(path.relative_to(base)): name
            for name, path in sorted(paths.items())
            if path.is_relative_to(base)
        }
        prefix = self._root.relative_to(top) if self._root.is_relative_to(top) else Path()
        self._effects = Effects(recipe.name, roles=recipe.roles, prefix=_text(prefix))
        if not self._root.is_relative_to(top):
            self._effects.prefix = ""

    def effects(self) -> Effects:
        effects = self._effects
        scripts = [name for name in self._recipe.scripts if (self._base / name).is_file()]
        for name in scripts[:1]:
            effects.source = name
            self._apply(read_start_script(self._base / name), effects.applied)
        if not scripts:
            effects.source = f"recipe {self._recipe.name}"
            for alternatives in self._recipe.apply:
                self._first_of(alternatives)
        for name in self._recipe.optional_scripts:
            if (self._base / name).is_file():
                also = read_start_script(self._base / name)
                effects.optional.update(self._named(also.files))
        return effects

    def _apply(self, script: Applied, into: set[str]) -> None:
        into.update(self._named(script.files))
        for directory in self._named(script.kustomizations):
            self._effects.kustomizations.add(directory)
        self._effects.run.update(self._named(script.scripts))
        self._effects.remote.extend(script.remote)

    def _first_of(self, alternatives: tuple[str, ...]) -> None:
        for glob in alternatives:
            directory = glob.rstrip("/")
            top = self._base / directory
            is_there = any(one.startswith(glob) for one in self._below_base)
            if glob != directory and is_there and top.is_relative_to(self._root):
                self._effects.kustomizations.add(_text(top.relative_to(self._root)))
                return
            found = [name for one, name in self._below_base.items() if fnmatchcase(one, glob)]
            if found:
                self._effects.applied.update(found)
                return

    def _named(self, paths: set[Path]) -> Iterator[str]:
        """Paths as names below what is scanned; a directory stands for the manifests in it."""
        for path in paths:
            resolved = path.resolve()
            if not resolved.is_relative_to(self._root):
                continue
            name = _text(resolved.relative_to(self._root))
            yield name
            if resolved.is_dir():
                below = f"{name}/" if name else ""
                yield from (
                    one for one in self._names if posixpath.dirname(one) == below.rstrip("/")
                )


def _text(path: Path) -> str:
    text = path.as_posix()
    return "" if text == "." else text


def _recipe(data: dict[str, Any]) -> Recipe:
    apply = tuple((one,) if isinstance(one, str) else tuple(one) for one in data.get("apply", ()))
    roles = tuple((tuple(role["files"]), State(role["state"])) for role in data.get("roles", ()))
    if not data["base"] or data["base"].startswith("/"):
        raise UsageError(
            f"the base of recipe {data['name']!r} is no path below a checkout",
            remedy="write it relative to the top of a checkout",
        )
    return Recipe(
        name=data["name"],
        base=data["base"],
        marks=tuple(data["marks"]),
        scripts=tuple(data.get("scripts", ())),
        optional_scripts=tuple(data.get("optional_scripts", ())),
        apply=apply,
        roles=roles,
    )
