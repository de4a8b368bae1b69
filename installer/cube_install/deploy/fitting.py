"""What of a stack a cluster can take: the versions that its API server has, or nothing."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from cube_install.deploy.body import Body, parts, text
from cube_install.render.image_admission import SERVED_AS
from cube_install.stack.rendered import RenderedObject

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cube_install.kubernetes.cluster import Cluster
    from cube_install.stack.rendered import RenderedComponent, RenderedStack

_POLICY = "MutatingAdmissionPolicy"
# Versions in which an object may be written without another change, the best first. Source:
# Kubernetes, "Deprecated API Migration Guide".
_SAME = {
    "HorizontalPodAutoscaler": ("autoscaling/v2", "autoscaling/v2beta2"),
    "PodDisruptionBudget": ("policy/v1", "policy/v1beta1"),
    "CronJob": ("batch/v1", "batch/v1beta1"),
    _POLICY: SERVED_AS,
    f"{_POLICY}Binding": SERVED_AS,
}
# What a platform is whole without.
_OPTIONAL = {_POLICY, f"{_POLICY}Binding"}


def fitted(stack: RenderedStack, cluster: Cluster) -> RenderedStack:
    """The stack in versions that the cluster serves, and without what is optional and not served.

    Raises AirgapError.
    """
    components = tuple(_fitted(one, cluster) for one in stack.components)
    return stack if components == stack.components else replace(stack, components=components)


def left_out(stack: RenderedStack, taken: RenderedStack) -> tuple[str, ...]:
    """The objects of `stack` that fitted() left out."""
    has = taken.keys
    return tuple(str(one.key) for one in stack.objects if one.key not in has)


def unserved(stack: RenderedStack, cluster: Cluster) -> Iterator[RenderedObject]:
    """Objects of kinds that neither the cluster has nor the stack brings. Raises AirgapError."""
    brought = {
        pair
        for one in stack.objects
        if one.key.kind == "CustomResourceDefinition"
        for pair in _brought(one.body)
    }
    for one in stack.objects:
        kind = (one.body["apiVersion"], one.key.kind)
        if kind not in brought and cluster.kind(*kind) is None:
            yield one


def _fitted(component: RenderedComponent, cluster: Cluster) -> RenderedComponent:
    found = [_version_of(one, cluster) for one in component.objects]
    objects = tuple(
        one if version == one.body["apiVersion"] else _in_version(one, version)
        for one, version in zip(component.objects, found, strict=True)
        if version
    )
    return component if objects == component.objects else replace(component, objects=objects)


def _version_of(one: RenderedObject, cluster: Cluster) -> str:
    """The version to apply it in; empty where it is to be left out."""
    kind, version = one.key.kind, str(one.body["apiVersion"])
    if version not in _SAME.get(kind, ()):
        return version
    served = (known for known in _SAME[kind] if cluster.kind(known, kind) is not None)
    return next(served, "" if kind in _OPTIONAL else version)


def _in_version(one: RenderedObject, version: str) -> RenderedObject:
    return RenderedObject({**one.body, "apiVersion": version}, one.origin)


def _brought(definition: Body) -> Iterator[tuple[str, str]]:
    group, kind = text(definition, "spec", "group"), text(definition, "spec", "names", "kind")
    for version in parts(definition, "spec", "versions"):
        yield f"{group}/{text(version, 'name')}", kind
