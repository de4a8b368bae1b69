"""Files and programs for people who reach their nodes in a way of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cube_airgap.disk import writing_to
from cube_airgap.errors import MissingError, UsageError
from cube_airgap.file_range import read_head
from cube_harbor.secret import write_privately
from cube_install.nodes.node_plan import plan_node
from cube_install.nodes.node_script import node_script
from cube_install.nodes.running import Ran
from cube_install.nodes.survey import Survey, survey_script

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from cube_install.nodes.node_plan import NodePlan, Wish
    from cube_install.nodes.running import Outcome, Program

_LARGEST = 16 << 20
FRESH = {
    "containerd": Survey({"containerd": "1.7.0"}, frozenset({"containerd"})),
    "docker": Survey({"docker": "24.0.0"}, frozenset({"docker"})),
    "k3s": Survey(services=frozenset({"k3s"})),
    "k3s-agent": Survey(services=frozenset({"k3s-agent"})),
    "rke2-server": Survey(services=frozenset({"rke2-server"})),
    "rke2-agent": Survey(services=frozenset({"rke2-agent"})),
}
"""Nodes by their runtime, set up by nobody yet."""


class SurveyedNodes:
    """Nodes whose surveys lie in a directory, a file each that is named as the node; see Nodes."""

    def __init__(self, directory: Path) -> None:
        """Raises MissingError where there is none."""
        paths = sorted(path for path in directory.iterdir() if path.is_file()) if (
            directory.is_dir()
        ) else []  # fmt: skip
        if not paths:
            raise MissingError(
                f"{directory} has no surveys",
                remedy="run survey.sh on each node, and put what it prints into a file there",
            )
        self._paths = {path.name: path for path in paths}

    @property
    def names(self) -> tuple[str, ...]:
        """See Nodes."""
        return tuple(self._paths)

    def run(self, programs: Mapping[str, Program]) -> dict[str, Outcome]:
        """What the survey has answered already; nothing else can be run."""
        return {
            name: Ran(0, read_head(self._paths[name], _LARGEST).decode(errors="replace"))
            for name in programs
        }


def print_survey(directory: Path) -> Path:
    """Write the program that surveys a node. Raises SpaceError."""
    with writing_to(directory):
        directory.mkdir(parents=True, exist_ok=True)
    path = directory / "survey.sh"
    write_privately(path, survey_script())
    return path


def print_fresh(directory: Path, wish: Wish) -> None:
    """Write what nodes need that were set up by nobody, in a directory for each runtime."""
    for name, survey in FRESH.items():
        print_plan(directory / name, plan_node(survey, wish, f"a new {name} node"))


def print_plan(directory: Path, plan: NodePlan) -> None:
    """Write one node's program, `apply.sh`, and below `files` what it writes, to look at.

    All of it is for its owner alone, since it may hold the pull login. Raises SpaceError.
    """
    files = directory / "files"
    if files.exists():
        raise UsageError(
            f"{files} is there already",
            remedy="give --print a new directory: what is there may be of other nodes",
        )
    for one in plan.files:
        path = files / one.path.lstrip("/")
        with writing_to(path):
            path.parent.mkdir(parents=True, exist_ok=True)
        write_privately(path, one.data.decode())
    with writing_to(directory):
        directory.mkdir(parents=True, exist_ok=True)
    write_privately(directory / "apply.sh", node_script(plan))
