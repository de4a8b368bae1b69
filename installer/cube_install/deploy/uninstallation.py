"""Taking a stack off a cluster: what goes, what stays, and in which order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cube_airgap.errors import ClusterError, MissingError
from cube_install.deploy.body import Body, labels, parts, text
from cube_install.deploy.deadline import Deadline
from cube_install.deploy.lease import Lease
from cube_install.deploy.ownership import MANAGED_BY
from cube_install.deploy.record.record import Record
from cube_install.deploy.record.revision import State
from cube_install.deploy.removal import DATA_KINDS, DEFINITION_KINDS, Removal
from cube_install.kubernetes.object_key import ObjectKey
from cube_install.kubernetes.target import MANAGER

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cube_airgap.progress import Progress
    from cube_install.kubernetes.cluster import Cluster
    from cube_install.stack.rendered import RenderedStack

_SECONDS = 600


@dataclass(frozen=True)
class Extent:
    """Which kinds go that otherwise stay."""

    data: bool = False
    definitions: bool = False

    @property
    def spared(self) -> frozenset[str]:
        """The kinds that stay."""
        kinds = set() if self.data else set(DATA_KINDS)
        return frozenset(kinds if self.definitions else kinds | DEFINITION_KINDS)


class Uninstallation:
    """What a cluster's record says is there, to be taken away."""

    def __init__(self, cluster: Cluster, extent: Extent) -> None:
        """Raises MissingError where nothing is recorded; AirgapError."""
        self._cluster = cluster
        self._extent = extent
        self._record = Record.read(cluster)
        latest = self._record.latest
        if latest is None:
            raise MissingError(
                "the cluster has no record of a deployment: nothing on it is known to be ours",
                remedy="check the kubeconfig and its context; what was made with kubectl has to be "
                "deleted with kubectl",
            )
        self.stack: RenderedStack = self._record.stack(latest)
        self._staying = set() if extent.data else _keys_that_stay(self.stack)
        self._keys = {*self.stack.keys, *latest.leftovers} - self._staying

    def lost_objects(self) -> dict[str, int]:
        """How many objects go with each definition, those of users too. Raises AirgapError."""
        if not self._extent.definitions:
            return {}
        counts = {}
        for key in sorted(self._keys):
            body = self._cluster.get(key) if key.kind in DEFINITION_KINDS else None
            if body is not None:
                group, kind = text(body, "spec", "group"), text(body, "spec", "names", "kind")
                counts[key.name] = len(self._cluster.list(group, kind))
        return {name: count for name, count in counts.items() if count}

    def run(self, progress: Progress) -> Removal:
        """Delete what is to go, and write down what stayed.

        Raises ClusterError where another run is at work, or was since this was made; AirgapError.
        """
        with Lease(self._cluster, progress).held():
            if Record.read(self._cluster).revisions != self._record.revisions:
                raise ClusterError(
                    "another run has changed the cluster's record meanwhile; nothing was deleted",
                    remedy="run the same command again",
                )
            return self._removed(progress)

    def _removed(self, progress: Progress) -> Removal:
        removal = Removal(self._cluster, self._extent.spared)
        progress.start(0, 0, sum(key.kind not in self._extent.spared for key in self._keys))
        try:
            if self._extent.data:
                self._delete_secrets()
            removal.remove(self._keys, Deadline(_SECONDS), progress)
            removal.kept += [key for key in self._staying if self._cluster.get(key) is not None]
        finally:
            progress.close()
        if removal.kept or self._extent.spared:
            self._record.end(State.REMOVED, leftovers=tuple(sorted(removal.kept)))
        else:
            self._record.forget()
        return removal

    def _delete_secrets(self) -> None:
        """Those that deploying made; a namespace that goes takes its own along."""
        for key in self._made_secrets():
            body = self._cluster.get(key)
            if body is not None and _is_made_by_us(body):
                self._cluster.delete(key, uid=text(body, "metadata", "uid"))

    def _made_secrets(self) -> Iterator[ObjectKey]:
        for place in self.stack.namespaces:
            yield ObjectKey("", "Secret", place, self.stack.pull_secret)
        for one in self.stack.secrets:
            yield from (ObjectKey("", "Secret", place, one.name) for place in one.namespaces)


def _keys_that_stay(stack: RenderedStack) -> set[ObjectKey]:
    """Those of components of which the stack says that they are kept."""
    return {one.key for part in stack.components if part.keeps for one in part.objects}


def _is_made_by_us(body: Body) -> bool:
    """Made Secrets are not applied, so that nothing ever overwrites them."""
    managers = {text(one, "manager") for one in parts(body, "metadata", "managedFields")}
    return labels(body).get(MANAGED_BY) == MANAGER and MANAGER in managers
