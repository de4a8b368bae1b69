"""Redirects, as registries use them to hand out blobs from a storage elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cube_airgap.descriptor import Descriptor
from cube_airgap.digest import Digest
from cube_airgap.errors import NetworkError
from cube_airgap.registry.registries import Registries
from tests.support.faulty_registry import Ending, Reply, ranged, scripted_registry
from tests.support.registry_access import plain_access, reference, trusting_access, with_login

if TYPE_CHECKING:
    from cube_airgap.registry.access import RegistryAccess
    from tests.contract.registry.conftest import PrivateCa
    from tests.support.faulty_registry import ScriptedRegistry

DATA = b"0123456789" * 1000
BLOB = Descriptor("application/octet-stream", Digest.of(DATA), len(DATA))
PATH = f"/v2/team/app/blobs/{BLOB.digest}"
BASIC = Reply(401, headers={"WWW-Authenticate": 'Basic realm="x"'})


def read(access: RegistryAccess, host: str, start: int = 0) -> bytes:
    with Registries(access) as registries:
        repository = registries.repository(reference(host))
        return b"".join(repository.read_blob(BLOB, start))


def logged_in(*registries: ScriptedRegistry) -> RegistryAccess:
    """Access to all of them, with a login for the first."""
    access = plain_access(*(one.host for one in registries))
    return with_login(access, registries[0].host, "me", "secret")


def moved(url: str, status: int = 307) -> Reply:
    return Reply(status, headers={"Location": url})


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_another_host_gets_the_range_and_no_authorization(
    scripted: ScriptedRegistry, other: ScriptedRegistry, status: int
) -> None:
    scripted.expect("/v2/", BASIC)
    scripted.expect(PATH, moved(f"{other.url}/store/1?X-Signature=s", status))
    other.expect("/store/1", ranged(DATA))
    assert read(logged_in(scripted, other), scripted.host, 10) == DATA[10:]
    (seen,) = other.seen
    assert seen.path == "/store/1?X-Signature=s"
    assert "authorization" not in seen.headers
    assert seen.headers["range"] == f"bytes=10-{len(DATA) - 1}"
    assert "authorization" in scripted.requests(PATH)[0].headers


def test_the_same_host_gets_the_authorization(scripted: ScriptedRegistry) -> None:
    scripted.expect("/v2/", BASIC)
    scripted.expect(PATH, moved("/v2/elsewhere"))
    scripted.expect("/v2/elsewhere", ranged(DATA))
    assert read(logged_in(scripted), scripted.host) == DATA
    assert "authorization" in scripted.requests("/v2/elsewhere")[0].headers


def test_a_storage_that_wants_a_login_is_not_told_the_registry_s(
    scripted: ScriptedRegistry, other: ScriptedRegistry
) -> None:
    """Its challenge could name a token service of its own, which would be sent the password."""
    realm = f'Bearer realm="{other.url}/token"'
    scripted.expect("/v2/", BASIC)
    scripted.expect(PATH, moved(f"{other.url}/a"))
    other.expect("/a", Reply(401, headers={"WWW-Authenticate": realm}))
    with pytest.raises(NetworkError, match=f"sends us to {other.host} for blob"):
        read(logged_in(scripted, other), scripted.host)
    assert [seen.path for seen in other.seen] == ["/a"]
    assert "authorization" not in other.seen[0].headers


def test_authorization_does_not_come_back_after_a_detour(
    scripted: ScriptedRegistry, other: ScriptedRegistry
) -> None:
    """Else the detour's host could choose what is asked for in our name."""
    scripted.expect("/v2/", BASIC)
    scripted.expect(PATH, moved(f"{other.url}/a"))
    other.expect("/a", moved(f"{scripted.url}/v2/elsewhere"))
    scripted.expect("/v2/elsewhere", ranged(DATA))
    assert read(logged_in(scripted, other), scripted.host) == DATA
    assert "authorization" not in scripted.requests("/v2/elsewhere")[0].headers


def test_user_information_in_an_address_is_not_sent(
    scripted: ScriptedRegistry, other: ScriptedRegistry
) -> None:
    scripted.expect(PATH, moved(f"http://user:pw@{other.host}/a"))
    other.expect("/a", ranged(DATA))
    assert read(plain_access(scripted.host, other.host), scripted.host) == DATA
    assert "authorization" not in other.seen[0].headers


def test_a_circle_is_left(scripted: ScriptedRegistry) -> None:
    scripted.always(PATH, moved(PATH))
    with pytest.raises(NetworkError, match="redirected more than"):
        read(plain_access(scripted.host), scripted.host)


@pytest.mark.parametrize("target", ["file:///etc/passwd", "ftp://x.example/a", "http://["])
def test_an_address_of_another_kind_is_refused(scripted: ScriptedRegistry, target: str) -> None:
    scripted.expect(PATH, moved(target))
    with pytest.raises(NetworkError, match="no HTTP address"):
        read(plain_access(scripted.host), scripted.host)


def test_tls_is_not_left_for_plain_http(private_ca: PrivateCa, other: ScriptedRegistry) -> None:
    with scripted_registry(private_ca.server_context()) as secure:
        secure.expect(PATH, moved(f"{other.url}/a"))
        with pytest.raises(NetworkError, match="from TLS to plain HTTP") as caught:
            read(trusting_access(private_ca.ca_file), secure.host)
    assert f"--insecure {other.host}" in caught.value.remedy


def test_a_storage_that_refuses_is_told_without_the_signature(
    scripted: ScriptedRegistry, other: ScriptedRegistry
) -> None:
    scripted.expect(PATH, moved(f"{other.url}/a?X-Amz-Signature=secret"))
    other.expect("/a", Reply(403, b"<Error>expired</Error>"))
    with pytest.raises(NetworkError, match=f"sends us to {other.host}.*status 403") as caught:
        read(plain_access(scripted.host, other.host), scripted.host)
    assert "secret" not in str(caught.value) + caught.value.remedy


def test_a_broken_storage_is_asked_anew_through_the_registry(
    scripted: ScriptedRegistry, other: ScriptedRegistry
) -> None:
    """A signed address may have ended meanwhile."""
    scripted.expect(PATH, moved(f"{other.url}/a?first"), moved(f"{other.url}/a?second"))
    other.expect("/a", Reply(body=DATA, ending=Ending.CLOSE, cut=100), ranged(DATA))
    assert read(plain_access(scripted.host, other.host), scripted.host) == DATA
    assert [seen.path for seen in other.seen] == ["/a?first", "/a?second"]
