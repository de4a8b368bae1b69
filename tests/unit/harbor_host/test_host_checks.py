"""What stands in the way of a Harbor on a host."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from cube_install.harbor.finding import Severity
from cube_install.harbor_host import host_checks
from cube_install.harbor_host.docker_host import DockerFacts
from cube_install.harbor_host.installer_archive import Contents
from cube_install.harbor_host.listening import is_taken, listener
from cube_install.harbor_host.settings import HarborHost
from tests.support.scripted_docker import WELL, Scripted, script_docker
from tests.support.small_disk import small_disk

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MIB = 1 << 20


@pytest.fixture(params=[socket.AF_INET, socket.AF_INET6], ids=["IPv4", "IPv6"])
def taken(request: pytest.FixtureRequest) -> Iterator[int]:
    """A port that this process listens on."""
    address = "127.0.0.1" if request.param is socket.AF_INET else "::1"
    with socket.create_server((address, 0), family=request.param) as server:
        yield server.getsockname()[1]


def test_a_port_that_something_listens_on_is_taken(taken: int) -> None:
    assert is_taken(taken)
    assert listener(taken).endswith(f"(process {os.getpid()})")


def test_a_port_that_nothing_listens_on_is_free(taken: int) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]

    assert not is_taken(port)
    assert listener(port) == ""


def test_a_taken_port_is_told_with_the_program(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, taken: int
) -> None:
    script_docker(tmp_path, monkeypatch, *WELL)

    [error] = host_checks.check_ports([taken])

    assert error.what.startswith(f"port {taken} is taken by ")
    assert f"(process {os.getpid()})" in error.what
    assert "--http-port" in error.remedy


def test_a_taken_port_is_told_with_the_container(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, taken: int
) -> None:
    script_docker(tmp_path, monkeypatch, Scripted("ps", 0, "registry"))

    [error] = host_checks.check_ports([taken])

    assert error.what == f"port {taken} is taken by the container registry"


def test_the_port_of_harbors_log_cannot_be_chosen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, taken: int
) -> None:
    script_docker(tmp_path, monkeypatch, *WELL)
    monkeypatch.setattr(host_checks, "LOG_PORT", taken)

    [error] = host_checks.check_ports([taken])

    assert "log collector" in error.remedy


def test_a_user_without_rights_on_low_ports_is_told() -> None:
    asked = (
        "import os\n"
        "from cube_install.harbor_host.host_checks import check_ports\n"
        "os.setuid(65534)\n"
        "print(*[one.what for one in check_ports([79])])"
    )
    # In a network of its own nobody has allowed it.
    command = ["unshare", "--net", sys.executable, "-c", asked]
    said = subprocess.run(command, capture_output=True, text=True, check=True)

    assert said.stdout == "port 79 cannot be listened on: Permission denied\n"


def test_an_installer_for_other_machines_is_told(tmp_path: Path) -> None:
    docker = DockerFacts("27.3.1", "arm64", tmp_path)

    [error] = host_checks.check_architecture(Contents("v2.11.1", "amd64"), docker)

    assert error.what == "this installer of Harbor is for amd64 machines, and this host is arm64"


@pytest.mark.parametrize("of_images", ["", "arm64"])
def test_an_installer_for_this_machine_or_an_unknown_one_is_taken(
    tmp_path: Path, of_images: str
) -> None:
    docker = DockerFacts("27.3.1", "arm64", tmp_path)

    assert not [*host_checks.check_architecture(Contents("v2.11.1", of_images), docker)]


def test_directories_on_one_disk_need_their_room_together(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", 10 * MIB) as disk:
        fits = [*host_checks.check_disks([(disk / "a/b", 6 * MIB)])]
        [error] = host_checks.check_disks([(disk / "a/b", 6 * MIB), (disk / "c", 6 * MIB)])

    assert fits == []
    assert error.what.startswith(f"the disk of {disk}/a/b, {disk}/c has 10 MiB free")
    assert error.what.endswith("Harbor needs 12 MiB there")


def test_a_directory_that_may_not_be_written_is_told(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", MIB) as disk:
        subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
        [error] = host_checks.check_rights([disk / "opt"])

    assert "may not write" in error.what
    assert "sudo" in error.remedy


def test_a_bundle_that_will_not_fit_is_a_warning(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", MIB) as disk:
        [finding] = host_checks.note_room(disk / "data", 5 * MIB)

    assert finding.severity is Severity.WARNING
    assert "5 MiB" in finding.what
    assert not [*host_checks.note_room(tmp_path, 1)]


def test_a_name_that_this_host_does_not_know_is_a_warning(tmp_path: Path) -> None:
    [finding] = host_checks.note_name(HarborHost("harbor.invalid", tmp_path))

    assert finding.severity is Severity.WARNING
    assert not [*host_checks.note_name(HarborHost("10.0.0.5", tmp_path))]


def test_the_size_of_what_is_kept_is_counted(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a/one").write_bytes(bytes(10))
    (tmp_path / "two").write_bytes(bytes(5))

    assert host_checks.size_of(tmp_path) == 15
    assert host_checks.size_of(tmp_path / "none") == 0
