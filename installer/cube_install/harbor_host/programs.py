"""Programs of this host that are run for the work, and what becomes of what they say."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cube_airgap.disk import writing_to
from cube_airgap.errors import AirgapError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_TOLD_LINES = 5
_ANSWER_SECONDS = 60
_NOT_FOUND = 127
# Harbor's programs take these for settings: install.sh puts `host` into harbor.yml, for one.
_MISLEADING = {
    "HARBOR_BUNDLE_DIR",
    "COMPOSE_FILE",
    "COMPOSE_PROFILES",
    "COMPOSE_PROJECT_NAME",
    "host",
    "with_clair",
    "with_trivy",
}


@dataclass(frozen=True)
class Said:
    """What a program that was asked something printed; 127 is one that is not there."""

    code: int
    out: str
    err: str = ""


def ask(*command: str) -> Said:
    """Ask a program something. It is given a minute; what hangs has failed."""
    try:
        done = subprocess.run(  # noqa: S603 - programs of Docker's, by their names
            command,
            env=_environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_ANSWER_SECONDS,
            check=False,
        )
    except OSError as error:
        return Said(_NOT_FOUND, "", error.strerror or str(error))
    except subprocess.TimeoutExpired:
        return Said(1, "", f"no answer within {_ANSWER_SECONDS} s")
    return Said(done.returncode, done.stdout.strip(), done.stderr.strip())


def run_program(command: Sequence[str], directory: Path, log: Path) -> None:
    """Run a program in `directory` to its end, with its output behind what is in `log`.

    Raises AirgapError with its last lines.
    """
    with writing_to(log), log.open("ab") as output:
        log.chmod(0o600)
        start = output.tell()
        try:
            done = subprocess.run(  # noqa: S603 - Harbor's own programs, and Docker's
                command,
                cwd=directory,
                env=_environment(),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                check=False,
            )
        except OSError as error:
            raise _failed(command, error.strerror or str(error), log) from None
    if done.returncode:
        said = log.read_bytes()[start:].decode(errors="replace").split("\n")
        lines = [line.strip() for line in said if line.strip()][-_TOLD_LINES:]
        raise _failed(command, " / ".join(lines) or f"exit code {done.returncode}", log)


def _environment() -> dict[str, str]:
    # Harbor's programs colour what they say by `tput`, which wants to know the terminal.
    inherited = {name: text for name, text in os.environ.items() if name not in _MISLEADING}
    return {"TERM": "dumb", **inherited}


def _failed(command: Sequence[str], why: str, log: Path) -> AirgapError:
    return AirgapError(
        f"{' '.join(command)} failed: {why}",
        remedy=f"all that it said is in {log}; mend that, then run the same command again",
    )
