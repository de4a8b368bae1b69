"""Containers that run, and whose probes say that they do not do their work."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from cube_install.deploy.reasons.evidence import Evidence, Reason, seen_containers

if TYPE_CHECKING:
    from collections.abc import Iterator

_PROBE = re.compile(r"(Readiness|Liveness|Startup) probe (?:failed|errored):?\s*(.*)", re.S)
_LONGEST = 300


def probe_reasons(evidence: Evidence) -> Iterator[Reason]:
    """What the probes of containers say that run and are not ready."""
    unready = [
        one for one in seen_containers(evidence) if one.is_running and not one.is_ready
        if not one.starts
    ]  # fmt: skip
    if not unready:
        return
    said = [found for one in evidence.messages("Unhealthy") if (found := _PROBE.match(one))]
    for seen in unready:
        if said:
            kind, why = said[0][1].lower(), said[0][2].strip()[:_LONGEST]
            told = f"its {kind} probe fails: {why}" if why else f"its {kind} probe fails"
        else:
            told = "it runs, and is not ready yet"
        yield Reason(
            f"container {seen.name} of pod {seen.pod}: {told}",
            f"read its log: kubectl -n {evidence.namespace} logs {seen.pod} -c {seen.name}",
        )
