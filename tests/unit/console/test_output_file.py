"""Files that are written in the end, looked at in the beginning."""

from __future__ import annotations

from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from cube_airgap.errors import UsageError
from cube_console.output_file import OutputFile


def run(*words: str) -> Result:
    @click.command
    @click.option("-o", "out", type=OutputFile(), default=Path("here.yaml"))
    def command(out: Path) -> None:
        click.echo(f"writing {out!r}")

    return CliRunner().invoke(command, words, catch_exceptions=False)


def test_a_path_is_taken_where_its_directory_is_there(tmp_path: Path) -> None:
    assert run("-o", str(tmp_path / "x.yaml")).output == f"writing {tmp_path / 'x.yaml'!r}\n"
    assert run().output == "writing PosixPath('here.yaml')\n"


def test_a_directory_that_is_not_there_is_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=f"there is no directory {tmp_path}/none"):
        run("-o", str(tmp_path / "none" / "x.yaml"))


def test_a_directory_is_no_file(tmp_path: Path) -> None:
    assert "is a directory" in run("-o", str(tmp_path)).output
