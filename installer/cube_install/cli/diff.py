"""`cube-install diff`: what deploying a bundle would change."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any

import click

from cube_console.output_option import output_option
from cube_console.plain_text import plain_text
from cube_install.cli.bundle_options import bundle_option, opened
from cube_install.cli.cluster_options import cluster_options, take_cluster
from cube_install.cli.deploying import rendered_stack
from cube_install.cli.site_options import take_target, target_options
from cube_install.cli.stack_options import choice_options
from cube_install.deploy.comparing import Difference, Fate, compare

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from cube_install.deploy.difference import FieldChange

_HELP = """Show what deploying a bundle would change on the cluster, object by object.

The API server itself tells, field by field, without doing it; what others changed by hand since
shows too. Contents of secrets are not shown. Nothing is changed.

\b
Examples:
  cube-install diff --bundle next.tar.zst
  cube-install diff --bundle next.tar.zst --output json
"""

_MARKS = {
    Fate.NEW: ("+", "green"),
    Fate.CHANGED: ("~", "yellow"),
    Fate.REPLACED: ("!", "yellow"),
    Fate.REFUSED: ("x", "red"),
    Fate.DELETED: ("-", "red"),
    Fate.LEFT: (" ", "blue"),
}


@click.command(help=_HELP)
@bundle_option
@target_options
@cluster_options
@choice_options
@output_option
def diff(**values: Any) -> None:  # noqa: ANN401 - click's
    """See _HELP."""
    target = take_target(values)
    with opened(values["bundle"]) as bundle:
        stack = rendered_stack(bundle, target, values)
    found = compare(take_cluster(values), stack)
    if values["output"] == "json":
        click.echo(json.dumps(_to_json(found), indent=1))
    else:
        click.echo("\n".join(_lines(found)))


def _to_json(found: Sequence[Difference]) -> dict[str, Any]:
    return {
        "counts": _counts(found),
        "objects": [
            {
                "object": str(one.key),
                "fate": one.fate,
                "origin": one.origin,
                "told": one.told,
                "fields": [
                    {"path": each.path, "old": each.old, "new": each.new, "lines": list(each.lines)}
                    for each in one.fields
                ],
            }
            for one in found
            if one.fate is not Fate.SAME
        ],
    }


def _counts(found: Sequence[Difference]) -> dict[str, int]:
    counted = Counter(one.fate for one in found)
    return {fate.value: counted[fate] for fate in Fate}


def _lines(found: Sequence[Difference]) -> Iterator[str]:
    for one in found:
        if one.fate is Fate.SAME:
            continue
        mark, colour = _MARKS[one.fate]
        origin = f"  ({one.origin})" if one.origin else ""
        yield f"{click.style(mark, fg=colour)} {one.fate}: {one.key}{origin}"
        if one.told:
            yield f"    {plain_text(one.told)}"
        for field in one.fields:
            yield from _of_field(field)
    counts = _counts(found)
    yield ", ".join(f"{count} {fate}" for fate, count in counts.items() if count) or "no objects"


def _of_field(field: FieldChange) -> Iterator[str]:
    if field.lines:
        yield f"    {field.path}:"
        yield from (f"      {plain_text(line)}" for line in field.lines)
    else:
        yield f"    {field.path}: {plain_text(field.old) or '(none)'} -> " + (
            plain_text(field.new) or "(none)"
        )
