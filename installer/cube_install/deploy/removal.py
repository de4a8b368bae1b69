"""Deleting objects that are ours, in the reverse of the order in which they came."""

from __future__ import annotations

import time
from collections import defaultdict
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from cube_airgap.each import each
from cube_airgap.errors import ClusterError
from cube_install.deploy.body import text
from cube_install.deploy.ownership import is_ours
from cube_install.deploy.phases import Phase, phase_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from cube_airgap.progress import Progress
    from cube_install.deploy.deadline import Deadline
    from cube_install.kubernetes.cluster import Cluster
    from cube_install.kubernetes.object_key import ObjectKey

# Deleting one of these deletes what users made, or their data.
DATA_KINDS = {"PersistentVolume", "PersistentVolumeClaim", "Namespace", "Secret"}
DEFINITION_KINDS = {"CustomResourceDefinition"}
_JOBS = 8
_LOOK = 0.5


@dataclass
class Removal:
    """Deletes what is ours of the keys that it is given; `spared` are kinds that it never does.

    `deleted` and `kept` tell what became of those that were there.
    """

    cluster: Cluster
    spared: frozenset[str] = frozenset(DATA_KINDS | DEFINITION_KINDS)
    deleted: list[ObjectKey] = field(default_factory=list)
    kept: list[ObjectKey] = field(default_factory=list)

    def remove(self, keys: Iterable[ObjectKey], deadline: Deadline, progress: Progress) -> None:
        """Delete, last phase first; each phase is gone before the one before it goes.

        So operators are there while their objects go. Raises AirgapError; ClusterError for what is
        not gone when `deadline` is past.
        """
        by_phase: dict[Phase, list[ObjectKey]] = defaultdict(list)
        for key in keys:
            by_phase[phase_of(key)].append(key)
        for phase in sorted(by_phase, reverse=True):
            deleting = [key for key in each(by_phase[phase], self._delete, _JOBS) if key]
            self._await_gone(deleting, deadline)
            for key in by_phase[phase]:
                if key.kind not in self.spared:
                    progress.item_done(str(key))

    def _delete(self, key: ObjectKey) -> ObjectKey | None:
        """The key, if the object was there and is going now."""
        body = self.cluster.get(key)
        if body is None:
            return None
        if key.kind in self.spared or not is_ours(body):
            self.kept.append(key)
            return None
        self.cluster.delete(key, propagation="Background", uid=text(body, "metadata", "uid"))
        self.deleted.append(key)
        return key

    def _await_gone(self, keys: Sequence[ObjectKey], deadline: Deadline) -> None:
        each(keys, partial(self._gone, deadline), _JOBS)

    def _gone(self, deadline: Deadline, key: ObjectKey) -> None:
        while self.cluster.get(key) is not None:
            if deadline.is_past:
                raise ClusterError(
                    f"{key} is deleted, and does not go",
                    remedy="see its finalizers, and who is to deal with them: kubectl get "
                    f"{key.kind.lower()} {key.name} -o yaml",
                )
            time.sleep(min(_LOOK, deadline.left))
