from __future__ import annotations

from typing import TYPE_CHECKING

from cube_install.cli.show_findings import show_findings
from cube_install.harbor.finding import Finding, Severity

if TYPE_CHECKING:
    import pytest


def test_what_a_registry_says_does_not_act_on_the_terminal(
    capsys: pytest.CaptureFixture[str],
) -> None:
    show_findings([Finding(Severity.ERROR, "it says \x1b]0;title\x07", "do \x9b2J this")])
    told = capsys.readouterr().err
    assert told == "error: it says \\x1b]0;title\\x07\n  what to do: do \\x9b2J this\n"
