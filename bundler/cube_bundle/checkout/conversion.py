"""From a checkout to the files of a stack, by a recipe."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import yaml

from cube_airgap.stack import STACK_FILE, Stack
from cube_airgap.stack_parsing import parse_stack
from cube_airgap.yaml_writing import yaml_document
from cube_bundle.checkout.patching import merged, replaced
from cube_bundle.checkout.taking import (
    TakenFile,
    matching,
    placed,
    rendered_kustomization,
    taken_files,
)

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    from cube_bundle.checkout.recipe import CheckoutRecipe, TakenComponent

_INHERITED = ("about", "profile", "needs", "deadline", "awaits", "keeps")


def stack_of(checkout: Path, recipe: CheckoutRecipe, ours: Stack, seeds: Collection[str]) -> Stack:
    """The stack that `recipe` makes of `checkout`; what it does not say is as in `ours`.

    `seeds` are the names of the seed data that travel along.

    Users' own changes stay, but for what the recipe corrects. A component of which the checkout has
    nothing is left out, and so is the need for it. Of objects that are there twice the last one
    counts, and those of our own components before all.
    Raises UsageError, MissingError.
    """
    return parse_stack(
        _Conversion(checkout, recipe, ours, bool(seeds)).files(), f"stack of {checkout}"
    )


@dataclass
class _Part:
    """A component on its way: what stack.yaml will say of it, and its files."""

    name: str
    is_ours: bool
    entry: dict[str, Any]
    manifests: list[TakenFile] = field(default_factory=list)
    files: dict[str, bytes] = field(default_factory=dict)

    @property
    def is_empty(self) -> bool:
        has_objects = any(one.objects for one in self.manifests)
        return not (has_objects or self.files or self.entry.get("generates"))


class _Conversion:
    def __init__(
        self,
        checkout: Path,
        recipe: CheckoutRecipe,
        ours: Stack,
        has_seeds: bool,  # noqa: FBT001
    ) -> None:
        self._base = checkout / recipe.base
        self._has_seeds = has_seeds
        self._recipe = recipe
        self._ours = ours
        self._document: dict[str, Any] = yaml.safe_load(ours.files[STACK_FILE])
        self._entries = {one["name"]: one for one in self._document["components"]}

    def files(self) -> dict[str, bytes]:
        parts = [part for one in self._recipe.components if (part := self._part(one))]
        _drop_repeated(parts)
        parts = [part for part in parts if not part.is_empty]
        files = {STACK_FILE: self._stack_file(parts)}
        for part in parts:
            files.update({f"{part.name}/{name}": one for name, one in part.files.items()})
            for manifest in part.manifests:
                if manifest.objects:
                    files[f"{part.name}/{manifest.name}.yaml"] = manifest.text
        return files

    def _part(self, component: TakenComponent) -> _Part | None:
        if component.needs_seeds and not self._has_seeds:
            return None
        if component.is_ours:
            return self._our_part(component.name)
        inherited = self._entries.get(component.name, {})
        entry = {key: inherited[key] for key in _INHERITED if key in inherited}
        part = _Part(component.name, is_ours=False, entry={**entry, **component.entry})
        for alternatives in component.take:
            part.manifests += taken_files(self._base, alternatives)
        if component.kustomize:
            rendered = rendered_kustomization(self._base, component.kustomize)
            part.manifests += [rendered] if rendered else []
        for manifest in part.manifests:
            self._correct(manifest, component)
        self._take_config(part, component)
        return part

    def _our_part(self, name: str) -> _Part | None:
        if name not in self._entries:
            return None
        own = self._ours.component(name)
        part = _Part(name, is_ours=True, entry=self._entries[name])
        folder = f"{name}/"
        for path, content in self._ours.files.items():
            if path.startswith(folder) and path not in own.manifests:
                part.files[path.removeprefix(folder)] = content
        for path in own.manifests:
            inside = path.removeprefix(folder)
            part.files[inside] = self._ours.files[path]
        return part

    def _correct(self, manifest: TakenFile, component: TakenComponent) -> None:
        """Apply drops, patches and replacements; what they leave alone keeps its text."""
        kept = []
        for body, line in manifest.objects:
            if any(target.fits(body) for target in component.drop):
                continue
            changed = placed(body)
            for patch in component.patches:
                if patch.target.fits(changed) and (self._has_seeds or not patch.needs_seeds):
                    changed = merged(changed, patch.merge)
            kept.append((replaced(changed, self._recipe.replacements), line))
        _set_objects(manifest, kept)

    def _take_config(self, part: _Part, component: TakenComponent) -> None:
        """Copy the files that config maps are made of, and point to the copies."""
        copies: dict[str, str] = {}
        kept = []
        for rule in component.entry.get("configMaps", ()):
            keys: list[str] = []
            for pattern in rule.get("files", ()):
                keys += self._copied(part, rule["name"], pattern, copies)
            if keys:
                kept.append({**rule, "files": keys})
            elif "seeds" in rule and self._has_seeds:
                kept.append(rule)
        part.entry["configMaps"] = kept
        for edit in component.edits:
            if edit.file in copies:
                name = copies[edit.file]
                part.files[name] = part.files[name].replace(edit.old.encode(), edit.new.encode())
        part.entry["settings"] = [
            {"file": copies[rule["file"]], "set": wanted}
            for rule in component.entry.get("settings", ())
            if rule["file"] in copies
            and (wanted := _assigned(part.files[copies[rule["file"]]], rule["set"]))
        ]

    def _copied(
        self, part: _Part, config_map: str, pattern: str, copies: dict[str, str]
    ) -> list[str]:
        key, equals, wanted = pattern.rpartition("=")
        found = []
        for path in matching(self._base, wanted if equals else pattern):
            name = f"files/{config_map}/{key or path.name}"
            part.files[name] = path.read_bytes()
            copies[path.relative_to(self._base).as_posix()] = name
            found.append(name)
        return found

    def _stack_file(self, parts: list[_Part]) -> bytes:
        names = {part.name for part in parts}
        entries = [_entry(part, names) for part in parts]
        profiles = {entry["profile"] for entry in entries}
        ours = self._document
        secrets = [one for one in ours.get("secrets", ()) if one["name"] in self._recipe.secrets]
        document: dict[str, Any] = {
            "version": 1,
            "name": ours["name"],
            "platform": _platform(parts),
            **{key: ours[key] for key in ("assets", "values", "pullSecret") if key in ours},
            "secrets": [one for one in secrets if one.get("profile", "") in {"", *profiles}],
            "profiles": {key: one for key, one in ours["profiles"].items() if key in profiles},
            "components": entries,
        }
        return yaml_document(document).encode()


def _entry(part: _Part, names: set[str]) -> dict[str, Any]:
    entry = {"name": part.name, **{k: v for k, v in part.entry.items() if k != "name"}}
    entry["needs"] = [need for need in entry.get("needs", ()) if need in names]
    return {key: value for key, value in entry.items() if value not in ([], None)}


def _set_objects(manifest: TakenFile, objects: list[tuple[dict[str, Any], int]]) -> None:
    if objects == manifest.objects:
        return
    manifest.objects = objects
    documents = (f"# {manifest.origin}:{line}\n{yaml_document(body)}" for body, line in objects)
    manifest.text = "---\n".join(documents).encode()


def _drop_repeated(parts: list[_Part]) -> None:
    """Keep the last of objects that are there twice, and none that a component of ours has."""
    seen = {_key(one) for part in parts if part.is_ours for one in _our_objects(part)}
    for part in reversed(parts):
        for manifest in reversed(part.manifests):
            kept = []
            for body, line in reversed(manifest.objects):
                if _key(body) not in seen:
                    seen.add(_key(body))
                    kept.append((body, line))
            _set_objects(manifest, kept[::-1])


def _our_objects(part: _Part) -> list[dict[str, Any]]:
    texts = (one for name, one in part.files.items() if "/" not in name and name.endswith(".yaml"))
    return [body for text in texts for body in yaml.safe_load_all(text) if body]


def _key(body: dict[str, Any]) -> tuple[str, str, str, str]:
    group, slash, _ = body["apiVersion"].partition("/")
    metadata = body["metadata"]
    namespace = metadata.get("namespace", "")
    return group if slash else "", body["kind"], namespace, metadata["name"]


def _assigned(content: bytes, wanted: dict[str, Any]) -> dict[str, Any]:
    """Those settings that this version of the platform has."""
    return {
        name: value
        for name, value in wanted.items()
        if re.search(rf"^{name}\s*[:=]".encode(), content, re.MULTILINE)
    }


def _platform(parts: list[_Part]) -> str:
    """The version of the platform: the tag of its backend's image, if one of the objects has it."""
    for part in parts:
        for manifest in part.manifests:
            found = re.search(rb"/kubeflow-dashboard:([\w.-]+)", manifest.text)
            if found:
                return found[1].decode()
    return "of the checkout"
