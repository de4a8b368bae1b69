"""Custom resources are of kinds that the stack defines, and say nothing that those lack."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest
import yaml

from tests.support.stack_objects import StackObject, objects_of, reach, stack_objects

if TYPE_CHECKING:
    from collections.abc import Iterator

_FIELDS = Path(__file__).with_name("custom_resources.yaml")
_PLATFORM = Path(__file__).parents[4] / "shared" / "data" / "cube-studio" / "install" / "kubernetes"
_DEFINITIONS = ("prometheus/operator/operator-crd.yml", "istio/install-crd.yaml")


def _custom() -> list[StackObject]:
    groups = {one.spec["group"] for one in objects_of("CustomResourceDefinition")}
    return [one for one in stack_objects() if one.group in groups]


def _definition_of(one: StackObject) -> StackObject | None:
    for definition in objects_of("CustomResourceDefinition"):
        names = (definition.spec["group"], definition.spec["names"]["kind"])
        if names == (one.group, one.kind):
            return definition
    return None


@cache
def _fields() -> dict[str, Any]:
    fields: dict[str, Any] = yaml.safe_load(_FIELDS.read_text())
    return fields


def _problems(one: StackObject, schema: dict[str, Any], value: object) -> Iterator[str]:
    for error in jsonschema.Draft202012Validator(schema).iter_errors(value):
        yield f"{one}: {error.json_path}: {error.message[:200]}"


def _strict(schema: Any) -> Any:  # noqa: ANN401 - any part of a schema
    """A structural schema that refuses what an API server would drop."""
    if isinstance(schema, list):
        return [_strict(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    closed = {key: _strict(one) for key, one in schema.items()}
    is_open = schema.get("x-kubernetes-preserve-unknown-fields", False)
    if isinstance(schema.get("properties"), dict) and not is_open:
        closed.setdefault("additionalProperties", False)
    if schema.get("x-kubernetes-int-or-string"):
        closed.pop("type", None)
    return closed


@cache
def _published() -> dict[tuple[str, str], dict[str, Any]]:
    """The full schema of each apiVersion and kind that the platform's own installation defines."""
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for name in _DEFINITIONS:
        for body in yaml.load_all((_PLATFORM / name).read_bytes(), yaml.CSafeLoader):
            is_definition = body is not None and body["kind"] == "CustomResourceDefinition"
            for version in body["spec"]["versions"] if is_definition else ():
                key = (f"{body['spec']['group']}/{version['name']}", body["spec"]["names"]["kind"])
                schema = version["schema"]["openAPIV3Schema"]
                spec = schema.get("properties", {}).get("spec", {})
                found[key] = _strict(spec)
    return found


def _is_served(one: StackObject) -> bool:
    definition = _definition_of(one)
    wanted = one.api_version.rpartition("/")[2]
    versions = definition.spec["versions"] if definition else []
    return any(version["name"] == wanted and version["served"] for version in versions)


def _comes_after_its_definition(one: StackObject) -> bool:
    definition = _definition_of(one)
    return definition is not None and definition.component in reach(one.component)


def test_the_stack_defines_their_kinds_and_serves_their_versions() -> None:
    assert [str(one) for one in _custom() if not _is_served(one)] == []


def test_their_kinds_are_defined_before_they_come() -> None:
    assert [str(one) for one in _custom() if not _comes_after_its_definition(one)] == []


def test_they_say_only_what_their_kinds_have() -> None:
    fields = _fields()

    assert [
        problem
        for one in _custom()
        for problem in _problems(one, fields[f"{one.kind}.{one.group}"], one.spec)
    ] == []


@pytest.mark.skipif(not _PLATFORM.is_dir(), reason="the platform's manifests are not on this disk")
def test_they_fit_the_full_schemas_that_the_platform_installs() -> None:
    published = _published()

    assert [
        problem
        for one in _custom()
        if (one.api_version, one.kind) in published
        for problem in _problems(one, published[one.api_version, one.kind], one.spec)
    ] == []


def test_a_misspelt_field_is_found() -> None:
    one = objects_of("ServiceMonitor")[0]
    mistaken = {**one.spec, "endpoint": []}

    assert any(
        "endpoint" in problem
        for problem in _problems(one, _fields()["ServiceMonitor.monitoring.coreos.com"], mistaken)
    )
