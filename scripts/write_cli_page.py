"""docs/cli.md, written from what the commands say of themselves (`make docs`)."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from cube_bundle.cli.main import cube_bundle
from cube_install.cli.main import cube_install

if TYPE_CHECKING:
    from collections.abc import Iterator

PAGE = Path(__file__).parents[1] / "docs/cli.md"
_WIDTH = 100
_HEADING = """\
# Commands

What each command says with `--help`. This page is made by `make docs`; a test compares it with the
commands.
"""


def cli_page() -> str:
    """The whole page."""
    sections = [
        f"## {context.command_path}\n\n```text\n{command.get_help(context).rstrip()}\n```\n"
        for command, context in all_commands()
    ]
    return "\n".join([_HEADING, *sections])


def all_commands() -> Iterator[tuple[click.Command, click.Context]]:
    """Both programs and every command below them."""
    for program in (cube_bundle, cube_install):
        yield from _below(program, _context(program, program.name or "", None))


def _below(
    command: click.Command, context: click.Context
) -> Iterator[tuple[click.Command, click.Context]]:
    yield command, context
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            child = command.get_command(context, name)
            if child is not None and not child.hidden:
                yield from _below(child, _context(child, name, context))


def _context(command: click.Command, name: str, parent: click.Context | None) -> click.Context:
    return click.Context(
        command, info_name=name, parent=parent, terminal_width=_WIDTH, max_content_width=_WIDTH
    )


if __name__ == "__main__":
    PAGE.write_text(cli_page())
