"""Why pods cannot be made."""

from __future__ import annotations

from typing import NamedTuple

import pytest

from cube_install.deploy.reasons.admission import admission_reasons
from cube_install.deploy.reasons.evidence import Evidence
from tests.support.cluster_bodies import event


class Said(NamedTuple):
    """What is said, and parts of the reason and remedy that are read from it."""

    said: str
    what: str
    remedy: str


SAID = {
    "quota": Said(
        'Error creating: pods "web-1" is forbidden: exceeded quota: compute, requested: '
        "requests.cpu=2, used: requests.cpu=3, limited: requests.cpu=4",
        "quota compute of namespace infra is used up: requests.cpu=2 more",
        "edit resourcequota compute",
    ),
    "quota of several": Said(
        'pods "web-1" is forbidden: exceeded quota: compute, requested: limits.cpu=2,limits.memory='
        "4Gi, used: limits.cpu=3,limits.memory=1Gi, limited: limits.cpu=4,limits.memory=2Gi",
        "limits.cpu=2,limits.memory=4Gi more",
        "edit resourcequota compute",
    ),
    "quota unsaid": Said(
        'pods "web-1" is forbidden: failed quota: compute: must specify limits.cpu for: main',
        "wants every pod to say limits.cpu for: main",
        "LimitRange",
    ),
    "limit range": Said(
        'pods "web-1" is forbidden: maximum cpu usage per Container is 1, but limit is 2',
        "a LimitRange of namespace infra refuses",
        "edit limitrange",
    ),
    "webhook down": Said(
        'failed calling webhook "sidecar.istio.io": failed to call webhook:'
        " Post …: no endpoints available for service",
        "webhook sidecar.istio.io does not answer",
        "workload behind it",
    ),
    "webhook refuses": Said(
        'admission webhook "policy.example" denied the request: no root please',
        "webhook policy.example refuses pods in infra: no root please",
        "allow the stack's pods",
    ),
    "PodSecurity": Said(
        'pods "web-1" is forbidden: violates PodSecurity "restricted:latest": privileged (…)',
        "namespace infra is under PodSecurity restricted:latest: privileged",
        "pod-security.kubernetes.io/enforce=privileged",
    ),
    "account": Said(
        'pods "w" is forbidden: error looking up service account infra/web: serviceaccount "web"'
        " not found",
        "ServiceAccount infra/web is not there",
        "cube-install deploy",
    ),
    "priority": Said(
        'pods "web-1" is forbidden: no PriorityClass with name high was found',
        "PriorityClass high is not there",
        "cube-install deploy",
    ),
    "other": Said(
        "the moon is full",
        "pods cannot be made in infra: the moon is full",
        "kubectl get ev",
    ),
}


@pytest.mark.parametrize("case", SAID)
def test_what_the_api_server_says(case: str) -> None:
    said, what, remedy = SAID[case]
    events = (event("FailedCreate", said, "web-5c9", "ReplicaSet"),)
    (found,) = admission_reasons(Evidence("infra", makers=("web", "web-5c9"), events=events))
    assert what in found.what
    assert remedy in found.remedy


def test_events_of_others_do_not_count() -> None:
    events = (event("FailedCreate", "x", "other-5c9", "ReplicaSet"),)
    assert list(admission_reasons(Evidence("infra", makers=("web",), events=events))) == []
