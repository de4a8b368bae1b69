"""The program that makes one node's changes: apply.sh, with the files in it."""

from __future__ import annotations

import base64
import shlex
from importlib import resources
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cube_install.nodes.node_plan import NodePlan

_END = "end-of-file"


def node_script(plan: NodePlan) -> str:
    """A POSIX shell program; it needs coreutils, systemctl, and nothing of ours.

    It holds the site's pull login where nodes are to have one: keep it as one keeps that.
    """
    engine = (resources.files("cube_install.nodes") / "apply.sh").read_text()
    return "\n".join([engine, *_lines(plan), 'main "$@"', ""])


def _lines(plan: NodePlan) -> Iterator[str]:
    yield f"begin {plan.name}"
    for one in plan.files:
        yield f"file {shlex.quote(one.path)} {one.mode:o} {one.before} <<'{_END}'"
        yield base64.encodebytes(one.data).decode().rstrip("\n")
        yield _END
    for action, service in plan.services:
        yield f"service {service} {action}"
