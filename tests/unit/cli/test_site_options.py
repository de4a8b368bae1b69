"""Where a command's settings come from, and which of them win."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import click
import pytest
from click.testing import CliRunner

from cube_airgap.errors import MissingError, UsageError
from cube_install.cli.main import COMMANDS, cube_install
from cube_install.cli.site_options import jobs_option, take_target, target_options

if TYPE_CHECKING:
    from pathlib import Path

    from cube_airgap.registry.login import Login
    from cube_push.target import Target

SITE = """\
version: 1
registry: {host: file.example, username: file-user, password_file: password, insecure: true}
push: {jobs: 7}
relocation: [{origin: quay.io, target: file/quay}]
"""


class Found:
    """What a command was given in the end."""

    target: Target
    jobs: int

    @property
    def login(self) -> Login | None:
        return self.target.access.credentials.of(self.target.host)


@pytest.fixture
def found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Found:
    """A directory of its own, with the password of a site file."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("DOCKER_CONFIG", raising=False)
    (tmp_path / "password").write_text("from the file\n")
    (tmp_path / "password").chmod(0o600)
    return Found()


def run(found: Found, *arguments: str, env: dict[str, str] | None = None) -> None:
    @click.command(context_settings={"auto_envvar_prefix": "CUBE_INSTALL"})
    @target_options
    @jobs_option
    def command(**values: Any) -> None:  # noqa: ANN401 - click's
        found.jobs = values["jobs"]
        found.target = take_target(values)

    result = CliRunner().invoke(command, arguments, env=env or {})
    if result.exception:
        raise result.exception


def test_without_anything_there_are_defaults_and_no_registry(found: Found) -> None:
    with pytest.raises(UsageError, match="no registry") as caught:
        run(found)
    assert "cube-install init" in caught.value.remedy
    assert found.jobs == 4


def test_the_site_file_of_the_directory_is_read(found: Found, tmp_path: Path) -> None:
    (tmp_path / "site.yaml").write_text(SITE)
    run(found)
    assert (found.target.host, found.target.project, found.jobs) == (
        "file.example",
        "cube-studio",
        7,
    )
    assert found.login
    assert (found.login.username, found.login.password) == ("file-user", "from the file")
    assert found.target.access.insecure == {"file.example"}
    assert "file" in found.target.projects


def test_a_site_file_that_cannot_be_read_is_not_passed_over(found: Found, tmp_path: Path) -> None:
    (tmp_path / "site.yaml").symlink_to("gone.yaml")
    with pytest.raises(MissingError, match=r"site\.yaml cannot be read"):
        run(found)


def test_a_directory_that_may_not_be_looked_into_has_no_site_file(
    found: Found, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError

    with monkeypatch.context() as patched:
        patched.setattr(os, "stat", refuse)
        patched.setattr(os, "lstat", refuse)
        with pytest.raises(UsageError, match="no registry"):
            run(found)


def test_another_site_file_may_be_named_and_paths_are_taken_from_its_directory(
    found: Found, tmp_path: Path
) -> None:
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc" / "site.yaml").write_text(SITE.replace("7", "9"))
    with pytest.raises(UsageError, match="etc/password"):
        run(found, "--site", "etc/site.yaml")
    assert found.jobs == 9
    (tmp_path / "password").rename(tmp_path / "etc" / "password")
    run(found, env={"CUBE_INSTALL_SITE": "etc/site.yaml"})
    assert found.login


def test_the_environment_wins_over_the_site_file(found: Found, tmp_path: Path) -> None:
    (tmp_path / "site.yaml").write_text(SITE)
    env = {"CUBE_INSTALL_TO": "env.example/team", "CUBE_INSTALL_JOBS": "5"}
    run(found, env=env)
    assert (found.target.host, found.target.project, found.jobs) == ("env.example", "team", 5)


def test_a_flag_wins_over_the_environment(found: Found, tmp_path: Path) -> None:
    (tmp_path / "site.yaml").write_text(SITE)
    env = {"CUBE_INSTALL_TO": "env.example", "CUBE_INSTALL_JOBS": "5"}
    run(found, "--to", "flag.example", "--jobs", "3", env=env)
    assert (found.target.host, found.jobs) == ("flag.example", 3)


def test_the_password_may_come_from_the_environment(found: Found) -> None:
    given = ("--to", "h.example", "--username", "me")
    run(found, *given, env={"CUBE_INSTALL_PASSWORD": "from there"})
    assert found.login
    assert found.login.password == "from there"
    with pytest.raises(MissingError, match="CUBE_INSTALL_PASSWORD"):
        run(found, *given)


def test_a_variable_that_a_flag_names_wins_over_the_site_file_s_password(
    found: Found, tmp_path: Path
) -> None:
    (tmp_path / "site.yaml").write_text(SITE)
    run(found, "--password-env", "MINE", env={"MINE": "from mine"})
    assert found.login
    assert found.login.password == "from mine"


def test_a_password_without_a_user_makes_no_sense(found: Found) -> None:
    with pytest.raises(UsageError, match="no user name"):
        run(found, "--to", "h.example", "--password-file", "password")


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_comes_from_the_variable_of_its_name(name: str) -> None:
    command = cube_install.get_command(click.Context(cube_install), name)
    assert command
    for option in command.params:
        if isinstance(option, click.Option):
            flag = max(option.opts, key=len)
            expected = "CUBE_INSTALL_" + flag.removeprefix("--").replace("-", "_").upper()
            assert option.envvar == expected


@pytest.mark.parametrize("name", COMMANDS)
def test_no_command_takes_a_secret_on_its_command_line(name: str) -> None:
    context = click.Context(cube_install)
    command = cube_install.get_command(context, name)
    assert command
    options = {one.name for one in command.params}
    assert not options & {"password", "secret", "token"}
    assert command.context_settings["auto_envvar_prefix"] == "CUBE_INSTALL"
