"""What is looked at before the first byte is sent, so that no push begins that cannot end."""

from __future__ import annotations

from collections import defaultdict
from enum import StrEnum
from typing import TYPE_CHECKING

from cube_airgap.errors import AirgapError, MissingError, SpaceError, UsageError, raise_all
from cube_harbor.projects import (
    ProjectWish,
    Visibility,
    make_project,
    parse_project_name,
    project_exists,
    read_usage,
)
from cube_harbor.recognition import find_harbor, read_system_info
from cube_harbor.tag_rules import read_immutability

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from cube_airgap.registry.destination import Destination
    from cube_harbor.api import HarborApi
    from cube_push.plan import ImagePush
    from cube_push.standing import Found, Standing

# An image, and what the registry has under its name now.
Pending = tuple["ImagePush", "Found"]


class Missing(StrEnum):
    """What becomes of a Harbor project that is not there."""

    REFUSED = "refused"
    REFUSED_TO_DELTA = "refused to a delta"
    """What a delta assumes is in no project that is not there: none is made in vain."""
    CREATED = "created"
    CREATED_PUBLIC = "created public"

    @property
    def visibility(self) -> Visibility:
        """Who may pull from a project that is made."""
        return Visibility.PUBLIC if self is Missing.CREATED_PUBLIC else Visibility.PRIVATE


_NO_PROJECT = {
    Missing.REFUSED: "create it there, let this command do so with --create-project, or name "
    "another one with --to HOST/PROJECT",
    Missing.REFUSED_TO_DELTA: "the bundle is a delta: push it into the project that has what it "
    "builds on (--to HOST/PROJECT), or push the older bundles into this one first, with "
    "--create-project",
}


def harbor_at(target: Destination) -> HarborApi | None:
    """The API of the Harbor that `target` is, if it is one. Raises AirgapError."""
    if not target.is_harbor_s:
        return None
    return find_harbor(target.host, target.transport, target.credentials, target.retries)


def check_projects(names: Iterable[str], harbor: HarborApi, missing: Missing) -> None:
    """See that there are such projects, or make them. Raises AirgapError, all together.

    Harbor answers for a project that is not there as for one that may not be seen; so this is
    asked first.
    """
    errors: list[AirgapError] = []
    for name in names:
        try:
            if project_exists(harbor, name):
                continue
            if missing in _NO_PROJECT:
                errors.append(_no_project(harbor, name, missing))
            else:
                make_project(harbor, ProjectWish(parse_project_name(name), missing.visibility))
        except AirgapError as error:
            errors.append(error)
    raise_all(errors)


def check_not_all_absent(names: Iterable[str], harbor: HarborApi) -> None:
    """See that one of the projects is there: a mistyped one would look like one without images.

    Raises MissingError, and AirgapError where Harbor cannot be asked.
    """
    names = tuple(names)
    if not any(project_exists(harbor, name) for name in names):
        raise MissingError(
            f"{harbor.host} has no project {' and no '.join(names)}, or this login may not see it",
            remedy="name the one that the images were pushed to with --to HOST/PROJECT",
        )


def check_registry(
    pending: Sequence[Pending],
    standing: Standing,
    target: Destination,
    harbor: HarborApi | None,
) -> None:
    """Raise for everything at the registry that would stop the push: all of it together.

    Opens and closes one upload in each project; nothing else is written.
    """
    errors: list[AirgapError] = []
    for project, images in _by_project(pending).items():
        found = list(_found(harbor, project, images, standing)) if harbor else []
        errors += found or _rights(images, target)
    raise_all(errors)


def _by_project(pending: Iterable[Pending]) -> dict[str, list[Pending]]:
    found: dict[str, list[Pending]] = defaultdict(list)
    for one in pending:
        found[one[0].project].append(one)
    return found


def _rights(images: Sequence[Pending], target: Destination) -> list[AirgapError]:
    try:
        target.repository(images[0][0].repository).check_uploads()
    except AirgapError as error:
        return [error]
    return []


def _found(
    harbor: HarborApi, project: str, images: Sequence[Pending], standing: Standing
) -> Iterator[AirgapError]:
    try:
        if read_system_info(harbor).read_only:
            yield SpaceError(
                f"{harbor.host} is in read-only mode",
                remedy="have its administrator end it; a garbage collection may be running",
            )
        yield from _quota(harbor, project, images, standing)
        yield from _immutable(harbor, project, images)
    except AirgapError as error:
        yield error


def _no_project(harbor: HarborApi, name: str, missing: Missing) -> MissingError:
    return MissingError(f"{harbor.host} has no project {name}", remedy=_NO_PROJECT[missing])


def _quota(
    harbor: HarborApi, project: str, images: Sequence[Pending], standing: Standing
) -> Iterator[AirgapError]:
    """Harbor counts each blob once a project, and refuses at the end of an upload only."""
    usage = read_usage(harbor, project)
    if usage is None or usage.room is None:
        return
    inside = {blob.digest: blob.size for image, _ in images for blob in image.blobs}
    for digest in standing.holders.keys() & inside.keys():
        if any(name.partition("/")[0] == project for name in standing.holders[digest]):
            del inside[digest]
    needed = sum(inside.values())
    if needed > usage.room:
        yield SpaceError(
            f"the quota of project {project} leaves {usage.room:,} bytes, and {needed:,} more are "
            "needed",
            remedy=f"raise it by {needed - usage.room:,} bytes or more (Harbor, project quotas), "
            "or push into another project",
        )


def _immutable(harbor: HarborApi, project: str, images: Sequence[Pending]) -> Iterator[AirgapError]:
    """A tag that is there with another digest, and that no push may move."""
    rules = read_immutability(harbor, project) or ()
    for image, found in images:
        tag, inside = image.target.tag, image.repository.partition("/")[2]
        roots = {image.whole.root.digest, image.narrow.root.digest if image.narrow else None}
        if tag is None or found.digest is None or found.digest in roots:
            continue
        if any(rule.covers(inside, tag) for rule in rules):
            yield UsageError(
                f"{image.target} is immutable and is there as {found.digest}, not as "
                f"{image.whole.root.digest}",
                remedy="lift the project's immutability rule for it, or relocate the image to "
                "another repository",
            )
