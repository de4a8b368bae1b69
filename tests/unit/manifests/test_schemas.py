"""Every object fits what Kubernetes publishes of its kinds, strictly: no field is unknown to it."""

from __future__ import annotations

import json
from collections import Counter
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest
from referencing import Registry, Resource

from tests.support.stack_objects import StackObject, objects_of, stack_objects

if TYPE_CHECKING:
    from collections.abc import Iterator
    from importlib.resources.abc import Traversable

_SUPPORTED = tuple(f"1.{minor}" for minor in range(25, 37))
_CHECKED = ("1.25", "1.28", "1.32", "1.36")
"""The oldest, the recommended, one of the recent, the newest."""
_INSTEAD = "entry-ipvs"
"""Is on where `entry` is off, and has the same objects."""


def _schemas(version: str) -> Traversable:
    package = files("kubernetes_validate")
    return package / "kubernetes-json-schema" / f"v{version}.0-local-strict"


def _schema_name(one: StackObject) -> str:
    group, _, version = one.api_version.rpartition("/")
    parts = [one.kind, *([group.partition(".")[0]] if group else []), version]
    return f"{'-'.join(parts).lower()}.json"


@cache
def _definitions(version: str) -> Registry[Any]:
    content = json.loads((_schemas(version) / "_definitions.json").read_text())
    return Resource.from_contents(content) @ Registry()


@cache
def _validator(version: str, name: str) -> jsonschema.Draft202012Validator:
    schema = json.loads((_schemas(version) / name).read_text())
    return jsonschema.Draft202012Validator(schema, registry=_definitions(version))


def _served_by_the_stack() -> set[tuple[str, str]]:
    """apiVersion and kind of each version that a custom resource definition serves."""
    return {
        (f"{one.spec['group']}/{version['name']}", one.spec["names"]["kind"])
        for one in objects_of("CustomResourceDefinition")
        for version in one.spec["versions"]
        if version["served"]
    }


def _built_in() -> list[StackObject]:
    custom = _served_by_the_stack()
    return [one for one in stack_objects() if (one.api_version, one.kind) not in custom]


def _is_known(version: str, one: StackObject) -> bool:
    return (_schemas(version) / _schema_name(one)).is_file()


def _problems(version: str, one: StackObject) -> Iterator[str]:
    for error in _validator(version, _schema_name(one)).iter_errors(one.body):
        yield f"{one}: {error.json_path}: {error.message[:200]}"


@pytest.mark.parametrize("version", _SUPPORTED)
def test_every_object_is_of_a_kind_that_the_cluster_or_the_stack_serves(version: str) -> None:
    assert [str(one) for one in _built_in() if not _is_known(version, one)] == []


@pytest.mark.parametrize("version", _CHECKED)
def test_objects_fit_the_published_schemas(version: str) -> None:
    known = [one for one in _built_in() if _is_known(version, one)]

    assert [problem for one in known for problem in _problems(version, one)] == []


def test_a_field_that_is_not_in_the_schema_is_found() -> None:
    one = objects_of("Deployment")[0]
    mistaken = StackObject(
        one.component, one.file, {**one.body, "spec": {**one.spec, "replica": 1}}
    )

    assert any("replica" in problem for problem in _problems("1.28", mistaken))


def test_no_object_is_there_twice() -> None:
    times = Counter(one.identity for one in stack_objects() if one.component != _INSTEAD)

    assert [identity for identity, count in times.items() if count > 1] == []


def test_names_of_custom_resource_definitions_are_made_of_plural_and_group() -> None:
    for one in objects_of("CustomResourceDefinition"):
        assert one.name == f"{one.spec['names']['plural']}.{one.spec['group']}", str(one)


def test_one_version_of_each_custom_resource_is_stored() -> None:
    for one in objects_of("CustomResourceDefinition"):
        stored = [version["name"] for version in one.spec["versions"] if version["storage"]]
        assert len(stored) == 1, str(one)
