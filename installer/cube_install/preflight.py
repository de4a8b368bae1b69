"""Looking before an installation: the bundle, the registry and the way there, all at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cube_airgap.closure import closure_findings
from cube_airgap.errors import AirgapError, SeveralErrors
from cube_console.amounts import count_text
from cube_harbor.projects import project_exists
from cube_install.harbor.finding import Finding, Severity
from cube_install.harbor.planned_load import PlannedLoad, PlannedTag
from cube_install.harbor.preflight import look_before_load
from cube_push.checks import Missing, check_projects, harbor_at
from cube_push.lacking import check_bundle
from cube_push.plan import plan_push
from cube_push.seeking import survey
from cube_push.sparse_indexes import SparseIndex

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from cube_airgap.bundle import Bundle
    from cube_harbor.api import HarborApi
    from cube_push.plan import ImagePush, PushPlan
    from cube_push.push import Order
    from cube_push.seeking import Survey

_NAMED = 5


@dataclass(frozen=True)
class Outlook:
    """What a look brought to light, errors first, and what a push would send if nothing is wrong.

    `missing_size` is None where the registry could not be asked.
    """

    findings: tuple[Finding, ...]
    image_count: int
    missing_size: int | None

    @property
    def errors(self) -> tuple[Finding, ...]:
        """What would make the installation fail."""
        return tuple(one for one in self.findings if one.severity is Severity.ERROR)


def head_findings(bundle: Bundle) -> Iterator[Finding]:
    """What is wrong with the bundle as far as its head tells: layers are not read."""
    manifests = {}
    for blob in bundle.catalogue.manifests:
        try:
            manifests[blob.digest] = bundle.manifest(blob.digest).raw
        except AirgapError as error:
            yield Finding.of(error)
    for found in closure_findings(bundle.catalogue, manifests):
        yield Finding(
            Severity.ERROR,
            f"the bundle is not whole: {found}",
            "verify it, and carry it (or the damaged volume) again; if it is the same then, build "
            "it again",
        )


def look_ahead(bundle: Bundle, order: Order, known: Iterable[Finding] = ()) -> Outlook:
    """Look at the registry, and at what the bundle would bring there; nothing is changed.

    `known` is what was found out before, such as head_findings().

    What cannot be found out is a finding, and keeps nothing else from being looked at. Where
    `order` lets projects be made, a missing one is none. Raises UsageError for rules that bring
    two images to one place.
    """
    found = list(known)
    plan = plan_push(bundle, order.relocation, order.destination.host)
    found += _of_plan(plan)
    survey = _Survey(bundle, order, plan)
    found += survey.findings()
    unique = dict.fromkeys(found)
    ordered = sorted(unique, key=lambda one: list(Severity).index(one.severity))
    count = len(plan.images) + len(plan.assumed_images)
    return Outlook(tuple(ordered), count, survey.missing_size)


def _of_plan(plan: PushPlan) -> Iterator[Finding]:
    for one in plan.failures:
        yield Finding(Severity.ERROR, f"{one.origin}: {one.error.what}", one.error.remedy)


class _Survey:
    """Asks the registry what is there, and what is in the way of the rest."""

    def __init__(self, bundle: Bundle, order: Order, plan: PushPlan) -> None:
        self._bundle = bundle
        self._order = order
        self._plan = plan
        self._surveyed: Survey | None = None
        self.missing_size: int | None = None

    def findings(self) -> Iterator[Finding]:
        try:
            harbor = harbor_at(self._order.destination)
        except AirgapError as error:  # nothing more can be found out then
            yield Finding.of(error)
            return
        surveyed = list(_guarded(lambda: self._look(harbor)))
        if harbor:
            found = [one for load in self._loads() for one in self._of_harbor(load)]
            yield from found
            # What Harbor refuses to tell has a reason that was just found out, and better told.
            is_clear = not any(one.severity is Severity.ERROR for one in found)
            yield from surveyed if is_clear else ()
        else:
            yield from surveyed or _guarded(self._check_rights)
        yield from _guarded(self._check_bundle)
        yield from self._of_sparse_indexes()

    def _look(self, harbor: HarborApi | None) -> None:
        """Into a project that is not there nothing can be looked: all of it will be sent."""
        if harbor and self._plan.is_delta:
            check_projects(self._plan.projects, harbor, Missing.REFUSED_TO_DELTA)
        if harbor and not all(project_exists(harbor, name) for name in self._plan.projects):
            self.missing_size = self._plan.size
            return
        self._surveyed = survey(self._plan, self._order.destination, self._order.jobs, harbor)
        self.missing_size = self._surveyed.standing.missing_size

    def _of_harbor(self, load: PlannedLoad) -> Sequence[Finding]:
        return look_before_load(lambda: harbor_at(self._order.destination), load)

    def _loads(self) -> Iterator[PlannedLoad]:
        makes = self._order.missing is not Missing.REFUSED
        for project in self._plan.projects:
            images = [one for one in self._plan.images if one.project == project]
            yield PlannedLoad(project, self._new_bytes(images), tuple(_tags(images)), makes)

    def _new_bytes(self, images: Sequence[ImagePush]) -> int:
        blobs = {blob.digest: blob.size for image in images for blob in image.blobs}
        if self._surveyed:
            missing = {blob.digest for blob in self._surveyed.standing.missing}
            blobs = {digest: size for digest, size in blobs.items() if digest in missing}
        return sum(blobs.values())

    def _check_rights(self) -> None:
        for project in self._plan.projects:
            first = next(one for one in self._plan.images if one.project == project)
            self._order.destination.repository(first.repository).check_uploads()

    def _check_bundle(self) -> None:
        if self._surveyed:
            check_bundle(self._surveyed, self._bundle)

    def _of_sparse_indexes(self) -> Iterator[Finding]:
        sparse = [image for image in self._plan.images if image.absent]
        if not sparse:
            return
        names = ", ".join(str(one.origin) for one in sparse[:_NAMED])
        more = f" and {len(sparse) - _NAMED} more" if len(sparse) > _NAMED else ""
        count = count_text(len(sparse), "image")
        what = f"{count} without all platforms in the bundle ({names}{more})"
        if self._order.sparse is SparseIndex.KEEP:
            yield Finding(
                Severity.WARNING,
                f"{what}: Harbor and docker-registry refuse such indexes, and then nothing is "
                "pushed",
                "take --sparse-index auto, or build the bundle with all platforms",
            )
        else:
            yield Finding(
                Severity.NOTE,
                f"{what}: where the registry refuses such an index, it gets one of the platforms "
                "that are there, with another digest",
            )


def _tags(images: Sequence[ImagePush]) -> Iterator[PlannedTag]:
    for image in images:
        if image.target.tag:
            inside = image.repository.partition("/")[2]
            yield PlannedTag(inside, image.target.tag, image.whole.root.digest)


def _guarded(check: Callable[[], None]) -> Iterator[Finding]:
    try:
        check()
    except SeveralErrors as several:
        yield from (Finding.of(error) for error in several.errors)
    except AirgapError as error:
        yield Finding.of(error)
