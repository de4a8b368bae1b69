from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from cube_airgap.errors import UsageError
from cube_install.kubernetes import credentials as credentials_module
from cube_install.kubernetes.access import Identity
from cube_install.kubernetes.credentials import TokenFile, user_credentials
from cube_install.kubernetes.exec_plugin import ExecPlugin
from cube_install.kubernetes.kubeconfig import Entry
from tests.support.kubernetes.kubeconfigs import coded

if TYPE_CHECKING:
    from tests.support.kubernetes.json_types import Json

CLUSTER = Entry(Path("config"), "cluster", "one", {})
PLUGIN = {"command": "plugin", "apiVersion": "client.authentication.k8s.io/v1"}


def identity(**fields: Json) -> Identity:
    user = Entry(Path("config"), "user", "one", {k.replace("_", "-"): v for k, v in fields.items()})
    return user_credentials(user, CLUSTER, {}).identity()


def test_without_a_user_nothing_is_shown() -> None:
    assert user_credentials(None, CLUSTER, {}).identity() == Identity()


def test_a_token_is_shown() -> None:
    assert identity(token="abc").authorization == "Bearer abc"


def test_a_name_with_its_password_is_shown() -> None:
    assert identity(username="me", password="x:y").authorization == "Basic bWU6eDp5"


def test_a_certificate_is_shown() -> None:
    shown = identity(client_certificate_data=coded(b"chain"), client_key_data=coded(b"key"))

    assert shown.certificate
    assert (shown.certificate.chain, shown.certificate.key) == (b"chain", b"key")
    assert "key=" not in repr(shown)


def test_a_certificate_and_a_token_are_both_shown() -> None:
    shown = identity(
        token="abc", client_certificate_data=coded(b"chain"), client_key_data=coded(b"key")
    )

    assert shown.authorization == "Bearer abc"
    assert shown.certificate


@pytest.mark.parametrize(
    ("there", "lacking"),
    [("client_certificate_data", "client-key"), ("client_key_data", "client-certificate")],
)
def test_half_a_certificate_is_told(there: str, lacking: str) -> None:
    with pytest.raises(UsageError, match=f"it lacks {lacking}"):
        identity(**{there: coded(b"x")})


def test_a_token_wins_over_a_plugin() -> None:
    assert identity(token="abc", exec=PLUGIN).authorization == "Bearer abc"


def test_a_plugin_wins_over_an_old_provider() -> None:
    fields = {"exec": PLUGIN, "auth-provider": {"name": "oidc", "config": {"id-token": "abc"}}}
    user = Entry(Path("config"), "user", "one", fields)

    assert isinstance(user_credentials(user, CLUSTER, {}), ExecPlugin)


@pytest.mark.parametrize("key", ["id-token", "access-token"])
def test_the_token_of_an_old_provider_is_shown(key: str) -> None:
    assert identity(auth_provider={"config": {key: "abc"}}).authorization == "Bearer abc"


def test_an_old_provider_without_a_token_is_told() -> None:
    with pytest.raises(UsageError, match="its auth-provider has no token") as caught:
        identity(auth_provider={"name": "gcp"})

    assert "exec plugin" in caught.value.remedy


def test_a_file_with_a_token_is_read_relative_to_the_kubeconfig(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("abc\n")
    user = Entry(tmp_path / "config", "user", "one", {"tokenFile": "token", "token": "old"})

    assert user_credentials(user, CLUSTER, {}).identity().authorization == "Bearer abc"


def test_a_refused_token_is_read_anew_from_its_file(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text("old")
    source = TokenFile(file, "user one")
    refused = source.identity()
    file.write_text("new")

    assert source.identity() == refused
    assert source.renew(refused)
    assert source.identity().authorization == "Bearer new"


def test_a_token_that_nobody_renewed_is_no_other(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text("old")
    source = TokenFile(file, "user one")

    assert not source.renew(source.identity())


def test_a_file_with_a_token_is_read_anew_after_a_while(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(credentials_module, "_REREAD_SECONDS", -1.0)
    file = tmp_path / "token"
    file.write_text("old")
    source = TokenFile(file, "user one")
    source.identity()
    file.write_text("new")

    assert source.identity().authorization == "Bearer new"


def test_a_token_file_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read: No such file"):
        TokenFile(tmp_path / "none", "user one").identity()


def test_credentials_that_never_change_cannot_be_renewed() -> None:
    source = user_credentials(Entry(Path("c"), "user", "one", {"token": "abc"}), CLUSTER, {})

    assert not source.renew(source.identity())
