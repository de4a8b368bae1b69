"""Syncing: images go from their origins straight into a registry, and only those that moved.

An image that did not move costs one HEAD at its origin and one at its target: the last sync left a
record in the registry of which digest was brought from where.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from cube_airgap.each import each
from cube_airgap.errors import AirgapError
from cube_airgap.progress import NotesOf
from cube_bundle.image_tree import ImageTree
from cube_bundle.newest import with_newest
from cube_bundle.origin_content import OriginContent
from cube_bundle.plan import plan_bundle
from cube_bundle.sources import OriginKind
from cube_push.checks import check_projects, harbor_at
from cube_push.outcome import ImageOutcome, Outcome, State, Traffic
from cube_push.push import prepare
from cube_push.relocation_record import encode_relocation, relocated
from cube_push.standing import hidden_in

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cube_airgap.digest import Digest
    from cube_airgap.progress import Progress
    from cube_airgap.reference import Reference
    from cube_airgap.registry.push_repository import Hidden
    from cube_bundle.image_request import ImageRequest
    from cube_bundle.resolution import Resolver, Selection
    from cube_push.push import Order, Prepared
    from cube_push.record.sync_records import SyncRecords
    from cube_push.relocation_record import RelocatedImage


@dataclass(frozen=True)
class Moved:
    """An image that is to be brought: what was brought last, and what its origin has now.

    `was` is None where nothing is known, `now` where only looking closer tells.
    """

    request: ImageRequest
    was: Digest | None
    now: Digest | None


@dataclass(frozen=True)
class Outlook:
    """What a sync found out; nothing is sent yet.

    `known` is what earlier syncs brought, and `keep` how many versions of each are to stay.
    `failed` are images that cannot be had from their origins. `prepared` is the push of what moved,
    None where nothing did.
    """

    known: Mapping[Reference, RelocatedImage]
    keep: Mapping[Reference, int]
    unchanged: tuple[ImageOutcome, ...]
    moved: tuple[Moved, ...]
    failed: tuple[ImageOutcome, ...]
    prepared: Prepared | None

    def carry_out(self, progress: Progress) -> Outcome:
        """Bring what moved; the outcome is that of all images. Raises AirgapError."""
        known = (*self.unchanged, *self.failed)
        if self.prepared is None:
            return Outcome(None, known, Traffic())
        pushed = self.prepared.carry_out(progress)
        return replace(pushed, bundle=None, images=(*known, *pushed.images))

    def in_place(self, outcome: Outcome) -> tuple[RelocatedImage, ...]:
        """Where the images are after `outcome`.

        What could not be brought now, and was before, is still there. Of a repository of which
        something new could not be, all that was brought before is still needed.
        """
        there = {one.origin: one for one in relocated(outcome)}
        lacking = {one.origin for one in outcome.images} - there.keys()
        lost = {one.name for one in lacking - self.known.keys()}
        for origin, one in self.known.items():
            if origin in lacking or (origin.name in lost and origin not in there):
                there[origin] = one
        return tuple(replace(one, keep=self.keep.get(one.origin, 1)) for one in there.values())


@dataclass(frozen=True)
class Syncing:
    """Brings what `resolver` finds to where `order` says, and keeps `records` of it there."""

    resolver: Resolver
    selection: Selection
    order: Order
    records: SyncRecords
    progress: Progress

    def look(self, requests: Sequence[ImageRequest]) -> Outlook:
        """Find out what of `requests` moved, and what of that the registry lacks.

        Raises AirgapError; what is wrong with single images is in the outlook.
        """
        requests = with_newest(requests, self.resolver.registries, self.order.jobs)
        origins = [one.origin.reference for one in requests]
        targets = self.order.relocation.targets(origins, self.order.destination.host)
        harbor = harbor_at(self.order.destination)
        if harbor:
            projects = dict.fromkeys(one.repository.partition("/")[0] for one in targets.values())
            check_projects(projects, harbor, self.order.missing)
        known = self.records.known()
        asker = _Asker(self, targets, known, hidden_in(harbor))
        self.progress.start(0, 0, len(requests))
        try:
            found = each(requests, asker.ask, self.order.jobs)
            moved = tuple(one for one in found if isinstance(one, Moved))
            trees = each([one.request for one in moved], asker.tree, self.order.jobs)
        finally:
            self.progress.close()
        return Outlook(
            known=known,
            keep={one.origin.reference: one.policy.keep for one in requests},
            unchanged=tuple(one for one in found if isinstance(one, ImageOutcome)),
            moved=moved,
            failed=tuple(one for one in trees if isinstance(one, ImageOutcome)),
            prepared=self._prepared([one for one in trees if isinstance(one, ImageTree)]),
        )

    def _prepared(self, trees: Sequence[ImageTree]) -> Prepared | None:
        if not trees:
            return None
        return prepare(OriginContent(plan_bundle(trees, (), self.order.jobs)), self.order)

    def keep(self, outlook: Outlook, outcome: Outcome) -> str | None:
        """Write down in the registry where the images are; the record's tag.

        None where nothing changed, or where what stopped the sync would stop this too. Raises
        AirgapError.
        """
        there = outlook.in_place(outcome)
        if outcome.stopped or not there:
            return None
        return self.records.add(encode_relocation(there, self.order.destination.host))


class _Asker:
    """Asks for one image at a time; what is wrong with it stops no other one."""

    def __init__(
        self,
        syncing: Syncing,
        targets: Mapping[Reference, Reference],
        known: Mapping[Reference, RelocatedImage],
        hidden: Hidden,
    ) -> None:
        self._syncing = syncing
        self._targets = targets
        self._known = known
        self._hidden = hidden
        # It is asked for one image at a time, and what it shows of that is ours to show.
        self._resolver = replace(syncing.resolver, progress=NotesOf(syncing.progress))

    def ask(self, request: ImageRequest) -> ImageOutcome | Moved:
        """Whether the image is as it was brought last, by one HEAD on each side."""
        reference = request.origin.reference
        known = self._known.get(reference)
        try:
            now = self._now(request)
        except AirgapError:
            now = None  # looking closer tells what is wrong
        if known and now == known.origin_digest and self._shows(known):
            self._syncing.progress.item_done(str(reference))
            digests = (known.digest, known.origin_digest)
            return ImageOutcome(reference, known.target, State.THERE, *digests)
        return Moved(request, known.origin_digest if known else None, now)

    def _now(self, request: ImageRequest) -> Digest | None:
        if request.origin.kind is not OriginKind.REGISTRY:
            return None
        sought = request.origin.sought
        if sought.digest:
            return sought.digest
        return self._resolver.registries.repository(sought).digest_of(sought)

    def _shows(self, known: RelocatedImage) -> bool:
        target = self._targets[known.origin]
        if target != known.target:
            return False
        repository = self._syncing.order.destination.repository(target.repository)
        name = target.tag or str(known.digest)
        return repository.manifest_digest(name, self._hidden) == known.digest

    def tree(self, request: ImageRequest) -> ImageTree | ImageOutcome | None:
        """All of an image; None where it is optional and absent."""
        reference = request.origin.reference
        try:
            found = self._resolver.resolve((request,), self._syncing.selection)
        except AirgapError as error:
            target = self._targets[reference]
            return ImageOutcome(reference, target, State.FAILED, error=error)
        self._syncing.progress.item_done(str(reference))
        return found[0] if found else None
