"""What the documentation says of itself, of the commands, and of the Makefile is true."""

from __future__ import annotations

import re
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from scripts.write_cli_page import PAGE, all_commands
from tests.support.documented import ROOT, blocks, pages

if TYPE_CHECKING:
    from pathlib import Path

LINK = re.compile(r"\]\((?!https?:|mailto:)([^)#\s]+)(?:#[^)\s]*)?\)")
TARGET = re.compile(r"\bmake ([a-z]+(?: [a-z]+)*)(?= *[`#]| PYTEST_ARGS|$)", re.MULTILINE)
COMMANDS = {context.command_path: command for command, context in all_commands()}


def name_of(page: Path) -> str:
    return str(page.relative_to(ROOT))


def test_the_page_of_commands_is_what_they_say_of_themselves() -> None:
    # In a process of its own: click keeps the help option with which a command was first called.
    written = "from scripts.write_cli_page import cli_page; print(cli_page())"
    page = subprocess.run(
        [sys.executable, "-c", written], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    # Word by word: where lines break is the business of the installed click.
    assert PAGE.read_text(encoding="utf-8").split() == page.split(), "run `make docs`"


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_shows_an_example(name: str) -> None:
    # Behind click's mark, without which the lines would be filled as prose.
    assert re.search(r"^\x08\nExamples?:\n", COMMANDS[name].help or "", re.MULTILINE)


@pytest.mark.parametrize("page", pages(), ids=name_of)
def test_links_lead_somewhere(page: Path) -> None:
    broken = [
        link
        for link in LINK.findall(page.read_text(encoding="utf-8"))
        if not (page.parent / link).exists()
    ]
    assert broken == []


@pytest.mark.parametrize("page", pages(), ids=name_of)
def test_the_make_targets_that_are_named_exist(page: Path) -> None:
    there = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    code = re.findall(r"`[^`\n]+`", page.read_text(encoding="utf-8")) + [
        block.body for block in blocks(page)
    ]
    named = {word for part in code for words in TARGET.findall(part) for word in words.split()}
    assert named <= there


def test_the_chinese_readme_runs_the_same_commands() -> None:
    english, chinese = (
        {
            line
            for block in blocks(ROOT / name)
            if block.is_run
            for line in (line.partition("  #")[0].strip() for line in block.body.splitlines())
        }
        for name in ("README.md", "README.zh-CN.md")
    )
    assert chinese <= english
