"""Pods of the stack ask for what they need, tell whether they are well, and may do no more."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cube_airgap.reference import Reference
from cube_bundle.image_list import read_list, shipped_lists
from tests.support.stack_objects import PodTemplate, pod_templates, product_stack, stack_objects

if TYPE_CHECKING:
    from collections.abc import Iterator

_PRIVILEGED: dict[tuple[str, str], str] = {}
"""Workload and container that may be privileged, and why."""

_WITHOUT_PROBES = {
    "nvidia-device-plugin-daemonset": "it has nothing to ask; the kubelet sees its socket",
    "frameworkcontroller": "it has nothing to ask",
    "kube-batch": "it has nothing to ask",
    "kubeflow-watch": "it has nothing to ask; each of its containers ends by itself twice a day",
}
_MOVING_TAGS = {
    "ccr.ccs.tencentyun.com/cube-studio/kubeflow-dashboard:latest",
    "ccr.ccs.tencentyun.com/cube-studio/kubeflow-dashboard-frontend:latest",
    "frameworkcontroller/frameworkcontroller:latest",
    "mpioperator/kubectl-delivery:latest",
}
"""Released so by their makers; a bundle pins the digest that it was built with."""
_SECRET_WORDS = (
    "password",
    "passwd",
    "secret_key",
    "secretkey",
    "token",
    "accesskey",
    "access_key",
)
_HARMLESS = {"true", "false", ""}
_RUNS_ON = ("Deployment", "StatefulSet", "DaemonSet")


def _containers() -> Iterator[tuple[PodTemplate, dict[str, Any]]]:
    for pod in pod_templates():
        for container in pod.containers:
            yield pod, container


def _told(pod: PodTemplate, container: dict[str, Any]) -> str:
    return f"{pod.owner} container {container['name']}"


def _images() -> Iterator[tuple[str, str]]:
    """Each image of a container or of a custom resource's spec, with its place."""
    for pod, container in _containers():
        yield _told(pod, container), container["image"]
    for one in stack_objects():
        if one.kind in ("Prometheus", "Alertmanager"):
            yield str(one), one.spec["image"]
            for container in one.spec.get("initContainers", ()):
                yield str(one), container["image"]


def test_only_what_has_to_be_is_privileged() -> None:
    privileged = {
        (pod.owner.name, container["name"])
        for pod, container in _containers()
        if (container.get("securityContext") or {}).get("privileged")
    }

    assert privileged == set(_PRIVILEGED)


def test_no_container_can_become_more_than_it_started_as() -> None:
    """Those with a capability of the kernel's administration already are."""
    open_ones = [
        _told(pod, container)
        for pod, container in _containers()
        if (container.get("securityContext") or {}).get("allowPrivilegeEscalation") is not False
    ]

    assert open_ones == []


def test_every_container_tells_the_scheduler_what_it_needs() -> None:
    silent = [
        _told(pod, container)
        for pod, container in _containers()
        if not {"cpu", "memory"} <= set(container.get("resources", {}).get("requests", ()))
    ]

    assert silent == []


def test_what_keeps_running_tells_whether_it_is_well() -> None:
    silent = [
        _told(pod, container)
        for pod in pod_templates()
        if pod.owner.kind in _RUNS_ON and pod.owner.name not in _WITHOUT_PROBES
        for container in pod.spec["containers"]
        if "readinessProbe" not in container and "livenessProbe" not in container
    ]

    assert silent == []


def test_probes_that_take_time_to_answer_are_not_given_up_at_once() -> None:
    """Killing a container that was never ready in its first seconds starts it over for ever."""
    hasty = [
        _told(pod, container)
        for pod, container in _containers()
        if "livenessProbe" in container
        and "readinessProbe" not in container
        and "startupProbe" not in container
        and not container["livenessProbe"].get("initialDelaySeconds")
    ]

    assert hasty == []


def test_no_image_is_asked_for_anew_at_every_start() -> None:
    asking = [
        _told(pod, container)
        for pod, container in _containers()
        if container.get("imagePullPolicy", "IfNotPresent") != "IfNotPresent"
    ]

    assert asking == []


def _tag(image: str) -> str:
    return image.rpartition("/")[2].partition(":")[2]


def test_images_have_fixed_tags() -> None:
    moving = [
        f"{place}: {image}"
        for place, image in _images()
        if image not in _MOVING_TAGS and _tag(image) in ("", "latest")
    ]

    assert moving == []


def test_every_image_is_in_the_image_lists_by_the_same_text() -> None:
    listed = {
        image.origin.text for profile in shipped_lists() for image in read_list(profile).images
    }

    assert sorted(f"{place}: {image}" for place, image in _images() if image not in listed) == []


def test_images_are_named_by_their_origin() -> None:
    for place, image in _images():
        assert Reference.parse(image).familiar == image, place


def test_no_password_stands_in_a_manifest() -> None:
    written = [
        f"{_told(pod, container)}: {variable['name']}"
        for pod, container in _containers()
        for variable in container.get("env", ())
        if any(word in variable["name"].lower() for word in _SECRET_WORDS)
        and variable.get("value", "").lower() not in _HARMLESS
        and "$(" not in variable["value"]
    ]

    assert written == []


def test_no_secret_is_written_into_the_manifests() -> None:
    """They are made at the site; stack.yaml tells how."""
    filled = [
        str(one)
        for one in stack_objects()
        if one.kind == "Secret" and (one.body.get("data") or one.body.get("stringData"))
    ]

    assert filled == []


def test_every_password_of_the_stack_is_generated() -> None:
    fixed = [
        f"{secret.name}.{key}"
        for secret in product_stack().secrets
        for key, rule in secret.keys.items()
        if rule.text and any(word in key.lower() for word in ("pass", "secret", "token", "key"))
        if key != "accesskey"
    ]

    assert fixed == []
