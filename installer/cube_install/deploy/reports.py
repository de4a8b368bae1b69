"""What Jobs of the stack say for people: those with a label that asks for it are quoted."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from cube_airgap.errors import AirgapError
from cube_install.deploy.body import labels, text
from cube_install.deploy.gathering import pods_of
from cube_install.deploy.secrets.hiding import without_secrets

if TYPE_CHECKING:
    from cube_airgap.progress import Progress
    from cube_install.deploy.gathering import Inquiry
    from cube_install.stack.rendered import RenderedObject

LABEL = "cube-airgap/report"
_LINES = 200


def is_reporting(one: RenderedObject) -> bool:
    """Whether what a Job wrote is to be shown once it is done."""
    return one.key.kind == "Job" and labels(one.body).get(LABEL) == "true"


def tell_report(one: RenderedObject, inquiry: Inquiry, progress: Progress) -> None:
    """Quote the log of a Job's last pod; where it is gone, nothing is said."""
    sightings = inquiry.sightings
    with suppress(AirgapError):
        body = sightings.find(one.key)
        pods = pods_of(one.key, body, sightings)[1] if body else []
        done = [pod for pod in pods if text(pod, "status", "phase") == "Succeeded"]
        for pod in done[-1:]:
            name = text(pod, "metadata", "name")
            containers = pod["spec"]["containers"]
            said = sightings.cluster.logs(
                one.key.namespace, name, containers[0]["name"], lines=_LINES
            )
            for line in without_secrets(said, inquiry.hidden).strip().splitlines():
                progress.note(f"{one.key.name}: {line}")
