"""Who else may read a file that holds a secret."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from cube_airgap.errors import UsageError
from cube_airgap.secret_file import LARGEST_SECRET_FILE, read_secret_file

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    path = tmp_path / "secret"
    path.write_bytes(b"sesame")
    return path


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o660, 0o400])
def test_owner_and_group_may_read_it(secret: Path, mode: int) -> None:
    secret.chmod(mode)

    assert read_secret_file(secret, "the secret", "") == b"sesame"


@pytest.mark.parametrize("mode", [0o604, 0o602, 0o601])
def test_others_may_do_nothing_with_it(secret: Path, mode: int) -> None:
    secret.chmod(mode)

    with pytest.raises(UsageError, match="everyone on this host may use the secret") as caught:
        read_secret_file(secret, "the secret", "")
    assert caught.value.remedy.endswith(f"chmod o-rwx {secret}")
    assert "sesame" not in str(caught.value)


def test_a_pipe_is_nobody_elses(tmp_path: Path) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    path.chmod(0o644)
    with ThreadPoolExecutor() as writer:
        writer.submit(path.write_bytes, b"sesame")

        assert read_secret_file(path, "the secret", "") == b"sesame"


def test_of_a_large_file_no_more_than_that_it_is_too_large_is_read(secret: Path) -> None:
    secret.write_bytes(bytes(LARGEST_SECRET_FILE + 2))
    secret.chmod(0o600)

    assert len(read_secret_file(secret, "the secret", "")) == LARGEST_SECRET_FILE + 1


@pytest.mark.parametrize("name", ["none", "."])
def test_what_cannot_be_read_is_told_with_the_remedy(tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError, match=r"the secret .* cannot be read: ") as caught:
        read_secret_file(tmp_path / name, "the secret", "name another")
    assert caught.value.remedy == "name another"
