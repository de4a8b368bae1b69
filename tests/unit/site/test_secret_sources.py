"""Passwords from files and from the environment."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cube_airgap.errors import MissingError, UsageError
from cube_install.site.secret_sources import login_from_environment, login_from_file

if TYPE_CHECKING:
    from pathlib import Path


def written(tmp_path: Path, content: bytes, mode: int = 0o600) -> Path:
    path = tmp_path / "password"
    path.write_bytes(content)
    path.chmod(mode)
    return path


@pytest.mark.parametrize("content", [b"pass word", b"pass word\n", b"pass word\r\n"])
def test_a_file_holds_the_password_with_or_without_a_line_s_end(
    tmp_path: Path, content: bytes
) -> None:
    assert login_from_file("me", written(tmp_path, content)).password == "pass word"


@pytest.mark.parametrize("content", [b"", b"\n", b"a\nb\n", b"\xff", b"x" * 70_000])
def test_a_file_with_anything_else_is_refused(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(UsageError, match="one line"):
        login_from_file("me", written(tmp_path, content))


def test_a_file_that_everyone_may_read_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="everyone") as caught:
        login_from_file("me", written(tmp_path, b"hunter2", 0o644))
    assert "hunter2" not in f"{caught.value}{caught.value.remedy}"


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read"):
        login_from_file("me", tmp_path / "none")


def test_a_variable_holds_the_password() -> None:
    found = login_from_environment("me", "VARIABLE", {"VARIABLE": "secret"})
    assert (found.username, found.password) == ("me", "secret")
    assert "secret" not in repr(found)


def test_a_variable_that_is_not_set_is_told() -> None:
    with pytest.raises(MissingError, match="VARIABLE"):
        login_from_environment("me", "VARIABLE", {})
