"""What became of nodes, as it is shown."""

from __future__ import annotations

from cube_airgap.errors import NetworkError
from cube_install.cli.show_nodes import nodes_json, nodes_text
from cube_install.harbor.finding import Finding, Severity
from cube_install.nodes.node_plan import NodeFile, NodePlan
from cube_install.nodes.rollout import NodeReport, State
from cube_install.nodes.survey import Survey

PLAN = NodePlan((NodeFile("/etc/a", b"", 0o644, "absent"),), (("restart", "containerd"),))
GOOD = NodeReport("n1", State.CHANGED, Survey({"containerd": "1.7.2"}), PLAN)
AWAY = NodeReport("n2", State.NOT_REACHED, error=NetworkError("it is away", remedy="look for it"))
ODD = NodeReport("n3", State.READY, Survey(), findings=(Finding(Severity.ERROR, "too old", "new"),))
LEFT = NodeReport("n4", State.LEFT, Survey(services=frozenset({"k3s"})), PLAN)


def test_people_see_a_table_and_a_count() -> None:
    assert nodes_text((GOOD, AWAY, ODD, LEFT)).splitlines() == [
        "NODE  STATE        RUNTIME           CHANGES",
        "n1    changed      containerd 1.7.2  1 file, restart containerd",
        "n2    not reached",
        "n3    ready",
        "n4    left alone   k3s               1 file, restart containerd",
        "",
        "1 of 4 nodes well",
    ]


def test_machines_see_everything() -> None:
    told = nodes_json((GOOD, AWAY))
    assert told["ready"] is False
    assert told["nodes"] == [
        {
            "name": "n1",
            "state": "changed",
            "runtime": "containerd 1.7.2",
            "files": ["/etc/a"],
            "restarts": ["containerd"],
            "findings": [],
        },
        {
            "name": "n2",
            "state": "not reached",
            "runtime": "",
            "files": [],
            "restarts": [],
            "findings": [{"severity": "error", "what": "it is away", "remedy": "look for it"}],
        },
    ]


def test_a_name_that_acts_on_a_terminal_does_not() -> None:
    assert "\x1b" not in nodes_text((NodeReport("n\x1b[2J", State.READY),))
