"""The options that say how registries are reached, and where logins are looked for."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from cube_console.registry_options import take_registry_access

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def no_options() -> dict[str, Any]:
    return {"creds_file": None, "ca_file": None, "insecure": ()}


def test_logins_come_from_the_home_of_the_user(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DOCKER_CONFIG", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / ".docker").mkdir()
    (tmp_path / ".docker/config.json").write_text('{"auths": {"a.example": {"auth": "dTpw"}}}')
    login = take_registry_access(no_options()).credentials.of("a.example")
    assert login is not None
    assert login.username == "u"


def test_a_user_without_a_home_has_no_logins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DOCKER_CONFIG", raising=False)
    monkeypatch.delenv("HOME", raising=False)
    monkeypatch.setattr(os, "getuid", lambda: 2**31 - 5)  # in no passwd
    assert take_registry_access(no_options()).credentials.of("a.example") is None
