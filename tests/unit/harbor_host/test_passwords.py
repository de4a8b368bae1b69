"""The administrator's first password."""

from __future__ import annotations

import stat
from typing import TYPE_CHECKING

import pytest

from cube_airgap.errors import UsageError
from cube_install.harbor_host.passwords import first_passwords, new_password, read_password

if TYPE_CHECKING:
    from pathlib import Path


def test_one_is_made_in_a_file_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "harbor-password"

    made = first_passwords(path)

    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert made.administrator.reveal() == path.read_text().strip()
    assert made.database.reveal() != made.administrator.reveal()


def test_one_that_is_there_is_taken(tmp_path: Path) -> None:
    path = tmp_path / "harbor-password"
    path.write_text("My own 1\n")
    path.chmod(0o600)

    assert first_passwords(path).administrator.reveal() == "My own 1"
    assert path.read_text() == "My own 1\n"


@pytest.mark.parametrize("text", ["Short1", "no capitals 1", "NO SMALL ONES 1", "No digits at all"])
def test_one_that_harbor_would_not_take_is_told_but_not_shown(tmp_path: Path, text: str) -> None:
    path = tmp_path / "harbor-password"
    path.write_text(text)
    path.chmod(0o600)

    with pytest.raises(UsageError, match="none that Harbor takes") as caught:
        read_password(path)

    assert text not in f"{caught.value.what} {caught.value.remedy}"


def test_made_ones_are_such_as_harbor_takes_and_never_the_same() -> None:
    made = {new_password() for _ in range(50)}

    assert len(made) == 50
    assert all(len(one) == 24 and one.isalnum() for one in made)
