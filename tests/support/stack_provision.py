"""Which component of the product's stack brings an object, and whether that is there in time."""

from __future__ import annotations

from collections import defaultdict
from functools import cache
from typing import TYPE_CHECKING, Any

from cube_install.render.places_map import NAME, NAMESPACE
from tests.support.stack_objects import (
    StackObject,
    objects_of,
    product_stack,
    reach,
    stack_objects,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

Named = tuple[str, str, str]
"""Kind, namespace and name."""
_MADE_BY_OTHERS: dict[Named, str] = {
    ("Secret", "kubeflow", "volcano-admission-secret"): "a Job of volcano makes the certificate",
    ("ConfigMap", "istio-system", "istio-ca-root-cert"): "istiod writes it into every namespace",
    ("ServiceAccount", "kube-system", "horizontal-pod-autoscaler"): "the control plane's own",
}


@cache
def _providers() -> dict[Named, set[str]]:
    """The components that bring each object; empty for what is made before all of them."""
    found: dict[Named, set[str]] = defaultdict(set)
    for one in stack_objects():
        found[one.kind, one.namespace, one.name].add(one.component)
    for component in product_stack().components:
        for rule in component.config_maps:
            found["ConfigMap", rule.namespace, rule.name].add(component.name)
        if component.generates == "places":
            found["ConfigMap", NAMESPACE, NAME].add(component.name)
    for secret in product_stack().secrets:
        for space in secret.namespaces:
            found["Secret", space, secret.name] |= _components_of(secret.profile)
    for one in objects_of("Namespace"):
        found["Secret", one.name, product_stack().pull_secret].add("")
        found["ServiceAccount", one.name, "default"].add("")
    return found


def _components_of(profile: str) -> set[str]:
    if not profile:
        return {""}
    return {one.name for one in product_stack().components if one.profile == profile}


def _is_there(wanted: Named, asking: str) -> bool:
    if wanted in _MADE_BY_OTHERS:
        return True
    return bool(_providers().get(wanted, set()) & (reach(asking) | {""}))


def missing(wanted: Iterable[tuple[StackObject, Named]]) -> list[str]:
    """Of objects and what they ask for: what is not there when they come."""
    return sorted(
        f"{one} asks for {kind} {space}/{name}"
        for one, (kind, space, name) in wanted
        if not _is_there((kind, space, name), one.component)
    )


def mappings(value: object) -> Iterator[dict[str, Any]]:
    """Every mapping in nested lists and mappings, the outer first."""
    if isinstance(value, dict):
        yield value
        for one in value.values():
            yield from mappings(one)
    elif isinstance(value, list):
        for one in value:
            yield from mappings(one)
