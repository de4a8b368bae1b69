"""Asking for a site file."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner, Result

from cube_airgap.errors import UsageError
from cube_install.cli.init import init
from cube_install.site.site_file import SiteFile

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path / "site.yaml"


def run(*arguments: str, answers: str = "") -> Result:
    result = CliRunner().invoke(init, arguments, input=answers)
    if result.exception:
        raise result.exception
    return result


def test_questions_are_asked_until_all_is_known(path: Path) -> None:
    answers = "b.zst\noutside.pub\nh.example/team\nadmin\npassword\n\ny\nn\nkube\n10.0.0.1\n\ny\n"
    result = run(answers=answers)
    file = SiteFile.read(path)
    settings = file.settings
    chosen = {name: one.value for name, one in file.wishes.values.items()}
    assert chosen == {"entry.address": "10.0.0.1", "gpu": True}
    assert settings["kubeconfig"] == str(path.parent / "kube")
    assert settings["trusted_keys"] == [str(path.parent / "outside.pub")]
    assert (settings["to"], settings["username"]) == ("h.example/team", "admin")
    assert settings["insecure"] == ["h.example"]
    assert "ca_file" not in settings
    assert "create_project" not in settings
    assert result.stdout.startswith("site.yaml written: ")


def test_a_link_that_leads_nowhere_is_not_overwritten(path: Path) -> None:
    path.symlink_to("gone.yaml")
    with pytest.raises(UsageError, match="is there already"):
        run("--yes")


def test_what_is_given_is_not_asked_for(path: Path) -> None:
    result = run("--to", "h.example", "--bundle", "b", "--trusted-key", "a.pub", "--trusted-key",
                 "b, c.pub", "--username", "", answers="\nn\ny\n\n\n\n\n")  # fmt: skip
    assert "Registry HOST" not in result.output
    settings = SiteFile.read(path).settings
    assert settings["create_project"] is True
    assert settings["trusted_keys"] == [str(path.parent / one) for one in ("a.pub", "b, c.pub")]


def test_without_a_registry_nothing_more_is_asked(path: Path) -> None:
    run(answers="\n\n\n")
    assert not {"to", "trusted_keys"} & SiteFile.read(path).settings.keys()


def test_nothing_is_asked_with_yes(path: Path) -> None:
    assert run("--yes", "--to", "h.example").exit_code == 0
    assert SiteFile.read(path).settings["to"] == "h.example/cube-studio"


def test_a_file_that_is_there_stays_as_it_is(path: Path) -> None:
    path.write_text("mine")
    with pytest.raises(UsageError, match="is there already"):
        run("--yes")
    assert path.read_text() == "mine"


def test_a_registry_that_is_none_is_refused_and_nothing_is_written(path: Path) -> None:
    with pytest.raises(UsageError):
        run("--yes", "--to", "https://h.example/x")
    assert not path.exists()
