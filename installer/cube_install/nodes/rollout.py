"""Setting up many nodes: all are looked at, then changed so that a mistake stays on one of them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from time import time
from typing import TYPE_CHECKING

from cube_airgap.errors import AirgapError, IntegrityError
from cube_install.harbor.finding import Severity
from cube_install.nodes.node_checks import check_node
from cube_install.nodes.node_plan import plan_node
from cube_install.nodes.node_script import node_script
from cube_install.nodes.running import Program, Ran
from cube_install.nodes.survey import Survey, survey_script

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from cube_install.harbor.finding import Finding
    from cube_install.nodes.node_checks import Expected
    from cube_install.nodes.node_plan import NodePlan, Wish
    from cube_install.nodes.running import Nodes, Outcome

_CHANGED_MEANWHILE, _REFUSED, _TAKEN_BACK, _DOWN = 10, 11, 20, 21
_REMEDIES = {
    _CHANGED_MEANWHILE: "run the same command again",
    _REFUSED: "look into the file that is named there; nothing was changed on that node",
    _TAKEN_BACK: "see what the service says there (journalctl -u SERVICE); what it had before is "
    "in force again",
    _DOWN: "log in there and look at the service (journalctl -u SERVICE): it needs help by hand",
}


class State(StrEnum):
    """What became of a node."""

    READY = "ready"  # nothing has to change
    TO_CHANGE = "to change"
    CHANGED = "changed"
    FAILED = "failed"
    NOT_REACHED = "not reached"
    LEFT = "left alone"  # since another one failed before


@dataclass(frozen=True)
class NodeReport:
    """A node, what became of it, what was found there, and the error that ended its work."""

    name: str
    state: State
    survey: Survey | None = None
    plan: NodePlan | None = None
    findings: tuple[Finding, ...] = ()
    error: AirgapError | None = None

    @property
    def is_well(self) -> bool:
        """Whether the node is as wished, and nothing that was found keeps it from working.

        A node that was only looked at counts as one that could be changed.
        """
        is_as_wished = self.error is None and self.state is not State.LEFT
        return is_as_wished and all(one.severity is not Severity.ERROR for one in self.findings)


class Rollout:
    """The work on `nodes`; `say` is told of each step."""

    def __init__(
        self, nodes: Nodes, wish: Wish, expected: Expected, say: Callable[[str], None]
    ) -> None:
        self._nodes = nodes
        self._wish = wish
        self._expected = replace(expected, is_alone=len(nodes.names) == 1)
        self._say = say

    def look(self) -> tuple[NodeReport, ...]:
        """Survey every node and work out what it needs; nothing is changed."""
        program = Program(survey_script(), self._wish.registry.url)
        before = time()
        outcomes = self._nodes.run(dict.fromkeys(self._nodes.names, program))
        moment = (before + time()) / 2, (time() - before) / 2
        return tuple(self._looked_at(name, outcomes[name], *moment) for name in self._nodes.names)

    def _looked_at(self, name: str, outcome: Outcome, now: float, margin: float) -> NodeReport:
        if isinstance(outcome, AirgapError):
            return NodeReport(name, State.NOT_REACHED, error=outcome)
        try:
            survey = Survey.parse(outcome.output, name)
            plan = plan_node(survey, self._wish, name)
        except AirgapError as error:
            return NodeReport(name, State.FAILED, error=error)
        ahead = survey.number("time") - now
        findings = check_node(survey, self._expected, ahead if abs(ahead) > margin else 0.0)
        state = State.TO_CHANGE if plan.files else State.READY
        return NodeReport(name, state, survey, plan, findings)

    def change(self, reports: Iterable[NodeReport]) -> tuple[NodeReport, ...]:
        """Make the changes: side by side where nothing restarts, else one node after the other.

        Each node's are tried out by its own programs first. A node that does not come back gets its
        old files again, and no other one is restarted after it.
        """
        by_name = {one.name: one for one in reports}
        by_name |= self._step(by_name.values(), "check", State.TO_CHANGE)
        waiting = [one for one in by_name.values() if one.state is State.TO_CHANGE]
        by_name |= self._step([one for one in waiting if not _restarts(one)], "", State.CHANGED)
        restarting = [one for one in waiting if _restarts(one)]
        while restarting:
            report = restarting.pop(0)
            self._say(f"{report.name}: {_restarts(report)}")
            by_name |= self._step([report], "", State.CHANGED)
            if by_name[report.name].state is not State.CHANGED:
                by_name |= {one.name: replace(one, state=State.LEFT) for one in restarting}
                break
        return tuple(by_name.values())

    def _step(
        self, reports: Iterable[NodeReport], argument: str, then: State
    ) -> Mapping[str, NodeReport]:
        """Run the changes' program on those nodes that have some; `then` is what they are after."""
        concerned = {one.name: one for one in reports if one.state is State.TO_CHANGE and one.plan}
        programs = {
            name: Program(node_script(one.plan), argument)
            for name, one in concerned.items()
            if one.plan
        }
        outcomes = self._nodes.run(programs) if programs else {}
        return {name: _after(concerned[name], outcomes[name], then) for name in programs}


def _restarts(report: NodeReport) -> str:
    services = report.plan.services if report.plan else ()
    return ", ".join(f"{action} {service}" for action, service in services)


def _after(report: NodeReport, outcome: Outcome, then: State) -> NodeReport:
    if isinstance(outcome, AirgapError):
        return replace(report, state=State.NOT_REACHED, error=outcome)
    if outcome.code == 0 and outcome.told("done"):
        return replace(report, state=then)
    return replace(report, state=State.FAILED, error=_error(report.name, outcome))


def _error(node: str, ran: Ran) -> AirgapError:
    told = ran.told("failed") or " ".join(ran.output.split())[-300:] or "it said nothing"
    return IntegrityError(
        f"{node}: {told}",
        remedy=_REMEDIES.get(ran.code, "look into it there, then run the same command again"),
    )
