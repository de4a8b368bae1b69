"""Logging in to real registries: Basic, and Bearer with a token service."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest
import requests

from cube_airgap.errors import AuthenticationError
from cube_airgap.registry.login import Login
from cube_airgap.registry.registries import Registries
from tests.support.faulty_registry import scripted_registry
from tests.support.image_factory import image, layer
from tests.support.real_registry import RegistryOptions, running_registry
from tests.support.registry_access import plain_access, reference, with_identity, with_login
from tests.support.token_service import TokenService

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cube_airgap.registry.access import RegistryAccess
    from tests.support.real_registry import RealRegistry

IMAGE = image([layer({str(n): bytes(1000 * n)}) for n in range(4)])
USER, PASSWORD = "robot$loader", "p:ss wörd"


def _push(session: requests.Session, registry: RealRegistry) -> None:
    base = f"{registry.url}/v2/team/app"
    for digest, blob in IMAGE.blobs.items():
        place = session.post(f"{base}/blobs/uploads/", timeout=10).headers["Location"]
        session.put(place, params={"digest": digest}, data=blob, timeout=10).raise_for_status()
    headers = {"Content-Type": IMAGE.media_type}
    pushed = session.put(f"{base}/manifests/1", data=IMAGE.root, headers=headers, timeout=10)
    pushed.raise_for_status()


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealRegistry]:
    """A real registry behind Basic, which holds team/app:1."""
    options = RegistryOptions(users=((USER, PASSWORD),))
    with (
        running_registry(tmp_path_factory.mktemp("basic"), options) as running,
        requests.Session() as session,
    ):
        session.headers["Authorization"] = Login("", USER, PASSWORD).basic
        _push(session, running)
        yield running


@pytest.fixture
def tokens() -> Iterator[TokenService]:
    with scripted_registry() as server:
        yield TokenService(server)


@pytest.fixture
def issued(
    tmp_path_factory: pytest.TempPathFactory, tokens: TokenService
) -> Iterator[RealRegistry]:
    """A real registry that trusts `tokens`, and holds team/app:1."""
    directory = tmp_path_factory.mktemp("bearer")
    options = RegistryOptions(token=tokens.registry_settings(directory))
    with running_registry(directory, options) as running, requests.Session() as session:
        token = tokens.token(["repository:team/app:pull,push"])
        session.headers["Authorization"] = f"Bearer {token}"
        _push(session, running)
        yield running


def _pull(access: RegistryAccess, host: str) -> None:
    """Pull the whole image, and see that all of it came."""
    name = reference(host)
    with Registries(access) as registries:
        repository = registries.repository(name)
        manifest = repository.resolve(name)
        assert manifest.raw == IMAGE.root
        for blob in manifest.blobs:
            assert b"".join(repository.read_blob(blob)) == IMAGE.blobs[str(blob.digest)]


def _wait_until_refused(registry: RealRegistry, token: str) -> None:
    headers = {"Authorization": f"Bearer {token}"}
    url = f"{registry.url}/v2/team/app/manifests/1"
    while requests.head(url, headers=headers, timeout=10).status_code != 401:
        time.sleep(0.05)


def _access(registry: RealRegistry, tokens: TokenService) -> RegistryAccess:
    return plain_access(registry.host, tokens.server.host)


def test_basic(guarded: RealRegistry) -> None:
    _pull(with_login(plain_access(guarded.host), guarded.host, USER, PASSWORD), guarded.host)


def test_a_wrong_password_is_told_with_its_origin_and_without_it(guarded: RealRegistry) -> None:
    access = with_login(plain_access(guarded.host), guarded.host, USER, "guess")
    with pytest.raises(AuthenticationError, match="from the test's file") as caught:
        _pull(access, guarded.host)
    assert "guess" not in str(caught.value) + caught.value.remedy


def test_missing_credentials_are_asked_for(guarded: RealRegistry) -> None:
    with pytest.raises(AuthenticationError, match="wants credentials") as caught:
        _pull(plain_access(guarded.host), guarded.host)
    assert "--creds-file" in caught.value.remedy


def test_a_login_of_another_host_is_not_shown(guarded: RealRegistry) -> None:
    access = with_login(plain_access(guarded.host), "other.example", USER, PASSWORD)
    with pytest.raises(AuthenticationError, match="wants credentials"):
        _pull(access, guarded.host)


def test_an_anonymous_token(issued: RealRegistry, tokens: TokenService) -> None:
    _pull(_access(issued, tokens), issued.host)
    assert tokens.issued == 1


def test_a_token_for_a_password(issued: RealRegistry, tokens: TokenService) -> None:
    tokens.users["me"] = "pw"
    _pull(with_login(_access(issued, tokens), issued.host, "me", "pw"), issued.host)


def test_a_token_for_an_identity_token(issued: RealRegistry, tokens: TokenService) -> None:
    tokens.users["me"] = "pw"
    tokens.identities.add("secret")
    _pull(with_identity(_access(issued, tokens), issued.host, "secret"), issued.host)
    assert [seen.method for seen in tokens.server.requests("/token")] == ["POST"]


def test_an_expired_token_is_renewed(issued: RealRegistry, tokens: TokenService) -> None:
    tokens.lives = [-60]
    _pull(_access(issued, tokens), issued.host)
    assert tokens.issued == 2


def test_a_token_that_expires_between_two_blobs_is_renewed(
    issued: RealRegistry, tokens: TokenService
) -> None:
    tokens.lives = [2]
    name = reference(issued.host)
    with Registries(_access(issued, tokens)) as registries:
        repository = registries.repository(name)
        first, *_, last = repository.resolve(name).layers
        list(repository.read_blob(first))
        _wait_until_refused(issued, tokens.last)
        assert b"".join(repository.read_blob(last)) == IMAGE.blobs[str(last.digest)]
    assert tokens.issued == 2


def test_a_token_is_renewed_before_it_expires(issued: RealRegistry, tokens: TokenService) -> None:
    tokens.answer["expires_in"] = 0.000001
    _pull(_access(issued, tokens), issued.host)
    assert tokens.issued == 1 + len(set(IMAGE.blobs) - {IMAGE.digest})


def test_an_empty_access_token_stands_beside_the_token(
    issued: RealRegistry, tokens: TokenService
) -> None:
    tokens.answer["access_token"] = ""
    _pull(_access(issued, tokens), issued.host)


def test_a_token_service_that_refuses_the_password(
    issued: RealRegistry, tokens: TokenService
) -> None:
    tokens.users["me"] = "pw"
    access = with_login(_access(issued, tokens), issued.host, "me", "guess")
    with pytest.raises(AuthenticationError, match="of me from the test's file") as caught:
        _pull(access, issued.host)
    assert "guess" not in str(caught.value) + caught.value.remedy


def test_tokens_that_never_do_end_in_an_error(issued: RealRegistry, tokens: TokenService) -> None:
    tokens.lives = [-60] * 1000
    with pytest.raises(AuthenticationError, match="wants credentials"):
        _pull(_access(issued, tokens), issued.host)
