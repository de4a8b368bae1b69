"""Programs and files for people who reach their nodes in a way of their own."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from cube_airgap.errors import MissingError, UsageError
from cube_airgap.reference import Reference
from cube_airgap.registry.login import Login
from cube_airgap.relocation import default_relocation
from cube_install.nodes.node_plan import NodePlan, Wish, plan_node
from cube_install.nodes.node_script import node_script
from cube_install.nodes.printing import (
    FRESH,
    SurveyedNodes,
    print_fresh,
    print_plan,
    print_survey,
)
from cube_install.nodes.pull_registry import PullRegistry, origins_of
from cube_install.nodes.running import Program, Ran

if TYPE_CHECKING:
    from pathlib import Path

WISH = Wish(
    PullRegistry("harbor.example", ca="PEM", login=Login("here", "robot", "secret")),
    origins_of([Reference.parse("nginx:1")], default_relocation()),
)


def plan() -> NodePlan:
    return plan_node(FRESH["containerd"], WISH, "n1")


def test_new_nodes_of_each_kind_get_a_program(tmp_path: Path) -> None:
    print_fresh(tmp_path, WISH)
    assert {path.name for path in tmp_path.iterdir()} == {*FRESH}
    files = tmp_path / "rke2-agent/files"
    assert (files / "etc/rancher/rke2/registries.yaml").exists()


def test_what_holds_a_login_is_for_its_owner_alone(tmp_path: Path) -> None:
    print_plan(tmp_path / "n1", plan())
    modes = {path.stat().st_mode & 0o777 for path in (tmp_path / "n1").rglob("*") if path.is_file()}
    assert modes == {0o600}


def test_a_directory_of_other_nodes_is_left_alone(tmp_path: Path) -> None:
    print_plan(tmp_path, plan())
    with pytest.raises(UsageError, match="is there already"):
        print_plan(tmp_path, plan())


@pytest.mark.parametrize("name", FRESH)
def test_a_shell_reads_the_program(name: str) -> None:
    text = node_script(plan_node(FRESH[name], WISH, "n1"))
    done = subprocess.run(["sh", "-n"], input=text, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_the_program_names_its_changes() -> None:
    assert plan().name == plan().name
    other = Wish(PullRegistry("other.example"), WISH.origins)
    assert plan().name != plan_node(FRESH["containerd"], other, "n1").name


def test_surveys_are_known_by_the_names_of_their_files(tmp_path: Path) -> None:
    print_survey(tmp_path / "program")
    surveys = tmp_path / "surveys"
    surveys.mkdir()
    (surveys / "n1").write_text("survey\t1\nend\t1\n")
    nodes = SurveyedNodes(surveys)
    assert nodes.names == ("n1",)
    assert nodes.run({"n1": Program("")}) == {"n1": Ran(0, "survey\t1\nend\t1\n")}


def test_a_directory_without_surveys_is_told(tmp_path: Path) -> None:
    with pytest.raises(MissingError, match="has no surveys"):
        SurveyedNodes(tmp_path)
