"""In which order nodes are changed, and what one that fails means for the others."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from time import time
from typing import TYPE_CHECKING

from cube_airgap.errors import NetworkError
from cube_airgap.reference import Reference
from cube_airgap.relocation import default_relocation
from cube_install.nodes.node_checks import Expected
from cube_install.nodes.node_plan import Wish, plan_node
from cube_install.nodes.pull_registry import PullRegistry, origins_of
from cube_install.nodes.rollout import NodeReport, Rollout, State
from cube_install.nodes.running import Outcome, Program, Ran
from cube_install.nodes.survey import Survey

if TYPE_CHECKING:
    from collections.abc import Mapping

WISH = Wish(
    PullRegistry("harbor.example"),
    origins_of([Reference.parse("nginx:1")], default_relocation()),
)
GONE = NetworkError("it is gone", remedy="look for it")


def survey_output(**facts: str) -> str:
    lines = {"survey": "1", "user": "0", "time": str(int(time())), **facts, "end": "1"}
    return "".join(f"{name}\t{value}\n" for name, value in lines.items())


CONTAINERD = survey_output(**{"containerd": "1.7.2", "service containerd": "active"})
DOCKER = survey_output(docker="24.0.1", **{"service docker": "active"})  # needs no restart


@dataclass
class FakeNodes:
    """Nodes by what their survey says; `results` are of programs, by node and argument."""

    surveys: dict[str, str | NetworkError]
    results: dict[tuple[str, str], Outcome] = field(default_factory=dict)
    asked: list[tuple[str, list[str]]] = field(default_factory=list)

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self.surveys)

    def run(self, programs: Mapping[str, Program]) -> dict[str, Outcome]:
        (argument,) = {one.argument for one in programs.values()}
        self.asked.append((argument, list(programs)))
        return {name: self._outcome(name, one) for name, one in programs.items()}

    def _outcome(self, name: str, program: Program) -> Outcome:
        if program.argument == WISH.registry.url:
            survey = self.surveys[name]
            return survey if isinstance(survey, NetworkError) else Ran(0, survey)
        return self.results.get((name, program.argument), Ran(0, "done\tkept\n"))


def roll_out(nodes: FakeNodes) -> dict[str, NodeReport]:
    rollout = Rollout(nodes, WISH, Expected(), lambda _: None)
    return {one.name: one for one in rollout.change(rollout.look())}


def states(nodes: FakeNodes) -> dict[str, State]:
    return {name: one.state for name, one in roll_out(nodes).items()}


def test_looking_changes_nothing() -> None:
    nodes = FakeNodes({"a": CONTAINERD})
    (report,) = Rollout(nodes, WISH, Expected(), lambda _: None).look()
    assert (report.state, nodes.asked) == (State.TO_CHANGE, [(WISH.registry.url, ["a"])])


def test_what_restarts_is_changed_one_node_after_the_other() -> None:
    nodes = FakeNodes({"a": CONTAINERD, "b": DOCKER, "c": CONTAINERD, "d": DOCKER})
    assert set(states(nodes).values()) == {State.CHANGED}
    assert nodes.asked[1:] == [
        ("check", ["a", "b", "c", "d"]),
        ("", ["b", "d"]),
        ("", ["a"]),
        ("", ["c"]),
    ]


def test_a_node_that_does_not_come_back_is_the_last_one() -> None:
    failed = Ran(20, "failed\tit did not come back, and has its old ones again\n")
    nodes = FakeNodes({"a": CONTAINERD, "b": CONTAINERD, "c": CONTAINERD}, {("a", ""): failed})
    found = roll_out(nodes)
    assert [one.state for one in found.values()] == [State.FAILED, State.LEFT, State.LEFT]
    assert not any(one.is_well for one in found.values())
    assert found["a"].error
    assert found["a"].error.what == "a: it did not come back, and has its old ones again"


def test_a_connection_that_breaks_in_a_restart_ends_the_work_too() -> None:
    nodes = FakeNodes({"a": CONTAINERD, "b": CONTAINERD}, {("a", ""): GONE})
    assert states(nodes) == {"a": State.NOT_REACHED, "b": State.LEFT}


def test_nodes_that_cannot_be_reached_keep_no_others_waiting() -> None:
    nodes = FakeNodes({"a": GONE, "b": CONTAINERD, "c": GONE, "d": DOCKER})
    assert states(nodes) == {
        "a": State.NOT_REACHED,
        "b": State.CHANGED,
        "c": State.NOT_REACHED,
        "d": State.CHANGED,
    }


def test_a_setting_that_is_refused_stays_on_its_node() -> None:
    refused = Ran(11, "failed\tcontainerd refuses its new config.toml\n")
    nodes = FakeNodes({"a": CONTAINERD, "b": CONTAINERD}, {("a", "check"): refused})
    assert states(nodes) == {"a": State.FAILED, "b": State.CHANGED}


def test_a_node_that_says_nothing_has_failed() -> None:
    nodes = FakeNodes({"a": DOCKER}, {("a", ""): Ran(0, "")})
    assert states(nodes) == {"a": State.FAILED}


def test_a_node_that_is_set_up_is_not_touched() -> None:
    survey = Survey.parse(DOCKER, "a")
    files = {one.path: one.data for one in plan_node(survey, WISH, "a").files}
    lines = "".join(f"file {path}\t{_encoded(data)}\n" for path, data in files.items())
    nodes = FakeNodes({"a": DOCKER.replace("end\t1", f"{lines}end\t1")})
    assert states(nodes) == {"a": State.READY}
    assert len(nodes.asked) == 1


def _encoded(data: bytes) -> str:
    return base64.b64encode(data).decode()


def test_a_survey_that_is_no_survey_fails_its_node_alone() -> None:
    assert states(FakeNodes({"a": "hello", "b": DOCKER})) == {"a": State.FAILED, "b": State.CHANGED}


def test_a_node_with_an_error_is_not_well() -> None:
    nodes = FakeNodes({"a": survey_output(docker="24.0.1", kernel="2.6.1")})
    report = roll_out(nodes)["a"]
    assert (report.state, report.is_well) == (State.CHANGED, False)


def test_a_clock_that_is_wrong_is_seen() -> None:
    nodes = FakeNodes({"a": survey_output(docker="24.0.1", time="1600000000")})
    findings = [str(one) for one in roll_out(nodes)["a"].findings]
    assert any("its clock is" in one for one in findings)
