"""The command group cube-bundle."""

from __future__ import annotations

import click

from cube_console.command_line import Entry, LazyGroup, run

COMMANDS = {
    "build": Entry("cube_bundle.cli.build", "Write images and all that they need into one bundle."),
    "sync": Entry(
        "cube_bundle.cli.sync", "Bring images straight into a registry, and only what moved."
    ),
    "lock": Entry(
        "cube_bundle.cli.lock", "Resolve images to digests, for review or a later build."
    ),
    "outdated": Entry("cube_bundle.cli.outdated", "Ask which tags of a lock moved since."),
    "lists": Entry("cube_bundle.cli.lists", "Show the image lists, and what is in them."),
    "scan": Entry(
        "cube_bundle.cli.scan", "Find every image and download that a checkout can ask for."
    ),
    "inspect": Entry("cube_bundle.cli.inspect", "Show what a bundle holds, from its head alone."),
    "verify": Entry("cube_bundle.cli.verify", "Check every byte of a bundle, and that none lacks."),
    "merge": Entry("cube_bundle.cli.merge", "Make a delta and its older bundles one whole bundle."),
    "publish": Entry("cube_bundle.cli.publish", "Bring a bundle into a registry, as an artifact."),
    "pull": Entry("cube_bundle.cli.pull", "Write a bundle that was published, as it was."),
    "extract": Entry("cube_bundle.cli.extract", "Unpack a bundle into an OCI image layout."),
}

_HELP = """Carry container images across an air gap in one file.

On a host with internet this command writes NAME.tar.zst; inside, cube-install loads it.

\b
Examples:
  cube-bundle build docker.io/library/nginx:1.27 -o nginx.tar.zst
  cube-bundle build --list images.yaml -o site.tar.zst
  cube-bundle verify site.tar.zst

\b
Exit codes: 0 done, 2 usage, 3 network, 4 credentials, 5 something is missing,
6 damaged bytes, 7 disk, 9 a bundle that is not trusted, 130 stopped.
"""

cube_bundle = click.version_option(package_name="cube-airgap")(
    LazyGroup(
        COMMANDS,
        name="cube-bundle",
        help=_HELP,
        context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    )
)


def main() -> None:
    """The program cube-bundle."""
    run(cube_bundle)
