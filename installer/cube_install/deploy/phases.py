"""The order of kinds within a component: what has to be there before what."""

from __future__ import annotations

from collections import defaultdict
from enum import IntEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cube_install.kubernetes.object_key import ObjectKey
    from cube_install.stack.rendered import RenderedObject


class Phase(IntEnum):
    """Each is begun when what came before is there, and up where that can be awaited."""

    NAMESPACES = 0
    DEFINITIONS = 1
    CONFIGURATION = 2
    BINDINGS = 3  # who may bind a role only if it is there is no administrator of the cluster
    WORKLOADS = 4
    EXTENSIONS = 5  # the API server calls them: they follow the workload behind them
    CUSTOM = 6


_BY_KIND = {
    ("", "Namespace"): Phase.NAMESPACES,
    ("apiextensions.k8s.io", "CustomResourceDefinition"): Phase.DEFINITIONS,
    ("rbac.authorization.k8s.io", "RoleBinding"): Phase.BINDINGS,
    ("rbac.authorization.k8s.io", "ClusterRoleBinding"): Phase.BINDINGS,
    ("apiregistration.k8s.io", "APIService"): Phase.EXTENSIONS,
    ("", "Pod"): Phase.WORKLOADS,
    ("policy", "PodDisruptionBudget"): Phase.WORKLOADS,
}
_BY_GROUP = {
    "admissionregistration.k8s.io": Phase.EXTENSIONS,
    "apps": Phase.WORKLOADS,
    "batch": Phase.WORKLOADS,
    "autoscaling": Phase.WORKLOADS,
}
# Groups with a dot that an API server has by itself; all others come with a definition.
_BUILT_IN = {
    "authentication.k8s.io",
    "authorization.k8s.io",
    "certificates.k8s.io",
    "coordination.k8s.io",
    "discovery.k8s.io",
    "events.k8s.io",
    "flowcontrol.apiserver.k8s.io",
    "networking.k8s.io",
    "node.k8s.io",
    "rbac.authorization.k8s.io",
    "resource.k8s.io",
    "scheduling.k8s.io",
    "storage.k8s.io",
    "storagemigration.k8s.io",
}


def phase_of(key: ObjectKey) -> Phase:
    """When an object's turn is."""
    kind = (key.group, key.kind)
    if kind in _BY_KIND:
        return _BY_KIND[kind]
    if key.group in _BY_GROUP:
        return _BY_GROUP[key.group]
    is_custom = "." in key.group and key.group not in _BUILT_IN
    return Phase.CUSTOM if is_custom else Phase.CONFIGURATION


def in_phases(
    objects: Iterable[RenderedObject],
) -> list[tuple[Phase, tuple[RenderedObject, ...]]]:
    """The phases that there are objects for, in order, with their objects."""
    found: dict[Phase, list[RenderedObject]] = defaultdict(list)
    for one in objects:
        found[phase_of(one.key)].append(one)
    return [(phase, tuple(found[phase])) for phase in sorted(found)]
