"""The product's own stack as objects: manifests/ with example values, nothing rewritten."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from cube_airgap.placeholders import filled
from cube_airgap.stack_entries import ValueType
from cube_airgap.stack_parsing import read_stack

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cube_airgap.stack import Stack

MANIFESTS = Path(__file__).parents[2] / "manifests"
_EXAMPLES = {
    ValueType.IP: "192.0.2.10",
    ValueType.ADDRESS: "192.0.2.10",
    ValueType.PATH: "/data/k8s",
    ValueType.QUANTITY: "10Gi",
    ValueType.TEXT: "text",
    ValueType.INTEGER: "1",
    ValueType.BOOLEAN: "true",
}
_BUILT_IN = {
    "registry": "harbor.example/cube",
    "registry.host": "harbor.example",
    "registry.project": "cube",
}
_POD_OWNERS = ("CronJob", "DaemonSet", "Deployment", "Job", "StatefulSet")


@dataclass(frozen=True)
class StackObject:
    """An object of a component, as its file has it."""

    component: str
    file: str
    body: dict[str, Any]

    @property
    def api_version(self) -> str:
        return str(self.body["apiVersion"])

    @property
    def group(self) -> str:
        """The API group; empty for the core's."""
        return self.api_version.rpartition("/")[0]

    @property
    def kind(self) -> str:
        return str(self.body["kind"])

    @property
    def name(self) -> str:
        return str(self.body["metadata"]["name"])

    @property
    def namespace(self) -> str:
        """Empty where its kind has none."""
        return str(self.body["metadata"].get("namespace", ""))

    @property
    def spec(self) -> dict[str, Any]:
        return dict(self.body.get("spec") or {})

    @cached_property
    def identity(self) -> tuple[str, str, str, str]:
        return (self.group, self.kind, self.namespace, self.name)

    def __str__(self) -> str:
        place = f"{self.namespace}/{self.name}" if self.namespace else self.name
        return f"{self.file}: {self.kind} {place}"


@dataclass(frozen=True)
class PodTemplate:
    """The pods that a workload makes."""

    owner: StackObject
    labels: dict[str, str]
    spec: dict[str, Any]

    @property
    def containers(self) -> list[dict[str, Any]]:
        """All, those that run before the others first."""
        return [*self.spec.get("initContainers", ()), *self.spec["containers"]]


@cache
def product_stack() -> Stack:
    """The stack of this tree."""
    return read_stack(MANIFESTS)


@cache
def stack_objects() -> tuple[StackObject, ...]:
    """Every object of every component, of all profiles."""
    return tuple(_objects(product_stack()))


@cache
def pod_templates() -> tuple[PodTemplate, ...]:
    """The pods of every workload that the stack itself names."""
    return tuple(
        PodTemplate(one, template["metadata"]["labels"], template["spec"])
        for one in stack_objects()
        if one.kind in _POD_OWNERS and one.group in ("apps", "batch")
        for template in (_template(one),)
    )


def objects_of(*kinds: str) -> list[StackObject]:
    """The objects of these kinds."""
    return [one for one in stack_objects() if one.kind in kinds]


@cache
def reach(component: str) -> frozenset[str]:
    """The component and all that it needs, directly or not."""
    entry = product_stack().component(component)
    return frozenset({component}.union(*(reach(need) for need in entry.needs)))


def example_values() -> dict[str, str]:
    """A text for every placeholder: the default, or an example of its type."""
    stack = product_stack()
    texts = {**_BUILT_IN, "platform": stack.platform}
    for name, value in stack.values.items():
        default = value.choices[0] if value.choices else _EXAMPLES[value.type]
        given = default if value.default is None else value.default
        texts[name] = str(given).lower() if isinstance(given, bool) else str(given)
    return texts


def _objects(stack: Stack) -> Iterator[StackObject]:
    values = example_values()
    for component in stack.components:
        for file in component.manifests:
            text = filled(stack.files[file].decode(), values)
            for body in yaml.safe_load_all(text):
                if body is not None:
                    yield StackObject(component.name, file, body)


def _template(one: StackObject) -> dict[str, Any]:
    spec = one.spec["jobTemplate"]["spec"] if one.kind == "CronJob" else one.spec
    template: dict[str, Any] = spec["template"]
    template.setdefault("metadata", {}).setdefault("labels", {})
    return template
