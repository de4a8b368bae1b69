from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cube_airgap.digest import Digest
from cube_airgap.errors import MissingError, UsageError
from cube_airgap.platforms import Platform
from cube_bundle.lock import FileOrigin, LockedFile
from cube_bundle.programs import (
    check_locked,
    chosen_installers,
    members,
    read_installer,
    write_beside,
)

if TYPE_CHECKING:
    from pathlib import Path

AMD64 = Platform.parse("linux/amd64")


def installer(directory: Path, architecture: str = "amd64") -> Path:
    path = directory / f"any-name-{architecture}"
    path.write_bytes(f"#!/bin/sh\n# cube-install 1.0 for linux/{architecture}: x\n".encode())
    return path


def test_a_file_says_itself_for_which_machines_it_is(tmp_path: Path) -> None:
    found = read_installer(installer(tmp_path, "arm64"))

    assert (found.architecture, found.name) == ("arm64", "cube-install-linux-arm64")


def test_another_file_is_refused(tmp_path: Path) -> None:
    other = tmp_path / "cube-install"
    other.write_bytes(b"#!/bin/sh\necho\n")

    with pytest.raises(UsageError, match="no self-contained cube-install"):
        read_installer(other)


def test_the_first_is_the_one_that_people_unpack(tmp_path: Path) -> None:
    given = [installer(tmp_path, "arm64"), installer(tmp_path, "amd64")]

    found = members(chosen_installers(given, [AMD64]))

    assert list(found) == ["cube-install", "cube-install-linux-amd64"]
    assert b"linux/arm64" in found["cube-install"]


def test_two_for_one_kind_of_machine_are_refused(tmp_path: Path) -> None:
    one = installer(tmp_path)

    with pytest.raises(UsageError, match="two files are a cube-install-linux-amd64"):
        chosen_installers([one, one], [AMD64])


def test_a_checkout_has_none_by_itself() -> None:
    assert chosen_installers([], [AMD64]) == ()


def test_they_are_written_beside_the_bundle_to_be_run(tmp_path: Path) -> None:
    chosen = chosen_installers([installer(tmp_path)], [AMD64])

    [written] = write_beside(chosen, tmp_path / "site.tar.zst")

    assert written == tmp_path / "cube-install-linux-amd64"
    assert written.read_bytes() == chosen[0].content
    assert written.stat().st_mode & 0o777 == 0o755


@pytest.mark.parametrize("there", [{}, {"cube-install": b"another"}])
def test_a_lock_wants_the_very_installer_that_it_names(there: dict[str, bytes]) -> None:
    locked = LockedFile("cube-install", Digest.of(b"one"), FileOrigin.PROGRAM)

    with pytest.raises(MissingError, match="not at hand"):
        check_locked([locked], there)
    check_locked([locked], {"cube-install": b"one"})
