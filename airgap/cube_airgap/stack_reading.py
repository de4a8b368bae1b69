"""Reading a stack's entries from its document."""

from __future__ import annotations

import json
import posixpath
from fnmatch import fnmatchcase
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

from cube_airgap.stack_entries import (
    DEFAULT_DEADLINE,
    Adopted,
    AwaitedObject,
    Component,
    ConfigMapRule,
    KeyRule,
    Profile,
    SecretRule,
    SettingsRule,
    StackValue,
    ValueType,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from cube_airgap.yaml_document import YamlDocument

_MANIFEST_ENDS = (".yaml", ".yml")


@cache
def stack_schema() -> dict[str, Any]:
    """The JSON Schema of stack.yaml."""
    file = resources.files("cube_airgap") / "schemas" / "stack.schema.json"
    schema: dict[str, Any] = json.loads(file.read_text())
    return schema


def read_values(data: dict[str, Any]) -> dict[str, StackValue]:
    """The values by name."""
    return {
        name: StackValue(
            name, ValueType(one["type"]), one["about"], one.get("default"),
            tuple(one.get("choices", ())),
        )
        for name, one in data.get("values", {}).items()
    }  # fmt: skip


def read_profiles(data: dict[str, Any]) -> dict[str, Profile]:
    """The profiles by name."""
    return {
        name: Profile(
            name,
            one.get("about", ""),
            one.get("default", False),
            one.get("when", ""),
            one.get("unless", ""),
        )
        for name, one in data["profiles"].items()
    }


def read_secrets(document: YamlDocument) -> tuple[SecretRule, ...]:
    """The secrets in their order."""
    return tuple(
        SecretRule(
            name=one["name"],
            namespaces=tuple(one["namespaces"]),
            about=one["about"],
            keys={key: _key_rule(rule) for key, rule in one["keys"].items()},
            kind=one.get("type", "Opaque"),
            profile=one.get("profile", ""),
            where=document.where("secrets", number),
        )
        for number, one in enumerate(document.data.get("secrets", ()))
    )


def read_components(document: YamlDocument, files: Iterable[str]) -> Iterator[Component]:
    """The components in the order of the document, each with its of `files`."""
    names = sorted(files)
    for number, one in enumerate(document.data["components"]):
        folder = f"{one['name']}/"
        own = [name for name in names if name.startswith(folder)]
        path = ("components", number)
        yield Component(
            name=one["name"],
            about=one["about"],
            profile=one["profile"],
            needs=tuple(one.get("needs", ())),
            deadline=one.get("deadline", DEFAULT_DEADLINE),
            keeps=one.get("keeps", False),
            generates=one.get("generates", ""),
            manifests=tuple(name for name in own if _is_manifest(name.removeprefix(folder))),
            config_maps=tuple(_config_maps(document, path, own)),
            settings=tuple(_settings(document, path)),
            awaits=tuple(_awaited(each) for each in one.get("awaits", ())),
            where=document.where(*path),
        )


def _is_manifest(inside: str) -> bool:
    return "/" not in inside and inside.endswith(_MANIFEST_ENDS)


def _config_maps(
    document: YamlDocument, path: tuple[str | int, ...], own: list[str]
) -> Iterator[ConfigMapRule]:
    component = _at(document, path)
    for number, one in enumerate(component.get("configMaps", ())):
        keys: dict[str, str] = {}
        for pattern in one.get("files", ()):
            keys.update(matching_files(pattern, f"{component['name']}/", own))
        yield ConfigMapRule(
            one["name"], one["namespace"], keys, one.get("seeds", False),
            document.where(*path, "configMaps", number),
        )  # fmt: skip


def matching_files(pattern: str, folder: str, own: list[str]) -> Iterator[tuple[str, str]]:
    """Keys and files of `PATTERN` or `KEY=PATH`; `*` stands for no slash."""
    key, equals, path = pattern.rpartition("=")
    wanted = folder + (path if equals else pattern)
    for name in own:
        if name.count("/") == wanted.count("/") and fnmatchcase(name, wanted):
            yield key or posixpath.basename(name), name


def _settings(document: YamlDocument, path: tuple[str | int, ...]) -> Iterator[SettingsRule]:
    component = _at(document, path)
    for number, one in enumerate(component.get("settings", ())):
        where = document.where(*path, "settings", number)
        yield SettingsRule(f"{component['name']}/{one['file']}", one["set"], where)


def _awaited(one: dict[str, Any]) -> AwaitedObject:
    return AwaitedObject(one["apiVersion"], one["kind"], one.get("namespace", ""), one["name"])


def _key_rule(rule: dict[str, Any]) -> KeyRule:
    adopt = rule.get("adopt")
    adopted = (
        Adopted(adopt["kind"], adopt["namespace"], adopt["name"], adopt["env"]) if adopt else None
    )
    return KeyRule(rule.get("text", ""), rule.get("generate", 0), adopted)


def _at(document: YamlDocument, path: tuple[str | int, ...]) -> dict[str, Any]:
    found = document.data
    for step in path:
        found = found[step]
    return found  # type: ignore[no-any-return]
