"""Looking at a Harbor before anything is loaded into it: all findings at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cube_airgap.errors import AirgapError, AuthenticationError
from cube_harbor.identity import check_login
from cube_harbor.projects import project_exists, read_project
from cube_harbor.recognition import read_system_info
from cube_install.harbor.finding import Finding, Severity
from cube_install.harbor.project_checks import (
    check_missing_project,
    check_pull_rules,
    check_rights,
    check_room,
    check_tags,
)
from cube_install.harbor.system_checks import (
    check_disk,
    check_garbage_collection,
    check_health,
    check_system,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from cube_harbor.api import HarborApi
    from cube_harbor.recognition import SystemInfo
    from cube_install.harbor.planned_load import PlannedLoad


@dataclass(frozen=True)
class _Look:
    api: HarborApi
    load: PlannedLoad


def look_before_load(
    find: Callable[[], HarborApi | None], load: PlannedLoad
) -> tuple[Finding, ...]:
    """Everything that may come in the way of `load`, errors first. Nothing is changed.

    `find` gives the Harbor, as find_harbor() does; what it raises is a finding. For other kinds of
    registries there is one note.
    """
    try:
        api = find()
    except AirgapError as error:
        return (Finding.of(error),)
    if api is None:
        return (Finding(Severity.NOTE, "the registry is not a Harbor: it has no quota to look at"),)
    found = tuple(_all_findings(_Look(api, load)))
    return tuple(sorted(found, key=lambda one: list(Severity).index(one.severity)))


def _all_findings(look: _Look) -> Iterator[Finding]:
    api = look.api
    try:
        info = read_system_info(api)
    except AirgapError as error:
        yield Finding.of(error)
        return
    yield from check_system(api, info)
    yield from _guarded(lambda: check_health(api))
    yield from _guarded(lambda: _of_login(look, info))


def _of_login(look: _Look, info: SystemInfo) -> Iterator[Finding]:
    """What only a login that Harbor accepts can bring to light."""
    api, load = look.api, look.load
    identity = check_login(api)
    yield from _guarded(lambda: check_disk(api, info, load.new_bytes))
    yield from _guarded(lambda: check_garbage_collection(api))
    if not project_exists(api, load.project):
        yield from check_missing_project(api, load, identity, info)
        return
    yield from _guarded(lambda: check_rights(api, load))
    yield from _guarded(lambda: check_room(api, load))
    yield from _guarded(lambda: check_tags(api, load))
    yield from _guarded(lambda: _of_rules(look))


def _of_rules(look: _Look) -> Iterable[Finding]:
    try:
        project = read_project(look.api, look.load.project)
    except AuthenticationError:  # robots that load images have no right to read projects
        what = f"this login may not know the rules for pulling from {look.load.project}"
        return (Finding(Severity.NOTE, what),)
    return check_pull_rules(look.api, project)


def _guarded(check: Callable[[], Iterable[Finding]]) -> Iterator[Finding]:
    """A check that cannot be made is a finding too, and does not keep others from being made."""
    try:
        yield from check()
    except AirgapError as error:
        yield Finding.of(error)
