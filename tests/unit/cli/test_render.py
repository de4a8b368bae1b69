"""Rendering as a command."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner, Result

from cube_airgap.errors import SeveralErrors, UsageError
from cube_install.cli.render import render
from tests.support.rendering import stack_bundle

if TYPE_CHECKING:
    from pathlib import Path

_SITE = """\
version: 1
bundle: small.tar.zst
registry: {host: harbor.example, project: team, username: nobody, password_file: gone}
stack: {values: {entry: {address: 10.0.0.1}}}
"""


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The directory of a site file and a bundle, in which the command runs."""
    monkeypatch.chdir(tmp_path)
    stack_bundle(tmp_path / "small.tar.zst")
    (tmp_path / "site.yaml").write_text(_SITE)
    return tmp_path


def run(*arguments: str) -> Result:
    result = CliRunner().invoke(render, [*arguments, "-o", "out"])
    if result.exception:
        raise result.exception
    return result


def test_a_site_file_says_all_that_is_needed_and_no_login_is(site: Path) -> None:
    result = run()
    assert (
        "harbor.example/team/docker.io/library/nginx:1.27" in (site / "out/02-web.yaml").read_text()
    )
    assert "5 objects of 2 components written to out" in result.stdout


def test_options_go_before_the_site_file(site: Path) -> None:
    told = json.loads(
        run("--set", "entry.address=10.0.0.2", "--set", "gpu=true", "--to", "h:5/p",
            "--output", "json").stdout
    )  # fmt: skip
    assert told["values"] == {"entry.address": "10.0.0.2", "gpu": True}
    assert told["registry"] == "h:5/p"
    assert [one["name"] for one in told["components"]] == ["namespaces", "web", "plugin"]


def test_profiles_are_switched_by_options(site: Path) -> None:
    told = json.loads(run("--profile", "gpu", "--output", "json").stdout)
    assert "plugin" in {one["name"] for one in told["components"]}


def test_what_is_wrong_is_told_with_where_it_was_said(site: Path) -> None:
    (site / "site.yaml").write_text(_SITE.replace("address", "adress"))
    with pytest.raises(SeveralErrors) as caught:
        run("--set", "gpu=perhaps", "--no-profile", "cores")
    assert [(one.what, one.remedy) for one in caught.value.errors] == [
        (
            "site.yaml:4: the stack small has no value entry.adress",
            "did you mean entry.address?",
        ),
        ("--no-profile cores: the stack small has no profile cores", "did you mean core?"),
        (
            "--set gpu: gpu: 'perhaps' is neither true nor false",
            "gpu is whether there are GPUs",
        ),
        (
            "the site says nothing of entry.address: where users go",
            "write it into the site file, below stack: values: entry.address",
        ),
    ]


def test_a_value_that_is_not_given_is_told(site: Path) -> None:
    with pytest.raises(UsageError, match="gives no value"):
        run("--set", "gpu")
