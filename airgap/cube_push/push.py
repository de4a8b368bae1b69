"""A push from its plan to its outcome: look, check, transfer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cube_airgap.errors import Interrupted
from cube_airgap.threads import Workers
from cube_push.arrivals import Arrivals
from cube_push.checks import (
    Missing,
    check_projects,
    check_registry,
    harbor_at,
)
from cube_push.lacking import check_bundle
from cube_push.outcome import ImageOutcome, Outcome, State
from cube_push.plan import plan_push
from cube_push.schedule import Schedule
from cube_push.seeking import survey
from cube_push.sparse_indexes import SparseIndex, choose_trees
from cube_push.transfer import Transfer

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from cube_airgap.progress import Progress
    from cube_airgap.registry.destination import Destination
    from cube_airgap.relocation import Relocation
    from cube_harbor.api import HarborApi
    from cube_push.checks import Pending
    from cube_push.content import Content
    from cube_push.narrowing import ManifestTree
    from cube_push.plan import ImagePush, PushPlan
    from cube_push.seeking import Survey
    from cube_push.standing import Standing


@dataclass(frozen=True)
class Order:
    """What is to be pushed where, and how; `missing` says what becomes of absent projects."""

    relocation: Relocation
    destination: Destination
    sparse: SparseIndex
    missing: Missing
    jobs: int


@dataclass(frozen=True)
class Prepared:
    """A push of which all is known, to be carried out or just looked at; nothing is sent yet."""

    content: Content
    order: Order
    surveyed: Survey
    harbor: HarborApi | None

    @property
    def plan(self) -> PushPlan:
        """What goes where."""
        return self.surveyed.plan

    @property
    def standing(self) -> Standing:
        """What of it is there."""
        return self.surveyed.standing

    @property
    def pending(self) -> tuple[Pending, ...]:
        """The images that are not there yet, and what is there under their names."""
        return self.surveyed.pending

    def expected_seconds(self) -> float:
        """How long sending would take at most, at the rate of a short upload made to measure it.

        That upload is dropped again; 0.0 where nothing has to be sent. Raises AirgapError.
        """
        if not self.standing.missing:
            return 0.0
        image, _ = self.pending[0]
        rate = self.order.destination.repository(image.repository).upload_rate()
        return self.standing.missing_size / rate

    def carry_out(self, progress: Progress) -> Outcome:
        """Push what is not there. An image that fails does not keep the others from being pushed.

        What stops everything before the first byte is raised, all of it together; what comes later
        is in the outcome. Raises AirgapError, Interrupted too.
        """
        images = [image for image, _ in self.pending]
        trees: Mapping[ImagePush, ManifestTree] = {}
        if images:
            check_registry(self.pending, self.standing, self.order.destination, self.harbor)
            trees = choose_trees(images, self.order.destination, self.order.sparse)
            self._tell_narrowed(trees, progress)
        blobs = self.content.in_order()
        arriving = {blob.digest for blob in self.standing.missing} if blobs else None
        schedule = Schedule(images, self.standing, arriving)
        transfer = Transfer(self.content, self.order.destination, schedule, trees, progress)
        progress.start(self.standing.missing_size, 0, len(images))
        try:
            arrivals = Arrivals(blobs, schedule, transfer.deliver) if blobs else None
            first = [arrivals.run] if arrivals else []
            Workers(self.order.jobs).run([*first, *[transfer.run] * self.order.jobs])
        except KeyboardInterrupt:
            raise _stopped() from None
        finally:
            progress.close()
        outcomes = (
            *self._failed_before(),
            *self._there_before(),
            *self._outcomes(schedule, transfer),
        )
        stopped = schedule.stopped or (arrivals.broken if arrivals else None)
        return Outcome(self.plan.bundle, outcomes, transfer.traffic, stopped)

    def _tell_narrowed(self, trees: Mapping[ImagePush, ManifestTree], progress: Progress) -> None:
        count = sum(tree is not image.whole for image, tree in trees.items())
        if count:
            progress.note(
                f"{self.order.destination.host} gets {count} of the images without mention of the "
                "platforms that the bundle has left out: the digests are others then, and are in "
                "the relocation"
            )

    def _failed_before(self) -> Iterator[ImageOutcome]:
        for one in self.plan.failures:
            yield ImageOutcome(one.origin, one.target, State.FAILED, error=one.error)

    def _there_before(self) -> Iterator[ImageOutcome]:
        """What the bundle does not carry, and need not."""
        for one in self.surveyed.present:
            image = one.image
            names = (image.origin, image.target)
            yield ImageOutcome(*names, State.THERE, one.digest, image.digest)

    def _outcomes(self, schedule: Schedule, transfer: Transfer) -> Iterator[ImageOutcome]:
        failures, pushed = schedule.failures, schedule.pushed
        for image, found in zip(self.plan.images, self.standing.found, strict=True):
            names, digest = (image.origin, image.target), image.shown_at_origin
            if image in failures:
                yield ImageOutcome(*names, State.FAILED, error=failures[image])
            elif image in pushed:
                yield ImageOutcome(*names, State.PUSHED, transfer.trees[image].root.digest, digest)
            elif found.is_complete:
                yield ImageOutcome(*names, State.THERE, found.digest, digest)
            else:
                yield ImageOutcome(*names, State.LEFT)


def prepare(content: Content, order: Order) -> Prepared:
    """Plan, see that the projects are there, and find out what has to be sent.

    Raises AirgapError; MissingError for blobs that neither `content` nor the registry has.
    """
    destination = order.destination
    plan = plan_push(content, order.relocation, destination.host)
    if order.sparse is SparseIndex.KEEP:
        plan = plan.without_narrowing()
    harbor = harbor_at(destination)
    if harbor:
        missing = Missing.REFUSED_TO_DELTA if plan.is_delta else order.missing
        check_projects(plan.projects, harbor, missing)
    surveyed = survey(plan, destination, order.jobs, harbor)
    check_bundle(surveyed, content)
    return Prepared(content, order, surveyed, harbor)


def _stopped() -> Interrupted:
    return Interrupted(
        "stopped; what is in the registry by now stays there",
        remedy="run the same command again: it goes on from there",
    )
