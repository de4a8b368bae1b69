"""Docker on a host: whether Harbor can run in it."""

from __future__ import annotations

from pathlib import Path

import pytest

from cube_airgap.errors import MissingError, UsageError
from cube_install.harbor_host.docker_host import (
    DockerFacts,
    check_compose,
    harbor_directory,
    look_at_docker,
    publisher,
)
from tests.support.scripted_docker import WELL, Scripted, script_docker, version_of


def test_what_a_daemon_says_of_itself_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script_docker(tmp_path, monkeypatch, *WELL)

    assert look_at_docker() == DockerFacts("27.3.1", "amd64", Path("/var/lib/docker"))


def test_no_docker_is_told_with_where_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(MissingError, match="Docker is not installed") as caught:
        look_at_docker()

    assert "cube-install kit" in caught.value.remedy


def test_a_daemon_that_does_not_run_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    err = "Cannot connect to the Docker daemon at unix:///x. Is the docker daemon running?"
    script_docker(tmp_path, monkeypatch, Scripted("version", 1, "null", err))

    with pytest.raises(UsageError, match="daemon does not answer: Cannot connect") as caught:
        look_at_docker()

    assert "systemctl start docker" in caught.value.remedy


def test_a_user_without_rights_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    err = "permission denied while trying to connect to the Docker daemon socket"
    script_docker(tmp_path, monkeypatch, Scripted("version", 1, "", err))

    with pytest.raises(UsageError, match="may not use Docker") as caught:
        look_at_docker()

    assert "sudo" in caught.value.remedy


@pytest.mark.parametrize("version", ["19.03.15", "20.10.9", "1.13.1", "20.10.9+dfsg1"])
def test_an_old_docker_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: str
) -> None:
    script_docker(tmp_path, monkeypatch, version_of(version), *WELL[1:])

    with pytest.raises(UsageError, match="too old for Harbor") as caught:
        look_at_docker()

    assert "20.10.10" in caught.value.remedy


@pytest.mark.parametrize("version", ["20.10.10", "20.10.24+dfsg1", "29.0.0-rc.1"])
def test_a_docker_that_is_new_enough_is_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: str
) -> None:
    script_docker(tmp_path, monkeypatch, version_of(version), *WELL[1:])

    assert look_at_docker().version == version


def test_a_docker_without_compose_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    err = "docker: unknown command: docker compose"
    script_docker(tmp_path, monkeypatch, Scripted("compose version", 1, "", err))

    with pytest.raises(MissingError, match="no compose plugin") as caught:
        check_compose()

    assert "cli-plugins" in caught.value.remedy


def test_settings_of_the_shell_do_not_reach_dockers_programs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = Scripted("ps -a", 0, "/root/harbor")
    script_docker(tmp_path, monkeypatch, said)
    program = tmp_path / "scripted/docker"
    guard = '#!/bin/sh\n[ -z "$host$COMPOSE_FILE$HARBOR_BUNDLE_DIR" ] || exit 9\n'
    program.write_text(program.read_text().replace("#!/bin/sh\n", guard))
    for name in ("host", "COMPOSE_FILE", "HARBOR_BUNDLE_DIR"):
        monkeypatch.setenv(name, "x")

    assert harbor_directory() == Path("/root/harbor")


def test_a_host_without_a_harbor_has_no_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script_docker(tmp_path, monkeypatch, *WELL)

    assert harbor_directory() is None
    assert publisher(80) == ""


def test_the_container_that_publishes_a_port_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script_docker(tmp_path, monkeypatch, Scripted("ps --filter publish=80 ", 0, "web\n"))

    assert publisher(80) == "web"
