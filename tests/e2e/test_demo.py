"""`make demo`, as a newcomer types it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys

import pytest

from tests.support.documented import ROOT, blocks

LEFT_OUT = "…"
PORT = re.compile(r"127\.0\.0\.1:\d+")


def as_shown(text: str) -> list[str]:
    """The lines of `text`, with one port for all."""
    return PORT.sub("127.0.0.1:PORT", text).splitlines()


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


@pytest.mark.parametrize(
    "command",
    [
        "cube-bundle build",
        "cube-bundle verify",
        "cube-bundle inspect",
        "cube-install serve",
        "cube-install push",
    ],
)
def test_it_shows_each_command_as_it_is_typed(told: str, command: str) -> None:
    assert f"$ {command} " in told


def test_it_reads_the_bundle_with_tools_that_know_nothing_of_us(told: str) -> None:
    assert "$ tar --zstd -xf .demo/demo.tar.zst" in told
    assert "$ skopeo inspect --format '{{.Digest}}' oci:.demo/unpacked:demo.example/" in told


def test_it_says_what_to_try_next(told: str) -> None:
    assert "What to try next" in told
    assert "Traceback" not in told


def test_the_readme_shows_what_it_really_says(told: str) -> None:
    (shown,) = [block.body for block in blocks(ROOT / "README.md") if block.info == "text demo"]
    lines = [line for line in as_shown(shown) if line not in {"", LEFT_OUT}]
    really = iter(as_shown(told))
    assert [line for line in lines if line not in really] == []  # each behind the one before it
