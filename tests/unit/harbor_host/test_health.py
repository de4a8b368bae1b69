"""How the Harbor of a host is: asked here, whatever its name leads to."""

from __future__ import annotations

import socket
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from cube_airgap.errors import AuthenticationError, NetworkError, UsageError
from cube_airgap.registry.login import Login
from cube_install.harbor_host.certificates import make_certificate
from cube_install.harbor_host.health import LocalHarbor
from cube_install.harbor_host.settings import HarborHost
from tests.support.harbor.double import HarborDouble, running_double
from tests.support.harbor.faults import Fault
from tests.support.harbor.state import State

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NAME = "harbor.example"


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("certificates")
    make_certificate(directory, (NAME,), datetime.now(UTC))
    return directory


@contextmanager
def running(
    place: Path, certificates: Path, state: State | None = None
) -> Iterator[tuple[HarborDouble, HarborHost]]:
    pair = (certificates / "server.crt", certificates / "server.key")
    with running_double(place / "registry", state, pair) as double:
        yield double, HarborHost(NAME, place, https_port=int(double.host.rpartition(":")[2]))


def test_a_harbor_that_is_well_has_no_troubles(tmp_path: Path, certificates: Path) -> None:
    with running(tmp_path, certificates) as (_, host):
        assert LocalHarbor(host, certificates / "ca.crt").troubles() == ()


def test_each_service_that_is_down_is_told_with_its_container(
    tmp_path: Path, certificates: Path
) -> None:
    state = State(sick={"database": "refused", "portal": "", "redis": "gone"})
    with running(tmp_path, certificates, state) as (_, host):
        troubles = LocalHarbor(host, certificates / "ca.crt").troubles()

    assert {(one.what, one.container) for one in troubles} == {
        ("database is down (refused)", "harbor-db"),
        ("portal is down", "harbor-portal"),
        ("redis is down (gone)", "redis"),
    }


def test_what_is_down_at_the_deadline_is_told(tmp_path: Path, certificates: Path) -> None:
    with running(tmp_path, certificates, State(sick={"core": "x"})) as (_, host):
        harbor = LocalHarbor(host, certificates / "ca.crt")
        with pytest.raises(NetworkError, match=r"not well after 0 s: core is down \(x\)") as caught:
            harbor.wait(0)

    assert "docker logs harbor-core" in caught.value.remedy


def test_a_harbor_that_is_just_starting_is_waited_for(tmp_path: Path, certificates: Path) -> None:
    with running(tmp_path, certificates) as (double, host):
        double.faults.plan(Fault("GET /api/v2.0/health", status=502))
        harbor = LocalHarbor(host, certificates / "ca.crt")

        assert [one.container for one in harbor.troubles()] == ["harbor-core"]
        harbor.wait(30)


def test_nothing_at_the_port_is_a_trouble(certificates: Path, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    host = HarborHost(NAME, tmp_path, http_port=port, https_port=0)

    [trouble] = LocalHarbor(host, None).troubles()

    assert str(trouble) == f"nothing answers at port {port} of this host"


def test_a_certificate_that_is_not_trusted_is_not_waited_for(
    tmp_path: Path, certificates: Path
) -> None:
    with running(tmp_path, certificates) as (_, host):
        harbor = LocalHarbor(host, None)
        with pytest.raises(UsageError, match="not trusted") as caught:
            harbor.wait(600)

    assert "--ca-file" in caught.value.remedy


def test_a_certificate_for_another_name_is_not_waited_for(
    tmp_path: Path, certificates: Path
) -> None:
    with running(tmp_path, certificates) as (_, host):
        other = HarborHost("other.example", tmp_path, https_port=host.https_port)
        with pytest.raises(UsageError, match=r"other\.example"):
            LocalHarbor(other, certificates / "ca.crt").wait(600)


def test_the_administrators_password_is_checked(tmp_path: Path, certificates: Path) -> None:
    with running(tmp_path, certificates) as (double, host):
        harbor = LocalHarbor(host, certificates / "ca.crt")
        harbor.check_login(Login("the file", *double.state.admin))
        with pytest.raises(AuthenticationError, match="does not take the password") as caught:
            harbor.check_login(Login("the file", "admin", "Wrong-secret1"))

    assert "Wrong-secret1" not in f"{caught.value.what}{caught.value.remedy}"


def test_a_file_that_holds_no_certificate_is_told(tmp_path: Path) -> None:
    (tmp_path / "ca").write_text("text")

    with pytest.raises(UsageError, match="cannot be used"):
        LocalHarbor(HarborHost(NAME, tmp_path), tmp_path / "ca")
