"""What of a cluster starts nothing now and may do so later: custom resources, kept revisions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cube_airgap.digest import Digest
from cube_install.deploy.record.record import NAMESPACE, Record
from cube_install.stack.rendered import RenderedComponent, RenderedObject, RenderedStack
from tests.support.kubernetes.objects import definition, deployment, named, pod_template

if TYPE_CHECKING:
    from tests.support.kubernetes.double import KubernetesDouble

_GROUP = "argoproj.io"


def put_cron_workflow(kube: KubernetesDouble, image: str) -> None:
    """Define CronWorkflow, and make pipeline/nightly, which names `image`."""
    body = definition(_GROUP)
    body["metadata"]["name"] = f"cronworkflows.{_GROUP}"
    body["spec"]["names"] = {"kind": "CronWorkflow", "plural": "cronworkflows"}
    kube.put(named("v1/Namespace", "pipeline"))
    kube.put(body)
    cluster = kube.connect()
    while cluster.kind(f"{_GROUP}/v1", "CronWorkflow") is None:
        pass  # the double counts time in requests
    template = {"name": "main", "container": {"image": image}}
    spec = {"schedule": "0 3 * * *", "workflowSpec": {"templates": [template]}}
    kube.put(named(f"{_GROUP}/v1/CronWorkflow", "nightly", "pipeline", spec=spec))


def put_revisions(kube: KubernetesDouble, *images: str) -> None:
    """Record a revision for each image, with a Deployment that names it; none is applied."""
    kube.put(named("v1/Namespace", NAMESPACE))
    record = Record.read(kube.connect())
    for number, image in enumerate(images):
        body = deployment("web", "default", template=pod_template(image))
        part = RenderedComponent("web", "", (RenderedObject(body, "web.yaml"),))
        bundle = Digest.of(str(number).encode())
        record.begin(RenderedStack("cube", "1", bundle, "h.example/p", (part,)))
