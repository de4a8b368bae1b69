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
# What differs from one run to the next: ports, seconds, and names that controllers make up.
VARYING = {
    re.compile(r"127\.0\.0\.1:\d+"): "127.0.0.1:PORT",
    re.compile(r"\b\d+ s\b"): "N s",
    re.compile(r"\bpod web-\w+-\w+"): "pod web",
}


def as_shown(text: str) -> list[str]:
    """The lines of `text`, with one word for what varies."""
    for pattern, word in VARYING.items():
        text = pattern.sub(word, text)
    return text.splitlines()


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What the demo writes, run in a copy of what it needs of the checkout."""
    directory = tmp_path_factory.mktemp("demo")
    for part in ("demo", "tests/support/kubernetes"):
        shutil.copytree(ROOT / part, directory / part, ignore=shutil.ignore_patterns("__pycache__"))
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
        "cube-install --bundle",
        "cube-install status",
        "cube-install diff",
        "cube-install deploy",
        "cube-install uninstall",
    ],
)
def test_it_shows_each_command_as_it_is_typed(told: str, command: str) -> None:
    assert f"$ {command} " in told


def test_it_reads_the_bundle_with_tools_that_know_nothing_of_us(told: str) -> None:
    assert "$ tar --zstd -xf .demo/demo.tar.zst" in told
    assert "$ skopeo inspect --format '{{.Digest}}' oci:.demo/unpacked:demo.example/" in told


def test_a_platform_comes_up_stays_as_it_is_fails_goes_on_and_leaves_its_data(told: str) -> None:
    so_far = iter(told.splitlines())
    for text in (
        "is done: 8 objects (8 created)",
        "all 2 workloads are up; 2 pods run images from 127.0.0.1",
        "3 of 3 components up on https://127.0.0.1",
        "is done: 8 objects (8 unchanged)",
        "-<p>Welcome, users of 127.0.0.1",
        "web         failed",
        "does not have it",
        "what to do: push the bundle again",
        "4 images: 1 pushed, 3 already there",
        "all 2 workloads are up",
        "deleting: 5 of 5 objects",
        "kept: PersistentVolumeClaim infra/database",
    ):
        assert any(text in line for line in so_far), text  # each behind the one before it


def test_it_says_what_to_try_next(told: str) -> None:
    assert "What to try next" in told
    assert "Traceback" not in told


def test_the_readme_shows_what_it_really_says(told: str) -> None:
    (shown,) = [block.body for block in blocks(ROOT / "README.md") if block.info == "text demo"]
    lines = [line for line in as_shown(shown) if line not in {"", LEFT_OUT}]
    really = iter(as_shown(told))
    assert [line for line in lines if line not in really] == []  # each behind the one before it
