"""Looking up logins: the explicit file, Docker's configuration, and credential helpers."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

import pytest

from cube_airgap.errors import AuthenticationError, UsageError
from cube_airgap.registry.credentials import Credentials
from cube_airgap.registry.login import Login

if TYPE_CHECKING:
    from pathlib import Path

HUB = "https://index.docker.io/v1/"
# A helper whose secret tells which server it was asked for.
TELLING = """test "$1" = get || exit 9
server=$(cat)
printf '{"Username": "me", "Secret": "for %s"}' "$server"
"""


def encoded(user: str, password: str) -> str:
    return base64.b64encode(f"{user}:{password}".encode()).decode()


def docker(tmp_path: Path, config: dict[str, Any]) -> Credentials:
    path = tmp_path / "config.json"
    path.write_text(json.dumps(config))
    return Credentials.read(docker_config=path)


def creds_file(tmp_path: Path, text: str, mode: int = 0o600) -> Path:
    path = tmp_path / "creds.yaml"
    path.write_text(text)
    path.chmod(mode)
    return path


def pair(login: Login | None) -> tuple[str, str]:
    assert login is not None
    return login.username, login.password


def give_helper(directory: Path, name: str, script: str, monkeypatch: pytest.MonkeyPatch) -> None:
    program = directory / f"docker-credential-{name}"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{directory}:/usr/bin:/bin")


def test_without_arguments_all_is_anonymous() -> None:
    assert Credentials().of("docker.io") is None


def test_an_absent_docker_configuration_says_nothing(tmp_path: Path) -> None:
    assert Credentials.read(docker_config=tmp_path / "none.json").of("docker.io") is None


def test_netrc_is_never_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    netrc = tmp_path / ".netrc"
    netrc.write_text("machine r.example login a password b\n")
    monkeypatch.setenv("NETRC", str(netrc))
    monkeypatch.setenv("HOME", str(tmp_path))
    assert Credentials.read(docker_config=tmp_path / "none.json").of("r.example") is None


def test_auth_is_base64_of_user_and_password(tmp_path: Path) -> None:
    found = docker(tmp_path, {"auths": {"r.example:5000": {"auth": encoded("me", "a:b")}}})
    assert pair(found.of("r.example:5000")) == ("me", "a:b")
    assert found.of("r.example") is None


def test_plain_user_and_password(tmp_path: Path) -> None:
    found = docker(tmp_path, {"auths": {"r.example": {"username": "me", "password": "pw"}}})
    assert pair(found.of("r.example")) == ("me", "pw")


@pytest.mark.parametrize(
    "key", [HUB, "docker.io", "index.docker.io", "https://registry-1.docker.io/v2/"]
)
def test_docker_hub_under_each_of_its_keys(tmp_path: Path, key: str) -> None:
    found = docker(tmp_path, {"auths": {key: {"auth": encoded("me", "pw")}}})
    assert pair(found.of("docker.io")) == ("me", "pw")


def test_a_key_with_scheme_and_protocol_path_means_the_host(tmp_path: Path) -> None:
    found = docker(tmp_path, {"auths": {"https://r.example/v2/": {"auth": encoded("me", "pw")}}})
    assert pair(found.of("r.example")) == ("me", "pw")


def test_a_key_for_some_repositories_is_not_the_host_s(tmp_path: Path) -> None:
    found = docker(tmp_path, {"auths": {"r.example/team": {"auth": encoded("me", "pw")}}})
    assert found.of("r.example") is None


def test_an_identity_token_wins_over_the_user(tmp_path: Path) -> None:
    entry = {"auth": encoded("<token>", ""), "identitytoken": "secret"}
    login = docker(tmp_path, {"auths": {"r.example": entry}}).of("r.example")
    assert login is not None
    assert login.identity_token == "secret"


def test_an_empty_entry_is_no_login(tmp_path: Path) -> None:
    assert docker(tmp_path, {"auths": {"r.example": {}}}).of("r.example") is None


@pytest.mark.parametrize("auth", ["%%%", "bm9jb2xvbg==", "/w=="])
def test_a_malformed_auth_names_file_and_host(tmp_path: Path, auth: str) -> None:
    found = docker(tmp_path, {"auths": {"r.example": {"auth": auth}}})
    with pytest.raises(UsageError, match=r"config\.json.*r\.example"):
        found.of("r.example")


@pytest.mark.parametrize("text", ["{", "[]", '{"auths": 3}', "\x00"])
def test_a_broken_configuration_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "config.json"
    path.write_text(text)
    with pytest.raises(UsageError, match=r"config\.json"):
        Credentials.read(docker_config=path)


def test_a_helper_is_asked_by_the_host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    give_helper(tmp_path, "test", TELLING, monkeypatch)
    found = docker(tmp_path, {"credHelpers": {"r.example": "test"}})
    login = found.of("r.example")
    assert pair(login) == ("me", "for r.example")
    assert login is not None
    assert "docker-credential-test" in login.origin


def test_the_store_is_asked_for_docker_hub_by_its_address(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    give_helper(tmp_path, "test", TELLING, monkeypatch)
    assert pair(docker(tmp_path, {"credsStore": "test"}).of("docker.io")) == ("me", f"for {HUB}")


def test_a_helper_s_token_is_an_identity_token(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    give_helper(tmp_path, "test", 'echo \'{"Username":"<token>","Secret":"t"}\'', monkeypatch)
    login = docker(tmp_path, {"credsStore": "test"}).of("r.example")
    assert login is not None
    assert (login.identity_token, login.password) == ("t", "")


def test_what_a_helper_does_not_know_is_looked_up_in_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = "echo credentials not found in native keychain; exit 1"
    give_helper(tmp_path, "test", script, monkeypatch)
    config = {"credsStore": "test", "auths": {"r.example": {"auth": encoded("me", "pw")}}}
    found = docker(tmp_path, config)
    assert pair(found.of("r.example")) == ("me", "pw")
    assert found.of("other.example") is None


def test_a_helper_is_run_once_for_a_host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script = f'echo run >> {tmp_path}/runs; echo \'{{"Username":"me","Secret":"pw"}}\''
    give_helper(tmp_path, "test", script, monkeypatch)
    found = docker(tmp_path, {"credsStore": "test"})
    assert [pair(found.of("r.example")) for _ in range(3)] == [("me", "pw")] * 3
    assert (tmp_path / "runs").read_text() == "run\n"


@pytest.mark.parametrize("script", ["exit 3", "echo no json", "echo '[]'"])
def test_a_helper_that_fails_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str
) -> None:
    give_helper(tmp_path, "test", script, monkeypatch)
    with pytest.raises(AuthenticationError, match="docker-credential-test"):
        docker(tmp_path, {"credsStore": "test"}).of("r.example")


def test_a_helper_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(AuthenticationError, match="docker-credential-no-such-one is not on PATH"):
        docker(tmp_path, {"credsStore": "no-such-one"}).of("r.example")


def test_a_helper_s_name_cannot_lead_elsewhere(tmp_path: Path) -> None:
    with pytest.raises(AuthenticationError, match="cannot be the name"):
        docker(tmp_path, {"credsStore": "x/../../bin/true"}).of("r.example")


def test_the_explicit_file_is_yaml_by_host(tmp_path: Path) -> None:
    path = creds_file(
        tmp_path,
        "docker.io: {username: me, password: pw}\nr.example:8443:\n  identity_token: secret\n",
    )
    found = Credentials.read(creds_file=path)
    assert pair(found.of("docker.io")) == ("me", "pw")
    login = found.of("r.example:8443")
    assert login is not None
    assert (login.identity_token, login.origin) == ("secret", str(path))


def test_the_explicit_file_wins(tmp_path: Path) -> None:
    config = tmp_path / "config.json"
    config.write_text(json.dumps({"auths": {"r.example": {"auth": encoded("old", "pw")}}}))
    path = creds_file(tmp_path, '{"r.example": {"username": "new", "password": "pw"}}')
    found = Credentials.read(docker_config=config, creds_file=path)
    assert pair(found.of("r.example")) == ("new", "pw")


@pytest.mark.parametrize("mode", [0o604, 0o602, 0o644])
def test_a_file_that_everyone_may_use_is_refused(tmp_path: Path, mode: int) -> None:
    path = creds_file(tmp_path, "r.example: {username: me, password: pw}", mode)
    with pytest.raises(UsageError) as caught:
        Credentials.read(creds_file=path)
    assert "chmod o-rwx" in caught.value.remedy


def test_a_file_that_the_group_may_read_is_taken(tmp_path: Path) -> None:
    path = creds_file(tmp_path, "r.example: {username: me, password: pw}", 0o640)
    assert pair(Credentials.read(creds_file=path).of("r.example")) == ("me", "pw")


def test_an_absent_explicit_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"none\.yaml"):
        Credentials.read(creds_file=tmp_path / "none.yaml")


@pytest.mark.parametrize(
    "text",
    [
        "- a",
        "r.example: secret",
        "r.example: {username: me}",
        "r.example: {username: me, password: 12345secret, x: secret}",
        "r.example: {username: me, password: 815}",
        "https://r.example: {username: me, password: secret}",
        "a: {secret: [",
        "\x00secret",
    ],
)
def test_a_malformed_explicit_file_is_refused_without_quoting_it(tmp_path: Path, text: str) -> None:
    path = creds_file(tmp_path, text)
    with pytest.raises(UsageError, match=r"creds\.yaml") as caught:
        Credentials.read(creds_file=path)
    assert "12345secret" not in str(caught.value) + caught.value.remedy
    assert "[" not in str(caught.value)


def test_a_login_s_text_has_no_secret() -> None:
    login = Login("a file", "me", "secret", "secret")
    assert "secret" not in repr(login) + str(login)
