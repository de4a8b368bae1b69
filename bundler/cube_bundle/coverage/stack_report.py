"""What the files of a stack ask for, by whether a site gets it without switching anything on."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from cube_airgap.stack import STACK_MEMBERS
from cube_airgap.stack_parsing import parse_stack
from cube_scan.findings import State
from cube_scan.scan import scan_contents

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cube_airgap.reference import Reference
    from cube_scan.scan import ScanReport


def stack_report(files: Mapping[str, bytes], listed: Sequence[Reference]) -> ScanReport:
    """The findings in `files`, members of a bundle by path; `listed` are images known by name.

    What only components of profiles ask for that are off by default is optional.
    """
    report = scan_contents(files, listed=listed)
    optional = _optional_files(files)
    findings = (replace(one, state=_state(one.place.file, optional)) for one in report.findings)
    return replace(report, findings=tuple(findings))


def _state(file: str, optional: frozenset[str]) -> State:
    if file in optional:
        return State.OPTIONAL
    return State.APPLIED if file.startswith(STACK_MEMBERS) else State.RUNTIME


def _optional_files(files: Mapping[str, bytes]) -> frozenset[str]:
    own = {
        name.removeprefix(STACK_MEMBERS): content
        for name, content in files.items()
        if name.startswith(STACK_MEMBERS)
    }
    if not own:
        return frozenset()
    stack = parse_stack(own)
    return frozenset(
        STACK_MEMBERS + name
        for component in stack.components
        if stack.profiles[component.profile].is_off
        for name in own
        if name.startswith(f"{component.name}/")
    )
