"""A deployment of a stack from its record to the end: groundwork, components, pruning."""

from __future__ import annotations

import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cube_airgap.errors import AirgapError, Interrupted, parts_of
from cube_airgap.progress import Silent
from cube_install.deploy.applying import Applier
from cube_install.deploy.component import ComponentRun
from cube_install.deploy.course import ComponentOutcome, Course
from cube_install.deploy.deadline import Deadline
from cube_install.deploy.fitting import fitted, left_out
from cube_install.deploy.gathering import Inquiry
from cube_install.deploy.groundwork import Groundwork
from cube_install.deploy.lease import Lease
from cube_install.deploy.record.record import Record
from cube_install.deploy.record.revision import Revision
from cube_install.deploy.record.revision import State as Stand
from cube_install.deploy.removal import Removal
from cube_install.deploy.secrets.making import SecretMaker
from cube_install.deploy.sightings import Sightings
from cube_install.deploy.waiting import USUAL_PACE, Pace, Waiting

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cube_airgap.progress import Progress
    from cube_airgap.registry.login import Login
    from cube_install.kubernetes.applied import Change
    from cube_install.kubernetes.cluster import Cluster
    from cube_install.kubernetes.object_key import ObjectKey
    from cube_install.stack.rendered import RenderedStack

_PRUNING_SECONDS = 300
_WHOLE_RUN = 86_400.0


@dataclass(frozen=True)
class RolloutOutcome:
    """What came of a deployment.

    `left` are objects of earlier revisions that are still there: what pruning never deletes.
    """

    revision: Revision
    components: tuple[ComponentOutcome, ...]
    changes: Mapping[Change, int]
    secrets: tuple[str, ...]
    pruned: tuple[ObjectKey, ...]
    left: tuple[ObjectKey, ...]
    errors: tuple[AirgapError, ...]
    seconds: float


class Rollout:
    """Deploys stacks to one cluster."""

    def __init__(
        self, cluster: Cluster, stack: RenderedStack, progress: Progress, pace: Pace = USUAL_PACE
    ) -> None:
        """Raises UsageError where components cannot be put into an order; AirgapError."""
        self._cluster = cluster
        self._stack = fitted(stack, cluster)
        names = ", ".join(left_out(stack, self._stack))
        if names:
            progress.note(f"left out, as this version of Kubernetes has no such kinds: {names}")
        self._progress = progress
        self._pace = pace
        self._course = Course(self._stack.components)
        self._secrets = SecretMaker(cluster)
        self._sightings = Sightings(cluster, pace.look / 4)
        self._applier = Applier(self._sightings, Sightings(cluster, _WHOLE_RUN), progress)

    def run(self, login: Login | None) -> RolloutOutcome:
        """Deploy. What components fail with is in the outcome; what stops all of it is raised.

        `login` is what nodes pull with. The cluster's record says at any moment how far this is.
        Raises ClusterError where another run is at work; AirgapError; Interrupted.
        """
        began = time.monotonic()
        lease = Lease(self._cluster, self._progress, self._course.stop)
        with lease.held():
            record = Record.read(self._cluster)
            revision = record.begin(self._stack)
            try:
                components = self._carried_out(login)
                lease.check()
                return self._ended(began, record, revision, components)
            except KeyboardInterrupt:
                _end_badly(record, lease, "stopped by the user")
                raise Interrupted(
                    "stopped; what is in the cluster by now stays there",
                    remedy="run the same command again: it goes on from there",
                ) from None
            except AirgapError as error:
                _end_badly(record, lease, error.what)
                raise
            finally:
                self._progress.close()

    def _ended(
        self,
        began: float,
        record: Record,
        revision: Revision,
        components: tuple[ComponentOutcome, ...],
    ) -> RolloutOutcome:
        """Prune and write down what came of it, when the components are done."""
        errors = [part for one in components if one.error for part in parts_of(one.error)]
        removal = Removal(self._cluster)
        if not errors:
            errors += self._prune(revision, removal)
        left = tuple(removal.kept) if not errors else revision.leftovers
        record.end(Stand.FAILED if errors else Stand.DONE, _told(errors), left)
        return RolloutOutcome(
            record.revisions[-1],
            components,
            Counter(self._applier.changes),
            tuple(self._secrets.made),
            tuple(removal.deleted),
            left,
            tuple(errors),
            time.monotonic() - began,
        )

    def _carried_out(self, login: Login | None) -> tuple[ComponentOutcome, ...]:
        self._progress.start(0, 0, len(self._stack.objects))
        groundwork = Groundwork(self._cluster, self._applier, self._progress, self._course.stop)
        groundwork.lay(self._stack, login, self._secrets)
        inquiry = Inquiry(self._sightings, self._stack.registry_host, self._secrets.hidden)
        waiting = Waiting(inquiry, self._progress, self._course.stop, self._pace)
        return self._course.run(ComponentRun(self._applier, waiting).bring_up)

    def _prune(self, revision: Revision, removal: Removal) -> list[AirgapError]:
        """Delete what earlier revisions had and this one has not, but no data."""
        try:
            removal.remove(revision.leftovers, Deadline(_PRUNING_SECONDS), Silent())
        except AirgapError as error:
            return [*parts_of(error)]
        return []


def _told(errors: list[AirgapError]) -> str:
    return "; ".join(one.what for one in errors)


def _end_badly(record: Record, lease: Lease, why: str) -> None:
    if not lease.is_lost:  # else the record is another run's
        with suppress(AirgapError):  # the first error is the one to tell
            record.end(Stand.FAILED, why)
