"""What of a cluster is looked at, and what is told of the rest."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cube_airgap.progress import Silent
from cube_install.deploy.record.record import NAMESPACE
from cube_install.kubernetes.object_key import ObjectKey
from cube_install.prune.cluster_texts import read_cluster, read_revisions
from cube_install.prune.mentions import Mentions
from tests.support.kubernetes import faults
from tests.support.kubernetes.later_starts import put_cron_workflow, put_revisions
from tests.support.kubernetes.objects import (
    config_map,
    deployment,
    job,
    named,
    pod_template,
)

if TYPE_CHECKING:
    from cube_airgap.errors import AirgapError
    from tests.support.kubernetes.answers import Answer
    from tests.support.kubernetes.double import KubernetesDouble
    from tests.support.kubernetes.json_types import Body

IMAGE = "h.example/p/app:1"


def look(kube: KubernetesDouble, *skipped: str) -> tuple[str | None, tuple[AirgapError, ...]]:
    mentions = Mentions(frozenset([IMAGE]))
    unseen = read_cluster(kube.connect(), mentions, skipped, 3, Silent())
    return mentions.of([IMAGE]), unseen


def test_a_custom_resource_that_starts_something_later_is_seen(kube: KubernetesDouble) -> None:
    put_cron_workflow(kube, IMAGE)

    assert look(kube) == ("CronWorkflow.argoproj.io pipeline/nightly", ())


@pytest.mark.parametrize(
    "body",
    [
        deployment("web", "default", template=pod_template(IMAGE), replicas=0),
        named("v1/PodTemplate", "web", "default", template=pod_template(IMAGE)),
        named("v1/ReplicationController", "web", "default", spec={"template": pod_template(IMAGE)}),
        config_map("web", "default", script=f"first:1\n{IMAGE}\n"),
    ],
)
def test_what_may_start_something_and_configuration_is_seen(
    kube: KubernetesDouble, body: Body
) -> None:
    kube.put(body)

    where, unseen = look(kube)

    assert (where, unseen) == (str(ObjectKey.of(body)), ())


def test_what_ended_is_not_looked_into(kube: KubernetesDouble) -> None:
    kube.put(job("once", "default", IMAGE))
    kube.set_status(
        "Job.batch", "once", "default", {"conditions": [{"type": "Complete", "status": "True"}]}
    )
    for pod in kube.all("Pod"):
        kube.remove("Pod", pod["metadata"]["name"], "default")

    assert look(kube) == (None, ())


def test_secrets_events_and_leases_are_never_asked_for(kube: KubernetesDouble) -> None:
    put_cron_workflow(kube, IMAGE)
    kube.asked.clear()

    look(kube)

    listed = {one.target.partition("?")[0].rpartition("/")[2] for one in kube.asked}
    assert not listed & {"secrets", "events", "leases", "endpointslices"}
    assert "cronworkflows" in listed


def test_kinds_that_may_not_be_listed_are_told_all_at_once(kube: KubernetesDouble) -> None:
    put_cron_workflow(kube, IMAGE)
    kube.withhold("list", "cronworkflows.argoproj.io")
    kube.withhold("list", "pods")

    _, (error,) = look(kube)

    assert "list cronworkflows.argoproj.io, pods," in error.what
    assert "--skip-kind" in error.remedy


def test_kinds_that_are_left_out_are_not_asked_for(kube: KubernetesDouble) -> None:
    put_cron_workflow(kube, IMAGE)
    kube.withhold("list", "cronworkflows.argoproj.io")

    assert look(kube, "*.argoproj.io") == (None, ())


def test_a_kind_whose_objects_the_server_cannot_give_is_told(kube: KubernetesDouble) -> None:
    """As where a webhook that converts them is away."""
    put_cron_workflow(kube, IMAGE)
    kube.faults.plan(r"GET .*/cronworkflows", faults.internal("conversion webhook failed"))

    _, (error,) = look(kube)

    assert "cronworkflows.argoproj.io names is not known" in error.what
    assert "--skip-kind 'cronworkflows.argoproj.io'" in error.remedy


@pytest.mark.parametrize("answer", [faults.not_served(), faults.internal("away")])
def test_a_group_that_does_not_tell_its_kinds_is_told(
    kube: KubernetesDouble, answer: Answer
) -> None:
    """As where what is behind an APIService is down."""
    put_cron_workflow(kube, IMAGE)
    kube.faults.plan(r"GET /apis/argoproj.io/v1$", answer, times=10**6)

    _, (error,) = look(kube)

    assert "which images *.argoproj.io names is not known" in error.what
    assert "--skip-kind '*.argoproj.io'" in error.remedy


def test_a_group_that_does_not_tell_its_kinds_can_be_left_out(kube: KubernetesDouble) -> None:
    put_cron_workflow(kube, IMAGE)
    kube.faults.plan(r"GET /apis/argoproj.io/v1$", faults.not_served(), times=10**6)

    assert look(kube, "*.argoproj.io") == (None, ())


def revisions(
    kube: KubernetesDouble, count: int | None = None
) -> tuple[str | None, tuple[AirgapError, ...]]:
    mentions = Mentions(frozenset([IMAGE]))
    unread = read_revisions(kube.connect(), mentions, count)
    return mentions.of([IMAGE]), unread


def test_what_a_rollback_can_go_back_to_is_seen(kube: KubernetesDouble) -> None:
    put_revisions(kube, IMAGE, "h.example/p/app:2")

    assert revisions(kube) == ("revision 1, kept for a rollback,", ())


def test_older_revisions_can_be_left_out(kube: KubernetesDouble) -> None:
    put_revisions(kube, "h.example/p/app:0", IMAGE, "h.example/p/app:2")

    assert revisions(kube, 2) == ("revision 2, kept for a rollback,", ())
    assert revisions(kube, 1) == (None, ())


def test_a_cluster_without_a_record_has_no_revisions(kube: KubernetesDouble) -> None:
    assert revisions(kube) == (None, ())


def test_a_damaged_revision_cannot_come_back_and_needs_nothing(kube: KubernetesDouble) -> None:
    put_revisions(kube, IMAGE, "h.example/p/app:2")
    kube.remove("Secret", "revision-0001-0", NAMESPACE)

    assert revisions(kube) == (None, ())


def test_revisions_that_may_not_be_read_are_told(kube: KubernetesDouble) -> None:
    put_revisions(kube, IMAGE)
    kube.withhold("get", "secrets")

    _, (error,) = revisions(kube)

    assert "get secrets" in error.what
