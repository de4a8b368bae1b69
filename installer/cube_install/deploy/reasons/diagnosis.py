"""All reasons that a workload is not up, most telling first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cube_install.deploy.reasons.admission import admission_reasons
from cube_install.deploy.reasons.crashes import crash_reasons
from cube_install.deploy.reasons.images import image_reasons
from cube_install.deploy.reasons.missing import missing_reasons
from cube_install.deploy.reasons.probes import probe_reasons
from cube_install.deploy.reasons.scheduling import scheduling_reasons
from cube_install.deploy.reasons.volumes import volume_reasons

if TYPE_CHECKING:
    from cube_install.deploy.reasons.evidence import Evidence, Reason

_CONCERNS = (
    admission_reasons,
    scheduling_reasons,
    missing_reasons,
    volume_reasons,
    image_reasons,
    crash_reasons,
    probe_reasons,
)
_MOST = 3


def diagnose(evidence: Evidence) -> tuple[Reason, ...]:
    """A few reasons; where several pods have the same remedy, one of them stands for all."""
    found = (one for concern in _CONCERNS for one in concern(evidence))
    by_remedy: dict[str, Reason] = {}
    for one in found:
        by_remedy.setdefault(one.remedy, one)
    return tuple(by_remedy.values())[:_MOST]
