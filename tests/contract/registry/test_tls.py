"""Trust: private CAs, hosts named insecure, and no others."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import requests
import trustme

from cube_airgap.errors import NetworkError, UsageError
from cube_airgap.registry.access import RegistryAccess
from cube_airgap.registry.registries import Registries
from tests.support.image_factory import image
from tests.support.real_registry import RegistryOptions, running_registry
from tests.support.registry_access import IMPATIENT, plain_access, reference, trusting_access

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.contract.registry.conftest import PrivateCa
    from tests.support.real_registry import RealRegistry

IMAGE = image()


@pytest.fixture(scope="module")
def secure(
    tmp_path_factory: pytest.TempPathFactory, private_ca: PrivateCa
) -> Iterator[RealRegistry]:
    """A real registry with TLS, which holds team/app:1."""
    options = RegistryOptions(certificate=(private_ca.certificate, private_ca.key))
    with running_registry(tmp_path_factory.mktemp("secure"), options) as running:
        _push(running.url, private_ca.ca_file)
        yield running


def _push(url: str, ca_file: Path) -> None:
    with requests.Session() as session:
        session.verify = str(ca_file)
        session.trust_env = False  # a REQUESTS_CA_BUNDLE would win over `verify`
        for digest, blob in IMAGE.blobs.items():
            begun = session.post(f"{url}/v2/team/app/blobs/uploads/", timeout=10)
            place = begun.headers["Location"]
            session.put(place, params={"digest": digest}, data=blob, timeout=10).raise_for_status()
        session.put(
            f"{url}/v2/team/app/manifests/1",
            data=IMAGE.root,
            headers={"Content-Type": IMAGE.media_type},
            timeout=10,
        ).raise_for_status()


def test_a_private_ca_is_trusted(secure: RealRegistry, private_ca: PrivateCa) -> None:
    name = reference(secure.host)
    with Registries(trusting_access(private_ca.ca_file)) as registries:
        repository = registries.repository(name)
        layer = repository.resolve(name).layers[0]
        assert b"".join(repository.read_blob(layer)) == IMAGE.blobs[str(layer.digest)]


def test_the_systems_cas_stay_trusted_beside_the_given_one(
    secure: RealRegistry, private_ca: PrivateCa, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = tmp_path / "other.pem"
    trustme.CA().cert_pem.write_to_path(other)
    monkeypatch.setenv("SSL_CERT_FILE", str(private_ca.ca_file))  # what OpenSSL takes as system's
    name = reference(secure.host)
    with Registries(trusting_access(other)) as registries:
        assert registries.repository(name).resolve(name).raw == IMAGE.root


def test_an_unknown_ca_is_refused(secure: RealRegistry) -> None:
    name = reference(secure.host)
    with (
        Registries(RegistryAccess(patience=IMPATIENT)) as registries,
        pytest.raises(NetworkError, match=f"certificate of {secure.host} is not trusted") as caught,
    ):
        registries.repository(name).resolve(name)
    assert "--ca-file" in caught.value.remedy


def test_an_insecure_host_s_certificate_is_not_checked(secure: RealRegistry) -> None:
    name = reference(secure.host)
    with Registries(plain_access(secure.host)) as registries:
        assert registries.repository(name).resolve(name).raw == IMAGE.root


def test_insecure_is_for_one_host_alone(secure: RealRegistry) -> None:
    name = reference(secure.host)
    with (
        Registries(plain_access("127.0.0.1", "127.0.0.1:1")) as registries,
        pytest.raises(NetworkError, match="is not trusted"),
    ):
        registries.repository(name).resolve(name)


def test_a_certificate_of_another_name_is_refused(
    secure: RealRegistry, private_ca: PrivateCa
) -> None:
    name = reference(secure.host.replace("127.0.0.1", "localhost"))
    with (
        Registries(trusting_access(private_ca.ca_file)) as registries,
        pytest.raises(NetworkError, match="is not trusted: Hostname mismatch"),
    ):
        registries.repository(name).resolve(name)


@pytest.mark.parametrize("text", [None, "no certificate"])
def test_an_unusable_ca_file_is_told_at_once(tmp_path: Path, text: str | None) -> None:
    path = tmp_path / "ca.pem"
    if text:
        path.write_text(text)
    with pytest.raises(UsageError, match=r"ca\.pem cannot be used"):
        Registries(RegistryAccess(ca_file=path))
