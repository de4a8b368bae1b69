"""What is asked for and not carried, for people: holes with the lines that close them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from cube_airgap.errors import MissingError
from cube_bundle.coverage.allow_list import Subject
from cube_console.amounts import count_text
from cube_console.show_inspection import by_reason

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from cube_airgap.catalogue import Allowance
    from cube_bundle.coverage.allow_list import AllowList
    from cube_bundle.coverage.gate import Coverage, Need


def check_coverage(coverage: Coverage, allow: AllowList, output: str) -> None:
    """Tell of what may be amiss and of entries that allow nothing; raise the holes."""
    for doubt in coverage.doubts:
        click.echo(f"note: {doubt}; {doubt.remedy}", err=True)
    tell_idle(coverage, allow)
    if not coverage.holes:
        return
    if output == "json":
        click.echo(json.dumps({"holes": [_hole_json(one) for one in coverage.holes]}, indent=1))
    click.echo(holes_text(coverage.holes), err=True)
    raise MissingError(
        f"{count_text(len(coverage.holes), 'thing')} in use would be missing on the far side",
        remedy="take each along, or put its line under `allow:` in a file for --allow, with the "
        "reason (version: 1 goes before it); nothing was downloaded",
    )


def tell_idle(coverage: Coverage, allow: AllowList) -> None:
    """Tell of the user's entries that allow nothing."""
    for entry in coverage.idle(allow):
        click.echo(
            f"note: {entry.where}: {entry.subject} {entry.pattern} allows nothing here", err=True
        )


def holes_text(holes: Iterable[Need]) -> str:
    """Each hole with what asks for it, and the line to add; by the list that has it."""
    groups: dict[str, list[Need]] = {}
    for need in holes:
        groups.setdefault(need.profile, []).append(need)
    return "\n".join(
        line for profile in sorted(groups) for line in _group(profile, groups[profile])
    )


def _group(profile: str, needs: list[Need]) -> Iterator[str]:
    if profile:
        yield f"in use, and at home on the list {profile}, which is not taken ({len(needs)}):"
        yield f"  take it:           --list {profile}"
        yield f"  or allow all:      - {{profile: {profile}, reason: WHY}}"
    else:
        yield f"in use, and neither carried nor allowed ({len(needs)}):"
    for need in needs:
        yield f"  {need.subject} {need.names[0]}"
        yield f"    asked for at     {need.where} ({need.way})"
        if need.note:
            yield f"    note             {need.note}"
        if not profile:
            entry = f"{{{need.subject}: {json.dumps(_shown(need))}, reason: WHY}}"
            yield f"    line to add      - {entry}"


def _shown(need: Need) -> str:
    return need.text if need.subject is Subject.ASSET else need.names[0]


def _hole_json(need: Need) -> dict[str, Any]:
    return {
        "kind": str(need.subject),
        "text": need.text,
        "where": need.where,
        "way": need.way,
        "profile": need.profile,
        "note": need.note,
    }


def allowed_lines(allowed: Sequence[Allowance]) -> list[str]:
    """What is left out on purpose, by reason; nothing if there is none."""
    if not allowed:
        return []
    return [f"left out on purpose ({len(allowed)}):", *by_reason(allowed)]
