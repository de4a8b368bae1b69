"""All concerns together, and those that need few words."""

from __future__ import annotations

from typing import Any

from cube_install.deploy.reasons.diagnosis import diagnose
from cube_install.deploy.reasons.evidence import Evidence
from cube_install.deploy.reasons.missing import missing_reasons
from cube_install.deploy.reasons.probes import probe_reasons
from tests.support.cluster_bodies import Body, container, event, node, pod, waiting


def running(**status: Any) -> Body:  # noqa: ANN401
    return pod(phase="Running", containerStatuses=[container(state={"running": {}}, **status)])


def test_a_probe_that_fails() -> None:
    said = event("Unhealthy", "Readiness probe failed: HTTP probe failed with statuscode: 503")
    (found,) = probe_reasons(Evidence("infra", pods=(running(),), events=(said,)))
    assert "its readiness probe fails: HTTP probe failed with statuscode: 503" in found.what


def test_a_container_that_is_not_ready_yet() -> None:
    (found,) = probe_reasons(Evidence("infra", pods=(running(),)))
    assert "it runs, and is not ready yet" in found.what


def test_a_ready_container_is_no_reason() -> None:
    said = event("Unhealthy", "Readiness probe failed: …")
    evidence = Evidence("infra", pods=(running(ready=True),), events=(said,))
    assert list(probe_reasons(evidence)) == []


def test_what_is_absent_is_named_by_event_or_status() -> None:
    by_event = event("FailedMount", 'MountVolume.SetUp failed … : configmap "settings" not found')
    seen = waiting("CreateContainerConfigError", "couldn't find key password in Secret infra/db")
    found = missing_reasons(Evidence("infra", pods=(seen,), events=(by_event,)))
    assert [one.what for one in found] == [
        "ConfigMap infra/settings is not there",
        "Secret infra/db has no key password",
    ]


def test_pods_with_one_remedy_are_told_of_once() -> None:
    said = "0/1 nodes are available: 1 Too many pods."
    condition = {"type": "PodScheduled", "status": "False", "message": said}
    pods = tuple(
        pod(f"web-{number}", spec={"nodeName": ""}, conditions=[condition]) for number in range(5)
    )
    (found,) = diagnose(Evidence("infra", pods=pods, nodes=(node(),)))
    assert "web-0" in found.what


def test_nothing_strange_gives_no_reason() -> None:
    evidence = Evidence("infra", pods=(running(ready=True),), nodes=(node(),))
    assert diagnose(evidence) == ()
