"""A policy by which the API server gives new pods images of the site's registry.

What a running platform still asks for by an old name is then pulled from the site's registry, and
no webhook has to run for that. KEP-3962 describes MutatingAdmissionPolicy.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from cube_airgap.reference import DOCKER_HUB

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from cube_airgap.reference import Reference

SERVED_AS = tuple(f"admissionregistration.k8s.io/{one}" for one in ("v1", "v1beta1", "v1alpha1"))
"""The API versions that have it, the best first: Kubernetes 1.36, 1.34 and 1.32."""

_NAME = "cube-airgap-images"
_HUB_HOSTS = ("", f"{DOCKER_HUB}/", f"index.{DOCKER_HUB}/")


def admission_objects(
    targets: Mapping[Reference, Reference], namespaces: Iterable[str]
) -> Iterator[dict[str, Any]]:
    """Policies for pods that are made, and for containers added to debug one, with their bindings.

    Only images of `targets`, by any of their spellings, and only pods in `namespaces` are changed.
    """
    known = {
        spelling: str(target)
        for origin, target in sorted(targets.items())
        for spelling in spellings(origin)
    }
    spaces = sorted(namespaces)
    for name, resource, operation, lists in (
        (_NAME, "pods", "CREATE", ("containers", "initContainers")),
        (f"{_NAME}-debug", "pods/ephemeralcontainers", "UPDATE", ("ephemeralContainers",)),
    ):
        yield _policy(name, _rule(resource, operation), known, lists)
        yield _binding(name, spaces)


def spellings(origin: Reference) -> tuple[str, ...]:
    """All texts that mean `origin` to a node: short names of Docker Hub, and `latest` left out."""
    names = [origin.name]
    if origin.host == DOCKER_HUB:
        repositories = [origin.repository]
        if origin.repository.startswith("library/"):
            repositories.append(origin.repository.removeprefix("library/"))
        names = [host + repository for host in _HUB_HOSTS for repository in repositories]
    tags = [f":{origin.tag}"] if origin.tag else []
    if origin.digest:
        ends = [f"{tag}@{origin.digest}" for tag in ("", *tags)]
    else:
        ends = ["", *tags] if origin.tag == "latest" else tags
    return tuple(sorted(name + end for name in names for end in ends))


def _rule(resource: str, operation: str) -> dict[str, Any]:
    return {
        "apiGroups": [""], "apiVersions": ["v1"], "operations": [operation],
        "resources": [resource], "scope": "Namespaced",
    }  # fmt: skip


def _policy(
    name: str, rule: dict[str, Any], known: Mapping[str, str], lists: tuple[str, ...]
) -> dict[str, Any]:
    return {
        "apiVersion": SERVED_AS[0],
        "kind": "MutatingAdmissionPolicy",
        "metadata": {"name": name},
        "spec": {
            # A pod that cannot be judged is made as it is: its image may be on the node already.
            "failurePolicy": "Ignore",
            "reinvocationPolicy": "IfNeeded",
            "matchConstraints": {"matchPolicy": "Equivalent", "resourceRules": [rule]},
            "variables": [{"name": "known", "expression": _cel(known)}],
            "mutations": [
                {
                    "patchType": "ApplyConfiguration",
                    "applyConfiguration": {"expression": _mutation(one)},
                }
                for one in lists
            ],
        },
    }


def _binding(name: str, namespaces: list[str]) -> dict[str, Any]:
    selector = {
        "matchExpressions": [
            {"key": "kubernetes.io/metadata.name", "operator": "In", "values": namespaces}
        ]
    }
    return {
        "apiVersion": SERVED_AS[0],
        "kind": "MutatingAdmissionPolicyBinding",
        "metadata": {"name": name},
        "spec": {"policyName": name, "matchResources": {"namespaceSelector": selector}},
    }


def _mutation(containers: str) -> str:
    """CEL that applies the known images to one of a pod's lists of containers."""
    return (
        f"has(object.spec.{containers}) && "
        f"object.spec.{containers}.exists(c, has(c.image) && c.image in variables.known) ? "
        f"Object{{spec: Object.spec{{{containers}: object.spec.{containers}"
        ".filter(c, has(c.image) && c.image in variables.known)"
        f".map(c, Object.spec.{containers}{{name: c.name, image: variables.known[c.image]}})}}}} : "
        "Object{}"
    )


def _cel(known: Mapping[str, str]) -> str:
    """A map as CEL writes it: JSON's texts are CEL's too."""
    return json.dumps(known, sort_keys=True)
