"""The command group cube-install."""

from __future__ import annotations

import click

from cube_console.command_line import Entry, LazyGroup, run

COMMANDS = {
    "push": Entry("cube_install.cli.push", "Push a bundle's images into Harbor or any registry."),
    "serve": Entry("cube_install.cli.serve", "Serve a bundle's images as a read-only registry."),
}

_HELP = """Bring a bundle into an intranet: load its images, and serve them.

\b
Examples:
  cube-install serve --bundle site.tar.zst

\b
Exit codes: 0 done, 2 usage, 3 network, 4 credentials, 5 something is missing,
6 damaged bytes, 7 disk, 130 stopped.
"""

cube_install = click.version_option(package_name="cube-airgap")(
    LazyGroup(
        COMMANDS,
        name="cube-install",
        help=_HELP,
        context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    )
)


def main() -> None:
    """The program cube-install."""
    run(cube_install)
