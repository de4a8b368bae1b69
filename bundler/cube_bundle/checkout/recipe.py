"""Recipes: which files of a checkout are which component, and what is corrected in them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any, Self

from cube_airgap.yaml_document import YamlDocument
from cube_bundle.shipped_manifests import manifests_directory

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_OWN_KEYS = {"when", "ours", "take", "kustomize", "drop", "patches", "edits"}


@dataclass(frozen=True)
class Target:
    """Objects of a kind whose names fit one of some patterns."""

    kind: str
    names: tuple[str, ...] = ("*",)

    def fits(self, body: Mapping[str, Any]) -> bool:
        """Whether `body` is one of them."""
        name = body["metadata"]["name"]
        return body["kind"] == self.kind and any(fnmatchcase(name, one) for one in self.names)


@dataclass(frozen=True)
class Patch:
    """What is laid over the objects of `target`; with `needs_seeds`, where seed data is there."""

    target: Target
    merge: Mapping[str, Any]
    needs_seeds: bool = False


@dataclass(frozen=True)
class Edit:
    """A text in a file, and what comes in its place."""

    file: str
    old: str
    new: str


@dataclass(frozen=True)
class Replacement:
    """A text below `key` that is `old` or a path below it, in objects of `kind` (empty: any)."""

    key: str
    old: str
    new: str
    kind: str = ""


@dataclass(frozen=True)
class TakenComponent:
    """A component: `ours` as it is, or made of files, each of `take` having its alternatives.

    `entry` is what stack.yaml says of it; paths in there are of the checkout.
    """

    name: str
    is_ours: bool
    entry: Mapping[str, Any]
    take: tuple[tuple[str, ...], ...] = ()
    kustomize: str = ""
    drop: tuple[Target, ...] = ()
    patches: tuple[Patch, ...] = ()
    edits: tuple[Edit, ...] = ()
    needs_seeds: bool = False


@dataclass(frozen=True)
class CheckoutRecipe:
    """How checkouts that have all `marks` below `base` become a stack."""

    name: str
    base: str
    marks: tuple[str, ...]
    secrets: tuple[str, ...]
    replacements: tuple[Replacement, ...]
    components: tuple[TakenComponent, ...]

    @classmethod
    def parse(cls, text: bytes, origin: str) -> Self:
        """Read a recipe. Raises UsageError with file and line."""
        document = YamlDocument(text, origin)
        document.validate(_schema())
        data = document.data
        return cls(
            name=data["name"],
            base=data["base"],
            marks=tuple(data["marks"]),
            secrets=tuple(data.get("secrets", ())),
            replacements=tuple(
                Replacement(one["key"], one["from"], one["to"], one.get("kind", ""))
                for one in data.get("replacements", ())
            ),
            components=tuple(_component(one) for one in data["components"]),
        )

    def fits(self, checkout: Path) -> bool:
        """Whether `checkout` is one that this recipe is for."""
        return all((checkout / self.base / mark).exists() for mark in self.marks)


def recipe_for(checkout: Path) -> CheckoutRecipe | None:
    """The product's recipe for a checkout, if it has one. Raises UsageError."""
    directory = manifests_directory() / "recipes"
    for path in sorted(directory.glob("*.yaml")):
        recipe = CheckoutRecipe.parse(path.read_bytes(), str(path))
        if recipe.fits(checkout):
            return recipe
    return None


def _component(data: dict[str, Any]) -> TakenComponent:
    return TakenComponent(
        name=data["name"],
        is_ours=data.get("ours", False),
        entry={key: value for key, value in data.items() if key not in _OWN_KEYS},
        take=tuple((one,) if isinstance(one, str) else tuple(one) for one in data.get("take", ())),
        kustomize=data.get("kustomize", ""),
        drop=tuple(_target(one) for one in data.get("drop", ())),
        patches=tuple(
            Patch(_target(one), one["merge"], "when" in one) for one in data.get("patches", ())
        ),
        edits=tuple(Edit(one["file"], one["old"], one["new"]) for one in data.get("edits", ())),
        needs_seeds="when" in data,
    )


def _target(data: dict[str, Any]) -> Target:
    names = data.get("name", "*")
    return Target(data["kind"], (names,) if isinstance(names, str) else tuple(names))


@cache
def _schema() -> dict[str, Any]:
    file = resources.files("cube_bundle") / "schemas" / "checkout-recipe.schema.json"
    schema: dict[str, Any] = json.loads(file.read_text())
    return schema
