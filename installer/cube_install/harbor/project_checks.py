"""Looking at one project: rights, room, and the rules that tags and pulls are under."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cube_console.amounts import count_text, size_text
from cube_harbor.artifacts import HarborRepository, find_artifact
from cube_harbor.identity import Kind, read_rights
from cube_harbor.projects import read_usage
from cube_harbor.tag_rules import read_immutability, read_retention
from cube_install.harbor.finding import Finding, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cube_harbor.api import HarborApi
    from cube_harbor.identity import Identity
    from cube_harbor.projects import Project
    from cube_harbor.recognition import SystemInfo
    from cube_install.harbor.planned_load import PlannedLoad, PlannedTag

_NAMED = 5


def check_missing_project(
    api: HarborApi, load: PlannedLoad, identity: Identity, info: SystemInfo
) -> Iterator[Finding]:
    """What is in the way of making the project; a note when nothing is known to be."""
    what = f"{api.host} has no project {load.project}"
    if not load.makes_project:
        yield Finding(
            Severity.ERROR,
            what,
            "have it made in Harbor, or let this program make it with --create-project, or check "
            "--to",
        )
    elif identity.kind is Kind.ROBOT and "+" in identity.name:
        yield Finding(
            Severity.ERROR,
            f"{what}, and {identity.name}, a robot of one project, cannot make it",
            "have it made in Harbor, or use another account",
        )
    elif info.creation == "adminonly" and not identity.is_admin:
        yield Finding(
            Severity.ERROR,
            f"{what}, and only administrators may make one",
            "have it made by Harbor's administrator, or use an administrator's account",
        )
    else:
        yield Finding(Severity.NOTE, f"{what}; it will be made")


def check_rights(api: HarborApi, load: PlannedLoad) -> Iterator[Finding]:
    """Whether the login may push to the project and pull from it."""
    missing = [name for name in ("push", "pull") if name not in read_rights(api, load.project)]
    if missing:
        who = api.login.username if api.login else "an anonymous user"
        yield Finding(
            Severity.ERROR,
            f"{who} may not {' or '.join(missing)} in the project {load.project}",
            "have the account made a developer of the project, or the robot given these rights",
        )


def check_room(api: HarborApi, load: PlannedLoad) -> Iterator[Finding]:
    """Whether the project's quota has room; Harbor itself says so at the end of an upload only."""
    usage = read_usage(api, load.project)
    if usage is None:
        yield Finding(
            Severity.NOTE,
            f"this login may not know the quota of {load.project}; "
            f"{size_text(load.new_bytes)} are to be added",
        )
    elif usage.room is not None and usage.room < load.new_bytes:
        lacking = load.new_bytes - usage.room
        yield Finding(
            Severity.ERROR,
            f"the quota of {load.project} has room for {size_text(usage.room)}, and "
            f"{size_text(load.new_bytes)} are to be added: {size_text(lacking)} too much",
            f"have it raised to at least {usage.used + load.new_bytes} bytes, or delete images",
        )


def check_tags(api: HarborApi, load: PlannedLoad) -> Iterator[Finding]:
    """Tags that are there with another digest and cannot be moved."""
    rules = read_immutability(api, load.project)
    if rules is None:
        yield Finding(
            Severity.NOTE, f"this login may not know the immutability rules of {load.project}"
        )
        return
    covered = (one for one in load.tags if any(r.covers(one.repository, one.tag) for r in rules))
    stuck = [one for one in covered if _is_another(api, load.project, one)]
    if stuck:
        names = [f"{one.repository}:{one.tag}" for one in stuck[:_NAMED]]
        more = f" and {len(stuck) - _NAMED} more" if len(stuck) > _NAMED else ""
        yield Finding(
            Severity.ERROR,
            f"{count_text(len(stuck), 'immutable tag')} in {load.project} would have to be moved: "
            f"{', '.join(names)}{more}",
            "have the rule disabled for the time of the load, or the tags deleted, or load into "
            "another project",
        )


def check_pull_rules(api: HarborApi, project: Project) -> Iterator[Finding]:
    """What keeps nodes from pulling what was pushed, or deletes it later."""
    if project.is_proxy:
        yield Finding(
            Severity.ERROR,
            f"{project.name} is a proxy project, which cannot be pushed to",
            "name another project",
        )
    if project.wants_signatures:
        yield Finding(
            Severity.WARNING,
            f"{project.name} lets signed images only be pulled; pushing works, and then nodes "
            "cannot pull what is not signed",
            "load signatures too, or have content trust turned off for the project",
        )
    if project.prevented_severity:
        yield Finding(
            Severity.WARNING,
            f"{project.name} blocks pulling images with vulnerabilities of severity "
            f"{project.prevented_severity} or higher",
            "have that turned off for the project, or its list of allowed CVEs filled",
        )
    yield from _check_retention(api, project)


def _check_retention(api: HarborApi, project: Project) -> Iterator[Finding]:
    if project.retention_number is None:
        return
    retention = read_retention(api, project.retention_number)
    if retention is None or (retention.rule_count and retention.schedule):
        when = f" ({retention.schedule})" if retention else ""
        yield Finding(
            Severity.WARNING,
            f"{project.name} has a retention policy{when}, which deletes the tags that it does "
            "not keep",
            "see that its rules keep every tag of the platform, or take the policy away",
        )


def _is_another(api: HarborApi, project: str, planned: PlannedTag) -> bool:
    there = find_artifact(api, HarborRepository(project, planned.repository), planned.tag)
    return there is not None and there.digest != planned.digest
