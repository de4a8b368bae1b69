"""What a registry has of a push, with what a delta assumes wherever it may be."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

from cube_airgap.each import each
from cube_airgap.errors import AirgapError, NetworkError
from cube_airgap.have_list import HaveList
from cube_airgap.progress import Silent
from cube_push.assumed_images import settle
from cube_push.inventory import Inventory
from cube_push.standing import hidden_in, look

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from cube_airgap.descriptor import Descriptor
    from cube_airgap.digest import Digest
    from cube_airgap.registry.destination import Destination
    from cube_harbor.api import HarborApi
    from cube_push.assumed_images import LostImage, PresentImage
    from cube_push.checks import Pending
    from cube_push.plan import PushPlan
    from cube_push.standing import Standing


@dataclass(frozen=True)
class Survey:
    """What a registry has of a push: `plan` is that of what is left to do, or there by its name.

    `present` are images that the bundle leaves out and that are there; `lost` tells of such that
    are not.
    """

    plan: PushPlan
    standing: Standing
    present: tuple[PresentImage, ...] = ()
    lost: tuple[LostImage, ...] = ()

    @property
    def lost_names(self) -> tuple[str, ...]:
        """The origins of the images that are assumed and are not there."""
        return tuple(str(one.image.origin) for one in self.lost)

    @property
    def pending(self) -> tuple[Pending, ...]:
        """The images that are not there yet, and what is there under their names."""
        pairs = zip(self.plan.images, self.standing.found, strict=True)
        return tuple((image, found) for image, found in pairs if not found.is_complete)


def survey(plan: PushPlan, destination: Destination, jobs: int, harbor: HarborApi | None) -> Survey:
    """look(), and seek what a delta assumes, wherever it may be. Raises AirgapError."""
    seeker = _Seeker(plan, destination, harbor, jobs)
    settled = settle(plan, destination, hidden_in(harbor), jobs, seeker.holder)
    standing = look(settled.plan, destination, jobs, harbor)
    standing = seeker.with_assumed(settled.plan, standing)
    return Survey(settled.plan, standing, settled.present, settled.lost)


class _Seeker:
    """Looks into `destination`, which is a Harbor where `harbor` is given, with `jobs` requests."""

    def __init__(
        self, plan: PushPlan, destination: Destination, harbor: HarborApi | None, jobs: int
    ) -> None:
        self._projects = plan.projects
        self._destination = destination
        self._harbor = harbor
        self._jobs = jobs

    def holder(self, digest: Digest) -> str | None:
        """A repository that is listed with the blob or manifest: asking it makes sure."""
        return self._listed.holder(digest) if self._listed else None

    def with_assumed(self, plan: PushPlan, standing: Standing) -> Standing:
        """`standing`, with the repositories that have what `plan` assumes.

        First all repositories that need a blob are asked for it, then those of which the registry's
        own lists say that they have it. Raises AirgapError.
        """
        standing = self._asked(standing, _needing(plan, _sought(plan, standing)))
        lacking = _sought(plan, standing)
        places = [(blob.digest, name) for blob in lacking if (name := self.holder(blob.digest))]
        return self._asked(standing, places)

    def _asked(self, standing: Standing, places: Iterable[tuple[Digest, str]]) -> Standing:
        pairs = tuple(places)
        there = each(pairs, self._has, self._jobs)
        holders = {digest: set(names) for digest, names in standing.holders.items()}
        for (digest, name), is_there in zip(pairs, there, strict=True):
            if is_there:
                holders.setdefault(digest, set()).add(name)
        missing = tuple(blob for blob in standing.missing if blob.digest not in holders)
        return replace(standing, holders=holders, missing=missing)

    def _has(self, place: tuple[Digest, str]) -> bool:
        return self._destination.repository(place[1]).has_blob(place[0])

    @cached_property
    def _listed(self) -> HaveList | None:
        """What the projects hold; None where this login or registry may not list it."""
        inventory = Inventory(self._destination, self._jobs, lambda *_: Silent())
        try:
            if self._harbor:
                found = inventory.of_harbor(self._harbor, self._projects)
            else:
                found = inventory.of_registry(self._projects)
        except NetworkError:
            raise
        except AirgapError:
            return None
        return HaveList.of(self._destination.host, found)


def _sought(plan: PushPlan, standing: Standing) -> list[Descriptor]:
    return [blob for blob in standing.missing if blob.digest in plan.assumed]


def _needing(plan: PushPlan, sought: Sequence[Descriptor]) -> Iterator[tuple[Digest, str]]:
    """Each blob with the repositories that need it."""
    repositories: Mapping[Digest, set[str]] = {blob.digest: set() for blob in sought}
    for image in plan.images:
        for blob in image.blobs:
            if blob.digest in repositories:
                repositories[blob.digest].add(image.repository)
    for digest, names in repositories.items():
        yield from ((digest, name) for name in sorted(names))
