"""The command line around a command: streams that cannot be used, and a user without a home."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support import image_factory as make
from tests.support.bundle_factory import Member, TinyBundle, tiny_bundle

PROGRAM = Path(sys.executable).with_name("cube-bundle")


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    return tiny_bundle({"registry.example/app:1": make.image()}).write(tmp_path / "a.tar.zst")


def in_shell(script: str, bundle: Path, **env: str) -> subprocess.CompletedProcess[str]:
    """Run `script`, in which $0 is cube-bundle and $1 the bundle."""
    return subprocess.run(
        ["sh", "-c", script, str(PROGRAM), str(bundle)],
        env={"PATH": os.environ["PATH"], **env},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_a_closed_stderr_does_not_keep_the_work_from_being_done(bundle: Path) -> None:
    done = in_shell('"$0" verify "$1" 2>&-', bundle)
    assert (done.returncode, "is whole" in done.stdout) == (0, True)


def test_a_closed_stdout_does_not_keep_the_work_from_being_done(bundle: Path) -> None:
    done = in_shell('"$0" verify "$1" >&-', bundle)
    assert (done.returncode, done.stderr.startswith("verifying: ")) == (0, True)


def test_a_closed_stdin_reads_as_an_empty_one(bundle: Path) -> None:
    done = in_shell('"$0" verify - <&-', bundle)
    assert (done.returncode, "Traceback" in done.stderr) == (6, False)


def test_a_full_disk_behind_stdout_is_told(bundle: Path) -> None:
    done = in_shell('"$0" inspect "$1" >/dev/full', bundle)
    assert done.returncode == 7
    assert done.stderr.startswith("error: the result cannot be written to where stdout goes: No ")


def test_a_full_disk_behind_stderr_ends_no_work(bundle: Path) -> None:
    done = in_shell('"$0" verify "$1" 2>/dev/full', bundle)
    assert (done.returncode, "is whole" in done.stdout) == (0, True)


def test_an_error_that_cannot_be_told_keeps_its_exit_code(bundle: Path) -> None:
    assert in_shell('"$0" verify "$1.absent" 2>/dev/full', bundle).returncode == 5


def test_a_reader_that_goes_away_is_no_error(bundle: Path) -> None:
    done = in_shell('"$0" lists core | head -n 1', bundle)
    assert (done.stdout.count("\n"), done.stderr) == (1, "")


def test_a_name_in_a_bundle_cannot_rewrite_the_terminal(tmp_path: Path) -> None:
    tiny = tiny_bundle({"registry.example/app:1": make.image()})
    hostile = TinyBundle(tiny.catalogue, [*tiny.members, Member("\r\x1b[2Kall is well", b"")])
    done = in_shell('"$0" verify "$1"', hostile.write(tmp_path / "a.tar.zst"))
    assert (done.returncode, "\x1b" in done.stdout, "\r" in done.stdout) == (6, False, False)
    assert r"present but unlisted: \r\x1b[2Kall is well" in done.stdout


def test_the_command_that_was_meant_is_named(bundle: Path) -> None:
    done = in_shell('"$0" verfiy "$1"', bundle)
    assert (done.returncode, "'verfiy': did you mean verify?" in done.stderr) == (2, True)
