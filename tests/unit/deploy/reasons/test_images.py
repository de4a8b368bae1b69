"""Why a node does not get an image."""

from __future__ import annotations

from typing import NamedTuple

import pytest

from cube_install.deploy.reasons.evidence import Evidence
from cube_install.deploy.reasons.images import image_reasons
from tests.support.cluster_bodies import REGISTRY, event, pod, waiting

IMAGE = f"{REGISTRY}/cube-studio/web:1"
BACK_OFF = f'Back-off pulling image "{IMAGE}"'


# As the container runtimes say it.
class Said(NamedTuple):
    """What is said, and parts of the reason and remedy that are read from it."""

    said: str
    what: str
    remedy: str


SAID = {
    "containerd, absent": Said(
        f'Failed to pull image "{IMAGE}": rpc error: code = NotFound desc = failed to pull and '
        f'unpack image "{IMAGE}": failed to resolve reference "{IMAGE}": {IMAGE}: not found',
        "does not have it",
        "push the bundle again",
    ),
    "Docker, absent": Said(
        f'Failed to pull image "{IMAGE}": Error response from daemon: manifest for {IMAGE} not '
        "found: manifest unknown",
        "does not have it",
        "push the bundle again",
    ),
    "Harbor, robot refused": Said(
        f'Failed to pull image "{IMAGE}": failed to authorize: failed to fetch anonymous token: '
        "unexpected status: 401 Unauthorized",
        "refuses the pull secret",
        "cube-install robots",
    ),
    "Docker, private project": Said(
        f'Failed to pull image "{IMAGE}": Error response from daemon: unauthorized to access '
        "repository: cube-studio/web, action: pull",
        "refuses the pull secret",
        "--pull-secret FILE",
    ),
    "own CA": Said(
        f'Failed to pull image "{IMAGE}": failed to do request: Head "https://{REGISTRY}/v2/'
        'cube-studio/web/manifests/1": tls: failed to verify certificate: x509: certificate signed '
        "by unknown authority",
        "does not trust the certificate",
        f"/etc/containerd/certs.d/{REGISTRY}/hosts.toml",
    ),
    "plain HTTP": Said(
        f'Failed to pull image "{IMAGE}": http: server gave HTTP response to HTTPS client',
        "speaks plain HTTP",
        "insecure registry",
    ),
    "no DNS": Said(
        f'Failed to pull image "{IMAGE}": dial tcp: lookup {REGISTRY} on 10.0.0.1: no such host',
        "cannot resolve the name",
        "/etc/hosts",
    ),
    "no way": Said(
        f'Failed to pull image "{IMAGE}": dial tcp 10.1.1.1:443: connect: connection refused',
        "cannot reach",
        "firewalls",
    ),
    "architecture": Said(
        f'Failed to pull image "{IMAGE}": no match for platform in manifest: not found',
        "no form for the node's architecture",
        "--platform",
    ),
    "disk": Said(
        f'Failed to pull image "{IMAGE}": write /var/lib/containerd/x: no space left on device',
        "the node's disk is full",
        "make room",
    ),
}


@pytest.mark.parametrize("case", SAID)
def test_the_cause_is_read_from_what_the_runtime_says(case: str) -> None:
    said, what, remedy = SAID[case]
    evidence = Evidence(
        "infra",
        REGISTRY,
        pods=(waiting("ImagePullBackOff", BACK_OFF),),
        events=(event("Failed", "Error: ImagePullBackOff"), event("Failed", said)),
    )
    (found,) = image_reasons(evidence)
    assert f"pod web-1 does not get image {IMAGE}: " in found.what
    assert what in found.what
    assert remedy in found.remedy


def test_an_image_of_another_registry_is_told_of_as_such() -> None:
    seen = waiting("ErrImagePull", "dial tcp: i/o timeout", "docker.io/library/busybox:1")
    (found,) = image_reasons(Evidence("infra", REGISTRY, pods=(seen,)))
    assert f"not in the site's registry {REGISTRY}" in found.what
    assert "mirror of docker.io" in found.remedy


def test_a_name_that_is_none() -> None:
    (found,) = image_reasons(Evidence("infra", pods=(waiting("InvalidImageName"),)))
    assert "no name of an image" in found.what


def test_what_is_not_known_is_quoted() -> None:
    seen = waiting("ErrImagePull", "the moon is full")
    (found,) = image_reasons(Evidence("infra", REGISTRY, pods=(seen,)))
    assert found.what.endswith("the moon is full")


def test_the_image_of_the_sandbox_is_named() -> None:
    said = (
        "Failed to create pod sandbox: rpc error: desc = failed to get sandbox image "
        '"registry.k8s.io/pause:3.8": failed to pull image "registry.k8s.io/pause:3.8": i/o timeout'
    )
    evidence = Evidence(
        "infra", REGISTRY, pods=(pod(),), events=(event("FailedCreatePodSandBox", said),)
    )
    (found,) = image_reasons(evidence)
    assert "registry.k8s.io/pause:3.8" in found.what
    assert "sandbox_image" in found.remedy


def test_a_container_that_runs_is_no_reason() -> None:
    assert list(image_reasons(Evidence("infra", pods=(waiting("ContainerCreating"),)))) == []
