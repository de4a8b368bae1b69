from __future__ import annotations

from cube_airgap.finding import Finding, Problem


def test_a_finding_says_what_is_wrong_with_what_and_how_it_showed() -> None:
    assert str(Finding(Problem.ABSENT, "index.json")) == "listed but absent: index.json"
    assert str(Finding(Problem.DAMAGED, "x", "why")) == "damaged: x (why)"
