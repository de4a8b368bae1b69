"""`make demo`, as a newcomer types it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What the demo writes, run in a copy of the checkout's demo directory."""
    directory = tmp_path_factory.mktemp("demo")
    shutil.copytree(ROOT / "demo", directory / "demo", ignore=shutil.ignore_patterns("__pycache__"))
    done = subprocess.run(
        [sys.executable, "-m", "demo"],
        cwd=directory,
        env=os.environ | {"PYTHONUNBUFFERED": "1"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


@pytest.mark.parametrize("command", ["build", "verify", "inspect"])
def test_it_shows_each_command_as_it_is_typed(told: str, command: str) -> None:
    assert f"$ cube-bundle {command} " in told


def test_it_reads_the_bundle_with_tools_that_know_nothing_of_us(told: str) -> None:
    assert "$ tar --zstd -xf .demo/demo.tar.zst" in told
    assert "$ skopeo copy --quiet --all --dest-tls-verify=false oci:.demo/unpacked:" in told


def test_it_says_what_to_try_next(told: str) -> None:
    assert "What to try next" in told
    assert "Traceback" not in told
