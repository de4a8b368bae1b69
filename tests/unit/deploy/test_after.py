"""What is looked at after a deployment."""

from __future__ import annotations

from typing import Any

import pytest

from cube_install.deploy.after.entry import entry_findings, entry_url
from cube_install.deploy.after.origins import origin_findings
from cube_install.deploy.deadline import Deadline
from cube_install.deploy.endpoints import called_services
from cube_install.harbor.finding import Severity
from cube_install.kubernetes.object_key import ObjectKey
from tests.support.cluster_bodies import REGISTRY, event, pod
from tests.support.made_stack import made
from tests.support.real_registry import free_port
from tests.support.web_page import answering


def running(image: str, name: str = "web-1", kind: str = "containers") -> dict[str, Any]:
    return pod(name, spec={kind: [{"name": "main", "image": image}]})


@pytest.mark.parametrize("kind", ["containers", "initContainers", "ephemeralContainers"])
def test_an_image_from_elsewhere_is_found(kind: str) -> None:
    (found,) = origin_findings([running("docker.io/library/x:1", kind=kind)], [], [], REGISTRY)
    assert (found.severity, "infra/web-1 runs docker.io/library/x:1" in found.what) == (
        Severity.ERROR,
        True,
    )


def test_a_pull_from_elsewhere_is_found() -> None:
    events = [
        event("Pulling", f'Pulling image "{REGISTRY}/x:1"'),
        event("Pulling", 'Pulling image "quay.io/x:1"'),
        event("Pulling", 'Pulling image "quay.io/other:1"', "of-others"),
    ]
    (found,) = origin_findings([running(f"{REGISTRY}/x:1")], [], events, REGISTRY)
    assert "asked another registry than harbor.example for quay.io/x:1" in found.what


def test_users_pods_are_a_warning() -> None:
    others = [running("python:3.9", "notebook-1"), running("python:3.9", "notebook-2")]
    (found,) = origin_findings([], others, [], REGISTRY)
    assert found.severity is Severity.WARNING
    assert found.what.startswith("2 images of pods that are none of the stack's")


def test_the_entry_is_where_the_site_says() -> None:
    assert entry_url({"entry.address": "10.0.0.1"}) == "http://10.0.0.1/"
    assert entry_url({"entry.address": "fd00::1", "entry.port": 8080}) == "http://[fd00::1]:8080/"
    assert entry_url({}) == ""


def test_an_entry_that_answers_is_well() -> None:
    with answering() as port:
        assert list(entry_findings(f"http://127.0.0.1:{port}/", Deadline(0))) == []


def test_an_entry_without_something_behind_it() -> None:
    with answering(503) as port:
        (found,) = entry_findings(f"http://127.0.0.1:{port}/", Deadline(0))
    assert "it answers with status 503" in found.what


def test_an_entry_that_is_not_there() -> None:
    (found,) = entry_findings(f"http://127.0.0.1:{free_port()}/", Deadline(0))
    assert "it cannot be connected to" in found.what


def test_who_waits_for_the_entry_is_told_once_why() -> None:
    url, notes = f"http://127.0.0.1:{free_port()}/", list[str]()
    assert list(entry_findings(url, Deadline(0.5), notes.append))
    (told,) = notes
    assert told.startswith(f"the entry {url} is asked again for up to ")
    assert told.endswith(" s: it cannot be connected to")


def test_services_that_the_api_server_calls() -> None:
    service = {"namespace": "infra", "name": "hook"}
    hooks = made(
        "admissionregistration.k8s.io/v1",
        "MutatingWebhookConfiguration",
        "hook",
        namespace="",
        webhooks=[{"clientConfig": {"service": service}}, {"clientConfig": {"url": "https://x"}}],
    )
    api = {"kind": "APIService", "spec": {"service": {"namespace": "kube-system", "name": "m"}}}
    found = called_services([hooks, api, {"kind": "APIService", "spec": {}}])
    assert found == (
        ObjectKey("", "Service", "infra", "hook"),
        ObjectKey("", "Service", "kube-system", "m"),
    )
