"""What a registry has of a push, with the blobs that a delta assumes wherever they may be."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from cube_airgap.each import each
from cube_airgap.errors import AirgapError, NetworkError
from cube_airgap.progress import Silent
from cube_push.inventory import Inventory
from cube_push.standing import look

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from cube_airgap.descriptor import Descriptor
    from cube_airgap.digest import Digest
    from cube_airgap.have_list import HaveList
    from cube_airgap.registry.destination import Destination
    from cube_harbor.api import HarborApi
    from cube_push.plan import PushPlan
    from cube_push.standing import Standing


def survey(
    plan: PushPlan, destination: Destination, jobs: int, harbor: HarborApi | None
) -> Standing:
    """look(), and then seek what a delta assumes. Raises AirgapError."""
    standing = look(plan, destination, jobs, harbor)
    return _Seeker(destination, harbor, jobs).with_assumed(plan, standing)


class _Seeker:
    """Looks into `destination`, which is a Harbor where `harbor` is given, with `jobs` requests."""

    def __init__(self, destination: Destination, harbor: HarborApi | None, jobs: int) -> None:
        self._destination = destination
        self._harbor = harbor
        self._jobs = jobs

    def with_assumed(self, plan: PushPlan, standing: Standing) -> Standing:
        """`standing`, with the repositories that have what `plan` assumes.

        First all repositories that need a blob are asked for it, then those of which the registry's
        own lists say that they have it. Raises AirgapError.
        """
        standing = self._asked(standing, _needing(plan, _sought(plan, standing)))
        if _sought(plan, standing):
            listed = self._listed(plan)
            places = _listing(listed, _sought(plan, standing)) if listed else ()
            standing = self._asked(standing, places)
        return standing

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

    def _listed(self, plan: PushPlan) -> HaveList | None:
        """What the projects of `plan` hold; None where this login or registry may not list it."""
        inventory = Inventory(self._destination, self._jobs, Silent())
        try:
            if self._harbor:
                return inventory.of_harbor(self._harbor, plan.projects)
            return inventory.of_registry(plan.projects)
        except NetworkError:
            raise
        except AirgapError:
            return None


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


def _listing(listed: HaveList, sought: Sequence[Descriptor]) -> Iterator[tuple[Digest, str]]:
    """Each blob with the repository that is said to have it: asking makes sure."""
    for blob in sought:
        if holder := listed.holder(blob.digest):
            yield blob.digest, holder
