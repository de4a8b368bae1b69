"""Which objects of a cluster neither run nor will: they came to their end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cube_install.deploy.body import Body, condition, number, part, parts, text
from cube_install.kubernetes.object_key import ObjectKey

if TYPE_CHECKING:
    from collections.abc import Callable

_TRAINING = ("TFJob", "PyTorchJob", "MPIJob", "MXJob", "XGBoostJob", "PaddleJob")


def is_over(body: Body) -> bool:
    """Whether an object of a kind that is known here has ended, and is not started again by itself.

    Of any other kind nothing is known, so its objects never are.
    """
    key = ObjectKey.of(body)
    has_ended = _ENDS.get((key.group, key.kind))
    return has_ended is not None and has_ended(body)


def _in_phase(*path: str, phases: set[str]) -> Callable[[Body], bool]:
    return lambda body: text(body, "status", *path) in phases


def _under(*conditions: str) -> Callable[[Body], bool]:
    return lambda body: any(text(condition(body, one), "status") == "True" for one in conditions)


def _is_old_replica_set(body: Body) -> bool:
    """What a Deployment leaves of an earlier version; one of nobody's is scaled by people."""
    return number(body, "spec", "replicas", default=1) == 0 and bool(
        parts(part(body, "metadata"), "ownerReferences")
    )


_ENDS: dict[tuple[str, str], Callable[[Body], bool]] = {
    ("", "Pod"): _in_phase("phase", phases={"Succeeded", "Failed"}),
    ("apps", "ReplicaSet"): _is_old_replica_set,
    ("batch", "Job"): _under("Complete", "Failed"),
    # argoproj/argo-workflows, pkg/apis/workflow/v1alpha1, WorkflowPhase
    ("argoproj.io", "Workflow"): _in_phase("phase", phases={"Succeeded", "Failed", "Error"}),
    # volcano-sh/apis, batch/v1alpha1, JobPhase; one that was aborted can be resumed
    ("batch.volcano.sh", "Job"): _in_phase(
        "state", "phase", phases={"Completed", "Failed", "Terminated"}
    ),
    # microsoft/frameworkcontroller, FrameworkState
    ("frameworkcontroller.microsoft.com", "Framework"): _in_phase("state", phases={"Completed"}),
    # kubeflow/training-operator, JobConditionType
    **{("kubeflow.org", kind): _under("Succeeded", "Failed") for kind in _TRAINING},
}
