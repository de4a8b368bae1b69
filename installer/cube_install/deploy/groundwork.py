"""What all components stand on: namespaces, secrets, and the secret that nodes pull with."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from cube_airgap.each import each
from cube_airgap.errors import ClusterError
from cube_install.deploy.body import text
from cube_install.deploy.deadline import Deadline
from cube_install.deploy.phases import Phase, phase_of
from cube_install.deploy.prerequisites.namespaces import holding
from cube_install.deploy.secrets.pull_secret import has_type, pull_secret, refreshed
from cube_install.kubernetes.object_key import ObjectKey

if TYPE_CHECKING:
    import threading

    from cube_airgap.progress import Progress
    from cube_airgap.registry.login import Login
    from cube_install.deploy.applying import Applier
    from cube_install.deploy.secrets.making import SecretMaker
    from cube_install.kubernetes.cluster import Cluster
    from cube_install.stack.rendered import RenderedObject, RenderedStack

_JOBS = 8
_LOOK = 1.0


@dataclass(frozen=True)
class Groundwork:
    """Lays it. `login` is what nodes pull with; None lets them ask as nobody."""

    cluster: Cluster
    applier: Applier
    progress: Progress
    stop: threading.Event

    def lay(self, stack: RenderedStack, login: Login | None, secrets: SecretMaker) -> None:
        """See that all of it is there. Raises AirgapError."""
        namespaces = [
            (one, component.deadline)
            for component in stack.components
            for one in component.objects
            if phase_of(one.key) is Phase.NAMESPACES
        ]
        each(namespaces, lambda pair: self._make_namespace(*pair), _JOBS)
        each(stack.secrets, secrets.make, _JOBS)
        for name in secrets.differing:
            self.progress.note(
                f"secret {name} has another content than in other namespaces; it is left as it is"
            )
        let_pull = partial(self._let_pull, stack.pull_secret, stack.registry_host, login)
        each(stack.namespaces, let_pull, _JOBS)

    def _make_namespace(self, one: RenderedObject, seconds: int) -> None:
        deadline = Deadline(seconds)
        self._await_gone(one, deadline)
        self.applier.apply(one, deadline)

    def _await_gone(self, one: RenderedObject, deadline: Deadline) -> None:
        """What is put into a namespace that is going would go with it."""
        is_told = False
        while True:
            there = self.cluster.get(one.key) or {}
            if text(there, "status", "phase") != "Terminating":
                return
            why = holding(there)
            if deadline.is_past:
                raise ClusterError(
                    f"namespace {one.key.name} is being deleted, and does not go: {why}",
                    remedy="deal with what holds it, or take a backup of it and clear its "
                    "finalizers; then deploy again",
                )
            if not is_told:
                self.progress.note(f"waiting until namespace {one.key.name} is gone: {why}")
                is_told = True
            self.stop.wait(min(_LOOK, deadline.left))

    def _let_pull(self, name: str, host: str, login: Login | None, place: str) -> None:
        wanted = pull_secret(name, place, host, login)
        key = ObjectKey("", "Secret", place, name)
        there = self.cluster.get(key)
        if there is not None and not has_type(there):
            raise ClusterError(
                f"{key} is there, and is no secret to pull with (type {text(there, 'type')})",
                remedy=f"delete it, then deploy again: kubectl -n {place} delete secret {name}",
            )
        new = wanted if there is None else refreshed(there, wanted)
        if new is not None:
            self.cluster.apply(new)
