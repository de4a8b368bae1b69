"""Opening bundles inside: nowhere is it forgotten to ask whom the user trusts."""

from __future__ import annotations

import re
from pathlib import Path

import click
import pytest

from cube_install.cli.main import COMMANDS, cube_install

INSTALLER = Path(__file__).parents[3] / "installer"
# The one asks for all; the other hands the bundle to what says who signed it.
OPENERS = {"cli/bundle_options.py", "cli/verify.py"}


@pytest.mark.parametrize("name", COMMANDS)
def test_whoever_names_a_bundle_may_say_whom_to_trust(name: str) -> None:
    command = cube_install.get_command(click.Context(cube_install), name)
    assert command
    options = {option for one in command.params for option in one.opts}

    assert ("--trusted-key" in options) == ("--bundle" in options)
    assert "--bundle" not in options or "--site" in options or name == "init"


def test_bundles_are_opened_in_one_place() -> None:
    opening = re.compile(r"\bBundle(?:\.(?:open|receive|stream))?\(")
    found = {
        str(path.relative_to(INSTALLER / "cube_install"))
        for path in INSTALLER.rglob("*.py")
        if opening.search(path.read_text(encoding="utf-8"))
    }

    assert found == OPENERS
