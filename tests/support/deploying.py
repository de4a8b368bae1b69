"""Deploying small stacks as tests want it: at once, with all that was said."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from cube_airgap.registry.login import Login
from cube_airgap.stack_entries import Adopted, KeyRule
from cube_install.deploy.lease import KEY
from cube_install.deploy.record.record import Record
from cube_install.deploy.rollout import Rollout, RolloutOutcome
from cube_install.deploy.waiting import Pace
from cube_install.kubernetes.api import Call
from cube_install.kubernetes.object_key import ObjectKey
from tests.support.made_stack import made
from tests.support.noting_progress import NotingProgress

if TYPE_CHECKING:
    from pathlib import Path

    from cube_install.kubernetes.cluster import Cluster
    from cube_install.stack.rendered import RenderedStack
    from tests.support.made_stack import SmallSite

LOGIN = Login("a test", "robot$pull", "pull-password")
PACE = Pace(look=0.01, first_word=0.3, next_word=30)
_LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
_TIME = "2026-01-01T00:00:00Z"
OTHER = "bob@elsewhere (process 7)"
# What the API server and its controllers count by themselves.
_COUNTED = ("resourceVersion", "uid", "generation", "creationTimestamp", "managedFields")


@dataclass
class Lab:
    """A cluster, how it is reached, the names of what goes there, and what was said."""

    cluster: Cluster
    kubeconfig: Path
    site: SmallSite
    progress: NotingProgress = field(default_factory=NotingProgress)

    def deploy(self, stack: RenderedStack, login: Login | None = LOGIN) -> RolloutOutcome:
        """Deploy it, whatever comes of it."""
        return Rollout(self.cluster, stack, self.progress, PACE).run(login)

    def deployed(self, stack: RenderedStack) -> RolloutOutcome:
        """Deploy it, and see that all of it came up."""
        outcome = self.deploy(stack)
        assert outcome.errors == ()
        return outcome

    @property
    def record(self) -> Record:
        return Record.read(self.cluster)

    def body(self, key: ObjectKey) -> dict[str, Any]:
        """An object that is there."""
        found = self.cluster.get(key)
        assert found is not None, f"{key} is not there"
        return found

    def make_by_hand(self, body: dict[str, Any]) -> None:
        """Make an object as kubectl apply does, on the client's side."""
        metadata = {
            **body["metadata"],
            "labels": None,
            "annotations": {_LAST_APPLIED: json.dumps(body)},
        }
        raw = json.dumps({**body, "metadata": metadata}).encode()
        self._as_other("POST", body, "kubectl-client-side-apply", raw)

    def edit(self, key: ObjectKey, patch: dict[str, Any]) -> None:
        """Change an object as another field manager."""
        body = self.body(key)
        self._as_other("PATCH", body, "somebody", json.dumps(patch).encode())

    def fail_job(self, key: ObjectKey) -> None:
        """Say of a Job that it failed, as its controller does."""
        begun = self.body(key).get("status", {}).get("startTime", _TIME)
        conditions = [
            {"type": kind, "status": "True", "reason": "Deadline", "lastTransitionTime": _TIME}
            for kind in ("FailureTarget", "Failed")
        ]
        status = {"startTime": begun, "conditions": conditions}
        self.cluster.patch(key, {"status": status}, subresource="status")

    def adopting(self, stack: RenderedStack) -> RenderedStack:
        """The stack, with a password that is taken over from the workload mysql."""
        adopted = Adopted("Deployment", self.site.place, "mysql", "MYSQL_ROOT_PASSWORD")
        (one,) = stack.secrets
        keys = {**one.keys, "password": KeyRule(length=24, adopted=adopted)}
        return replace(stack, secrets=(replace(one, keys=keys),))

    def _as_other(self, method: str, body: dict[str, Any], manager: str, raw: bytes) -> None:
        kind = self.cluster.kind(body["apiVersion"], body["kind"])
        assert kind is not None
        metadata = body["metadata"]
        path = kind.path(metadata["namespace"], "" if method == "POST" else metadata["name"])
        content = "application/json" if method == "POST" else "application/merge-patch+json"
        call = Call(method, path, "be another", {"fieldManager": manager}, raw, content)
        self.cluster.api.ask(call)

    def versions(self, stack: RenderedStack) -> dict[ObjectKey, str]:
        """The resourceVersion of each object of the stack, and of the secrets that it makes."""
        keys = [one.key for part in stack.components for one in part.objects]
        keys += [
            ObjectKey("", "Secret", place, name)
            for place in stack.namespaces
            for name in (stack.pull_secret, *(one.name for one in stack.secrets))
        ]
        found = {key: self.cluster.get(key) for key in keys}
        return {key: one["metadata"]["resourceVersion"] for key, one in found.items() if one}


def others_lease() -> dict[str, Any]:
    """The lease of a run on another machine, that lasts a second."""
    at = _TIME.replace("Z", ".000000Z")
    spec = {"holderIdentity": OTHER, "leaseDurationSeconds": 1, "acquireTime": at, "renewTime": at}
    return made("coordination.k8s.io/v1", "Lease", KEY.name, namespace=KEY.namespace, spec=spec)


def meant(body: dict[str, Any]) -> dict[str, Any]:
    """An object without what is counted and observed."""
    metadata = {key: one for key, one in body["metadata"].items() if key not in _COUNTED}
    return {key: one for key, one in body.items() if key != "status"} | {"metadata": metadata}
