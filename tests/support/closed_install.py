"""A whole installation into a registry of its own, to be run where there is nothing else.

python -m tests.support.closed_install registry|harbor DIRECTORY BUNDLE
"""

from __future__ import annotations

import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from tests.support.command import run
from tests.support.harbor.double import running_double
from tests.support.harbor.state import State
from tests.support.real_registry import running_registry

if TYPE_CHECKING:
    from collections.abc import Iterator


def install(host: str, options: list[str], directory: Path, bundle: Path) -> None:
    """Every command that speaks to the registry, one after the other."""
    target = ["--to", f"{host}/site", "--insecure", host, *options]
    for command in (
        ["verify", "--bundle", bundle],
        ["preflight", "--bundle", bundle, *target, "--create-project"],
        ["install", "--bundle", bundle, *target, "--create-project"],
        ["install", "--bundle", bundle, *target],
        ["status", "--bundle", bundle, *target],
        ["have", *target, "-o", "have.json"],
    ):
        done = run("cube-install", *command, cwd=directory)
        assert done.code == 0, f"{command}: {done.out}{done.err}"
        print(f"{command[0]}: {done.out}")  # noqa: T201 - the test reads it


@contextmanager
def running(kind: str, directory: Path) -> Iterator[tuple[str, list[str]]]:
    """The registry's host, and the options that its login needs."""
    if kind == "registry":
        with running_registry(directory / "registry") as registry:
            yield registry.host, []
        return
    with running_double(directory / "harbor", State()) as double:
        username, password = double.state.admin
        secret = directory / "password"
        secret.write_text(password)
        secret.chmod(0o600)
        yield double.host, ["--username", username, "--password-file", str(secret)]


def main() -> None:
    kind, directory, bundle = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
    with running(kind, directory) as (host, options):
        install(host, options, directory, bundle)


if __name__ == "__main__":
    main()
