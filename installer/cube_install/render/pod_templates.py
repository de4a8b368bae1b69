"""Pod templates: where objects have them, and what rendering puts into them."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

CONFIG_ANNOTATION = "cube-airgap/config"
_WITH_TEMPLATE = {
    "Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "ReplicationController", "Job",
}  # fmt: skip
# Operators make pods of these, and take the pull secret from the object's own specification.
_TAKES_PULL_SECRETS = {"Prometheus", "Alertmanager", "ThanosRuler"}

ConfigMaps = dict[tuple[str, str], str]
"""The hash of each ConfigMap's content by namespace and name."""


def pod_template(body: Mapping[str, Any]) -> dict[str, Any] | None:
    """What has `metadata` and `spec` of the pods that the object `body` makes, if it makes some."""
    spec = body.get("spec")
    if body["kind"] == "Pod":
        return body if isinstance(body, dict) else None
    if body["kind"] == "CronJob" and isinstance(spec, dict):
        spec = (spec.get("jobTemplate") or {}).get("spec")
    elif body["kind"] not in _WITH_TEMPLATE:
        return None
    template = spec.get("template") if isinstance(spec, dict) else None
    return (
        template if isinstance(template, dict) and isinstance(template.get("spec"), dict) else None
    )


def add_pull_secret(body: dict[str, Any], name: str) -> None:
    """Let the pods of `body` pull with the secret `name`, unless it says with which."""
    template = pod_template(body)
    if template is not None:
        template["spec"].setdefault("imagePullSecrets", [{"name": name}])
    elif body["kind"] in _TAKES_PULL_SECRETS and isinstance(body.get("spec"), dict):
        body["spec"].setdefault("imagePullSecrets", [{"name": name}])


def content_hash(config_map: Mapping[str, Any]) -> str:
    """A short hash of what a ConfigMap holds."""
    content = [config_map.get("data"), config_map.get("binaryData")]
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:16]


def add_config_hash(body: dict[str, Any], config_maps: ConfigMaps) -> None:
    """Note in the pod template of `body` what its ConfigMaps hold, so that changes restart it."""
    template = pod_template(body)
    if template is None or body["kind"] == "Pod":
        return
    namespace = body["metadata"].get("namespace", "")
    names = sorted(set(_used(template["spec"])))
    known = [
        (name, config_maps[namespace, name]) for name in names if (namespace, name) in config_maps
    ]
    if known:
        digest = hashlib.sha256(json.dumps(known).encode()).hexdigest()[:16]
        metadata = template.setdefault("metadata", {})
        metadata["annotations"] = {**(metadata.get("annotations") or {}), CONFIG_ANNOTATION: digest}


def _used(spec: Mapping[str, Any]) -> Iterator[str]:
    """The names of the ConfigMaps that a pod mounts or reads variables from."""
    for volume in spec.get("volumes") or ():
        sources = [volume, *((volume.get("projected") or {}).get("sources") or ())]
        yield from _named(sources, "configMap")
    for kind in ("containers", "initContainers"):
        for container in spec.get(kind) or ():
            yield from _named(container.get("envFrom") or (), "configMapRef")
            values = [one.get("valueFrom") or {} for one in container.get("env") or ()]
            yield from _named(values, "configMapKeyRef")


def _named(holders: Any, key: str) -> Iterator[str]:  # noqa: ANN401 - parts of an object
    for one in holders:
        name = (one.get(key) or {}).get("name")
        if isinstance(name, str):
            yield name
