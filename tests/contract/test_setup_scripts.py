"""The script that installs Debian packages, where it has nothing to install or may not."""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.support.documented import ROOT

if TYPE_CHECKING:
    from pathlib import Path

SCRIPT = ROOT / "scripts/install-debian-packages"


def run(purpose: str, path: str | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(SCRIPT), purpose],
        env=None if path is None else {"PATH": path},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("purpose", ["python", "demo", "test"])
def test_where_nothing_is_missing_it_is_silent(purpose: str) -> None:
    done = run(purpose)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_an_unknown_purpose_is_told_of() -> None:
    done = run("fun")
    assert done.returncode == 1
    assert "python|demo|test" in done.stderr


def test_who_may_not_install_is_told_what_is_missing(tmp_path: Path) -> None:
    for name in ("sort", "apt-get"):
        (tmp_path / name).symlink_to(shutil.which(name) or name)
    (tmp_path / "id").write_text("#!/bin/sh\necho 1000\n")
    (tmp_path / "id").chmod(0o755)
    done = run("demo", path=str(tmp_path))
    assert done.returncode == 1
    assert "packages are missing: docker-registry python3" in done.stderr
    assert f"run as root: {SCRIPT} demo" in done.stderr
