"""Registries whose challenges and token services are hard to follow; Harbor's above all."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from cube_airgap.errors import AuthenticationError, MissingError, NetworkError
from cube_airgap.registry.registries import Registries
from tests.support.faulty_registry import Reply, manifest_reply, scripted_registry
from tests.support.image_factory import image
from tests.support.real_registry import free_port
from tests.support.registry_access import plain_access, reference, trusting_access, with_login

if TYPE_CHECKING:
    from cube_airgap.registry.access import RegistryAccess
    from tests.contract.registry.conftest import PrivateCa
    from tests.support.faulty_registry import ScriptedRegistry, Seen

IMAGE = image()
PATH = "/v2/team/app/manifests/1"
FOUND = manifest_reply(IMAGE.root)
# What Harbor answers to every request that had an authorization which does not do.
USELESS = Reply(
    401, b'{"errors":[{"code":"UNAUTHORIZED"}]}', {"WWW-Authenticate": 'Basic realm="harbor"'}
)


def resolve(access: RegistryAccess, host: str) -> bytes:
    name = reference(host)
    with Registries(access) as registries:
        return registries.repository(name).resolve(name).raw


def bearer(realm: str) -> Reply:
    return Reply(401, headers={"WWW-Authenticate": f'Bearer realm="{realm}",service="s"'})


def token(value: str) -> Reply:
    return Reply(body=json.dumps({"token": value, "access_token": "", "expires_in": 1800}).encode())


def only_for(value: str) -> object:
    def answer(seen: Seen) -> Reply:
        return FOUND if seen.headers.get("authorization") == f"Bearer {value}" else USELESS

    return answer


def test_a_useless_challenge_does_not_keep_a_token_from_being_renewed(
    scripted: ScriptedRegistry,
) -> None:
    scripted.always("/v2/", bearer(f"{scripted.url}/service/token"))
    scripted.expect("/service/token", token("old"), token("new"))
    scripted.always(PATH, only_for("new"))  # type: ignore[arg-type]
    assert resolve(plain_access(scripted.host), scripted.host) == IMAGE.root


def test_a_registry_that_challenges_only_for_the_repository(scripted: ScriptedRegistry) -> None:
    scripted.expect("/token", token("t"))
    scripted.expect(PATH, bearer(f"{scripted.url}/token"), only_for("t"))  # type: ignore[arg-type]
    assert resolve(plain_access(scripted.host), scripted.host) == IMAGE.root


def test_a_wider_scope_that_the_registry_asks_for_is_fetched(scripted: ScriptedRegistry) -> None:
    header = (
        f'Bearer realm="{scripted.url}/token",scope="repository:team/app:pull repository:base:pull"'
    )
    scripted.always("/v2/", bearer(f"{scripted.url}/token"))
    scripted.expect("/token", token("narrow"), token("wide"))
    scripted.expect(PATH, Reply(401, headers={"WWW-Authenticate": header}), only_for("wide"))  # type: ignore[arg-type]
    assert resolve(plain_access(scripted.host), scripted.host) == IMAGE.root
    assert "repository%3Abase%3Apull" in scripted.requests("/token")[1].path


def test_a_scope_names_the_repository(scripted: ScriptedRegistry) -> None:
    scripted.always("/v2/", bearer(f"{scripted.url}/token?given=1"))
    scripted.expect("/token", token("t"))
    scripted.expect(PATH, FOUND)
    resolve(plain_access(scripted.host), scripted.host)
    (seen,) = scripted.requests("/token")
    assert seen.path == "/token?given=1&service=s&scope=repository%3Ateam%2Fapp%3Apull"


def test_a_realm_that_cannot_be_reached_is_sought_at_the_registry(
    scripted: ScriptedRegistry,
) -> None:
    """Harbor announces its configured name, which may be unknown here (#18156)."""
    elsewhere = f"127.0.0.1:{free_port()}"
    scripted.always("/v2/", bearer(f"http://{elsewhere}/service/token"))
    scripted.expect("/service/token", token("t"))
    scripted.expect(PATH, FOUND)
    assert resolve(plain_access(scripted.host, elsewhere), scripted.host) == IMAGE.root


@pytest.mark.parametrize("is_insecure", [False, True])
def test_a_plain_realm_of_a_secure_registry_is_asked_by_tls(
    private_ca: PrivateCa, is_insecure: bool
) -> None:
    with scripted_registry(private_ca.server_context()) as secure:
        secure.always("/v2/", bearer(f"http://{secure.host}/service/token"))
        secure.expect("/service/token", token("t"))
        secure.expect(PATH, FOUND)
        trusting = trusting_access(private_ca.ca_file)
        access = plain_access(secure.host) if is_insecure else trusting
        assert resolve(access, secure.host) == IMAGE.root


def test_credentials_never_go_to_a_plain_realm_elsewhere(
    private_ca: PrivateCa, other: ScriptedRegistry
) -> None:
    with scripted_registry(private_ca.server_context()) as secure:
        secure.always("/v2/", bearer(f"{other.url}/token"))
        secure.expect("/token", Reply(404))
        access = with_login(trusting_access(private_ca.ca_file), secure.host, "me", "pw")
        with pytest.raises(NetworkError, match="token service without TLS"):
            resolve(access, secure.host)
    assert other.seen == []


@pytest.mark.parametrize("realm", ["http://[", "https://"])
def test_an_unusable_realm_is_an_error(scripted: ScriptedRegistry, realm: str) -> None:
    scripted.always("/v2/", bearer(realm))
    with pytest.raises(NetworkError, match="unusable token service"):
        resolve(plain_access(scripted.host), scripted.host)


@pytest.mark.parametrize(
    "reply",
    [
        Reply(body=b"{}"),
        Reply(body=b'{"token":"","access_token":""}'),
        Reply(body=b'{"token":7}'),
        Reply(body=b'{"token":"a\\nb"}'),
        Reply(body=b"[]"),
        Reply(body=b"token"),
        Reply(body=b"<html>", headers={"Content-Type": "text/html"}),
        Reply(body=b" " * (2 << 20)),
    ],
)
def test_an_answer_without_token_is_an_error(scripted: ScriptedRegistry, reply: Reply) -> None:
    scripted.always("/v2/", bearer(f"{scripted.url}/token"))
    scripted.expect("/token", reply)
    with pytest.raises(NetworkError):
        resolve(plain_access(scripted.host), scripted.host)


def test_a_token_service_that_is_overrun_is_asked_again(scripted: ScriptedRegistry) -> None:
    scripted.always("/v2/", bearer(f"{scripted.url}/token"))
    scripted.expect("/token", Reply(503), Reply(429), token("t"))
    scripted.expect(PATH, FOUND)
    assert resolve(plain_access(scripted.host), scripted.host) == IMAGE.root


def test_a_wrong_password_that_gets_a_token_for_nothing(scripted: ScriptedRegistry) -> None:
    """Harbor does so when a scope is asked for."""
    scripted.always("/v2/", bearer(f"{scripted.url}/token"))
    scripted.always("/token", token("for nothing"))
    scripted.always(PATH, USELESS)
    access = with_login(plain_access(scripted.host), scripted.host, "robot$a", "guess")
    with pytest.raises(AuthenticationError, match=r"of robot\$a from the test's file") as caught:
        resolve(access, scripted.host)
    assert "guess" not in str(caught.value) + caught.value.remedy


def test_a_project_that_is_not_there_is_missing(scripted: ScriptedRegistry) -> None:
    """Harbor answers 401 with an empty challenge for it."""
    body = b'{"errors":[{"code":"UNAUTHORIZED","message":"project team not found: team"}]}'
    scripted.always(PATH, Reply(401, body, {"WWW-Authenticate": ""}))
    with pytest.raises(MissingError, match="project team not found"):
        resolve(plain_access(scripted.host), scripted.host)


ODD = Reply(headers={f"X-{number}": "odd" for number in range(200)})  # more than anyone takes


def test_an_unavailable_greeting_is_asked_again(scripted: ScriptedRegistry) -> None:
    scripted.expect("/v2/", Reply(503), Reply(502))
    scripted.always(PATH, FOUND)
    assert resolve(plain_access(scripted.host), scripted.host) == IMAGE.root


def test_a_plain_greeting_that_breaks_off_is_asked_again(scripted: ScriptedRegistry) -> None:
    scripted.expect("/v2/", ODD, Reply(body=b"{}"))
    scripted.always(PATH, FOUND)
    assert resolve(plain_access(scripted.host), scripted.host) == IMAGE.root


def test_a_plain_greeting_that_never_comes_is_not_told_as_a_lack_of_tls(
    scripted: ScriptedRegistry,
) -> None:
    scripted.always("/v2/", ODD)
    with pytest.raises(NetworkError, match=f"the connection to {scripted.host} broke"):
        resolve(plain_access(scripted.host), scripted.host)
