from __future__ import annotations

from cube_airgap.digest import Digest
from cube_install.cli.deploying import Deployed, errors_of
from cube_install.cli.show_deploy import deployed_text
from cube_install.deploy.after.checks import Checked
from cube_install.deploy.record.revision import Revision, State
from cube_install.deploy.rollout import RolloutOutcome
from cube_install.harbor.finding import Finding, Severity
from tests.support.made_stack import stack

BUNDLE = Digest.of(b"bundle")
FINDINGS = (
    Finding(Severity.ERROR, "the entry does not work", "look at the gateway"),
    Finding(Severity.WARNING, "a user's pod is from elsewhere", "see about it"),
)


def test_what_is_told_as_an_error_at_the_end_is_not_told_before() -> None:
    revision = Revision(1, BUNDLE, "1.0", BUNDLE, 1, "2026-01-01T00:00:00Z", State.DONE)
    outcome = RolloutOutcome(revision, (), {}, (), (), (), (), 1.0)
    deployed = Deployed(outcome, Checked("http://10.0.0.1/", 1, 1, FINDINGS))

    shown = deployed_text(deployed, stack())

    assert "a user's pod is from elsewhere" in shown
    assert "the entry does not work" not in shown
    assert [str(error) for error in errors_of(deployed)] == ["the entry does not work"]
