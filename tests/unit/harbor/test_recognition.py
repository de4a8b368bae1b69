"""Telling a Harbor from other registries, by plain HTTP and by TLS."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
import trustme

from cube_airgap.errors import NetworkError
from cube_airgap.registry.access import RegistryAccess
from cube_airgap.registry.retries import Retries
from cube_airgap.registry.transport import Transport
from cube_harbor.recognition import HarborVersion, find_harbor, read_health
from tests.support.harbor.double import running_double
from tests.support.harbor.faults import Fault
from tests.support.harbor.site import PATIENCE, Site

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from cube_harbor.api import HarborApi
    from tests.support.harbor.double import HarborDouble
    from tests.support.real_registry import RealRegistry


def find(host: str, access: RegistryAccess) -> HarborApi | None:
    access = replace(access, patience=PATIENCE)
    transport = Transport(access)
    try:
        return find_harbor(host, transport, access.credentials, Retries(PATIENCE))
    finally:
        transport.close()


def insecure(host: str) -> RegistryAccess:
    return RegistryAccess(insecure=frozenset({host}))


@pytest.fixture
def ca_file(tmp_path: Path) -> Path:
    return tmp_path / "ca.pem"


@pytest.fixture
def behind_tls(tmp_path: Path, ca_file: Path) -> Iterator[HarborDouble]:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(ca_file)
    issued = authority.issue_cert("127.0.0.1")
    key, chain = tmp_path / "key.pem", tmp_path / "chain.pem"
    issued.private_key_pem.write_to_path(key)
    issued.cert_chain_pems[0].write_to_path(chain)
    with running_double(tmp_path / "harbor", certificate=(chain, key)) as double:
        yield double


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ("v2.9.5-local", HarborVersion(2, 9, 5)),
        ("v2.16.0-6b2e1f0a", HarborVersion(2, 16)),
        ("2.10", HarborVersion(2, 10)),
        ("dev", None),
        ("", None),
    ],
)
def test_versions_are_read(text: str, version: HarborVersion | None) -> None:
    assert HarborVersion.parse(text) == version


def test_versions_are_compared_as_numbers() -> None:
    assert HarborVersion(2, 9, 5) < HarborVersion(2, 10)


def test_a_plain_registry_is_no_harbor(registry: RealRegistry) -> None:
    assert find(registry.host, insecure(registry.host)) is None


def test_a_harbor_with_a_private_ca_is_found(behind_tls: HarborDouble, ca_file: Path) -> None:
    api = find(behind_tls.host, RegistryAccess(ca_file=ca_file))
    assert api
    assert api.base == behind_tls.base


def test_an_unknown_ca_is_told_with_what_to_do(behind_tls: HarborDouble) -> None:
    with pytest.raises(NetworkError, match="not trusted") as caught:
        find(behind_tls.host, RegistryAccess())
    assert "--ca-file" in caught.value.remedy


def test_an_insecure_host_is_not_verified(behind_tls: HarborDouble) -> None:
    api = find(behind_tls.host, insecure(behind_tls.host))
    assert api
    assert api.base.startswith("https://")


def test_plain_http_is_for_insecure_hosts_only(double: HarborDouble) -> None:
    with pytest.raises(NetworkError, match="plain HTTP"):
        find(double.host, RegistryAccess())
    api = find(double.host, insecure(double.host))
    assert api
    assert api.base == f"http://{double.host}"


def test_a_host_where_nobody_listens_is_told(double: HarborDouble) -> None:
    with pytest.raises(NetworkError, match="cannot be connected to"):
        find("127.0.0.1:1", insecure("127.0.0.1:1"))


def test_a_harbor_that_starts_is_waited_for(double: HarborDouble) -> None:
    double.faults.plan(Fault("GET .*/ping", 502))
    assert find(double.host, insecure(double.host))


def test_a_service_that_is_down_is_told_with_its_error(site: Site, double: HarborDouble) -> None:
    double.state.sick["jobservice"] = "connection refused"
    sick = [one for one in read_health(site.api()) if not one.is_healthy]
    assert [(one.name, one.error) for one in sick] == [("jobservice", "connection refused")]
