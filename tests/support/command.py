"""The commands as a user runs them: a process of its own, its output and exit code."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_PROGRAMS = Path(sys.executable).parent
_SECONDS = 120


@dataclass(frozen=True)
class Ran:
    """What a command that ended left behind."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:  # noqa: ANN401 - any JSON
        return json.loads(self.out)


def cube_bundle(*arguments: object, cwd: Path, env: dict[str, str] | None = None) -> Ran:
    """Run `cube-bundle` in `cwd`; whatever happens, it must not show a traceback."""
    return run("cube-bundle", *arguments, cwd=cwd, env=env)


def run(program: str, *arguments: object, cwd: Path, env: dict[str, str] | None = None) -> Ran:
    """Run one of this project's programs with a clean home, so that no login of ours gets in."""
    done = subprocess.run(
        [str(_PROGRAMS / program), *(str(one) for one in arguments)],
        cwd=cwd,
        env={**os.environ, "HOME": str(cwd), "DOCKER_CONFIG": str(cwd / ".docker"), **(env or {})},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=_SECONDS,
        check=False,
    )
    assert "Traceback" not in done.stderr, done.stderr
    return Ran(done.returncode, done.stdout, done.stderr)
