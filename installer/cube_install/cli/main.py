"""The command group cube-install."""

from __future__ import annotations

import click

from cube_console.command_line import Entry, LazyGroup, run

COMMANDS = {
    "kit": Entry("cube_install.cli.kit", "Lay out what hosts need that have nothing yet."),
    "harbor": Entry("cube_install.cli.harbor", "Bring Harbor up on this host."),
    "init": Entry("cube_install.cli.init", "Write a site file by asking."),
    "install": Entry("cube_install.cli.install", "Do all of it: check, push, record; or serve."),
    "verify": Entry("cube_install.cli.verify", "Check every byte of a bundle."),
    "preflight": Entry("cube_install.cli.preflight", "Tell what would go wrong, all at once."),
    "push": Entry("cube_install.cli.push", "Push a bundle's images into Harbor or any registry."),
    "robots": Entry("cube_install.cli.robots", "Make accounts for loading and for pulling."),
    "status": Entry("cube_install.cli.status", "Show what is installed, and what is missing."),
    "render": Entry("cube_install.cli.render", "Write what would be applied to the cluster."),
    "diff": Entry("cube_install.cli.diff", "Show what a bundle would change on the cluster."),
    "deploy": Entry("cube_install.cli.deploy", "Bring the stack up on the cluster, and check it."),
    "rollback": Entry("cube_install.cli.rollback", "Go back to what was deployed before."),
    "uninstall": Entry("cube_install.cli.uninstall", "Take the stack off; data stays."),
    "prune": Entry("cube_install.cli.prune", "List or delete what no refresh needs any more."),
    "have": Entry("cube_install.cli.have", "Write down what the registry holds, to carry out."),
    "nodes": Entry("cube_install.cli.nodes", "Let every node pull from the registry."),
    "prepull": Entry("cube_install.cli.prepull", "Pull images onto nodes before they are needed."),
    "load": Entry("cube_install.cli.load", "Load images into this host's Docker or containerd."),
    "assets": Entry("cube_install.cli.assets", "Take files out of a bundle, as models."),
    "serve": Entry("cube_install.cli.serve", "Serve a bundle's images as a read-only registry."),
}
_OF_THE_GROUP = {"-h", "--help", "--version"}
_PREFIX = "CUBE_INSTALL"

_HELP = """Bring a bundle into an intranet: load its images into a registry, or serve them.

`cube-install --bundle FILE` does all of it (see install). Options say where the registry is, or the
environment, or the file site.yaml, which `cube-install init` writes. Every option can come from the
environment: CUBE_INSTALL_ and its name, as CUBE_INSTALL_TO for --to. An option wins over the
environment, and the environment over site.yaml.

\b
Examples:
  cube-install --bundle site.tar.zst
  cube-install --bundle site.tar.zst --to harbor.example/cube-studio --create-project
  cube-install serve --bundle site.tar.zst

\b
Exit codes: 0 done, 1 preflight found an error, 2 usage, 3 network, 4 credentials,
5 something is missing, 6 damaged bytes, 7 disk, 8 cluster, 9 a bundle that is not trusted,
130 stopped.
"""


class Installer(LazyGroup):
    """The group; options without a command are those of `install`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """See click.Command.parse_args()."""
        if args and args[0].startswith("-") and args[0] not in _OF_THE_GROUP:
            args = ["install", *args]
        return super().parse_args(ctx, args)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command, whose options may come from the environment."""
        found = super().get_command(ctx, cmd_name)
        if found is not None:
            found.context_settings["auto_envvar_prefix"] = _PREFIX
            # click takes the names of a command's parameters, which nobody sees; users know others.
            for option in found.params:
                if isinstance(option, click.Option) and option.envvar is None:
                    option.envvar = _variable(option)
        return found


def _variable(option: click.Option) -> str:
    name = max(option.opts, key=len).lstrip("-")
    return f"{_PREFIX}_{name.replace('-', '_').upper()}"


cube_install = click.version_option(package_name="cube-airgap")(
    Installer(
        COMMANDS,
        name="cube-install",
        help=_HELP,
        context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    )
)


def main() -> None:
    """The program cube-install."""
    run(cube_install)
