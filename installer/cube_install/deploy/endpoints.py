"""Services that the API server itself calls: behind webhooks and aggregated APIs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cube_install.deploy.body import Body, part, parts, text
from cube_install.kubernetes.object_key import ObjectKey

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cube_install.deploy.sightings import Sightings

_NAME_LABEL = "kubernetes.io/service-name"


def called_services(bodies: Iterable[Body]) -> tuple[ObjectKey, ...]:
    """The Services that webhook configurations and APIServices among `bodies` name."""
    found = []
    for body in bodies:
        configs = [part(one, "clientConfig") for one in parts(body, "webhooks")]
        if body.get("kind") == "APIService":
            configs.append(part(body, "spec"))
        found += [service for one in configs if (service := part(one, "service"))]
    keys = (ObjectKey("", "Service", text(one, "namespace"), text(one, "name")) for one in found)
    return tuple(dict.fromkeys(keys))


def has_endpoints(service: ObjectKey, sightings: Sightings) -> bool:
    """Whether a pod that is ready stands behind a Service. Raises AirgapError.

    EndpointSlice is there from 1.21 on; Endpoints is older, and told against from 1.33 on.
    """
    if sightings.cluster.version >= (1, 21):
        slices = sightings.list("discovery.k8s.io", "EndpointSlice", service.namespace)
        return any(
            _is_ready(one)
            for each in slices
            if text(each, "metadata", "labels", _NAME_LABEL) == service.name
            for one in parts(each, "endpoints")
        )
    found = sightings.find(ObjectKey("", "Endpoints", service.namespace, service.name)) or {}
    return any(parts(one, "addresses") for one in parts(found, "subsets"))


def _is_ready(endpoint: Body) -> bool:
    """Nothing said means ready: Kubernetes, EndpointConditions."""
    return part(endpoint, "conditions").get("ready") is not False
