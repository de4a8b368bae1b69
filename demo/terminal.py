"""Showing a person what is typed and what comes of it."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
import textwrap
from pathlib import Path

_BOLD, _GREEN, _PLAIN = ("\033[1m", "\033[32m", "\033[0m") if sys.stdout.isatty() else ("",) * 3
_WIDTH = 96


class UnexpectedEndError(Exception):
    """A command ended in another way than the demo says it does."""


def title(text: str) -> None:
    """Begin a part of the demo."""
    print(f"\n{_BOLD}== {text} =={_PLAIN}", flush=True)


def say(text: str) -> None:
    """Explain something."""
    print(textwrap.fill(" ".join(text.split()), _WIDTH), flush=True)


def run(*words: str, expect: int = 0) -> None:
    """Show a command, run it, and raise UnexpectedEndError unless it exits with `expect`."""
    with start(*words) as process:
        check_exit(process, words[0], {expect})


def start(*words: str) -> subprocess.Popen[bytes]:
    """Show a command and start it; its output goes where ours goes."""
    print(f"{_GREEN}$ {shlex.join(words)}{_PLAIN}", flush=True)
    return subprocess.Popen(words, stdin=subprocess.DEVNULL)


def check_exit(process: subprocess.Popen[bytes], name: str, expected: set[int]) -> int:
    """Wait for a command and return its exit code; raise UnexpectedEndError for any other."""
    code = process.wait()
    if code not in expected:
        raise UnexpectedEndError(f"{name} ended with exit code {code}")
    return code


def find_our_commands() -> None:
    """Let `cube-bundle` be found without its path, as after `. .venv/bin/activate`."""
    ours = Path(sys.executable).parent
    os.environ["PATH"] = os.pathsep.join([str(ours), os.environ["PATH"], "/usr/sbin"])
