"""The demo's second half: a platform comes up on a cluster, from the bundle alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from demo.terminal import run, say, title

if TYPE_CHECKING:
    from pathlib import Path

    from demo.cluster import DemoCluster

_NOT_UP = 8
_GREETING = ("--set", "web.greeting=Hello")
_SITE = """\
version: 1
registry: {{host: "{registry}", project: {project}, insecure: true}}
push: {{relocation_out: relocation.yaml}}
cluster: {{kubeconfig: {kubeconfig}}}
stack:
  values:
    entry: {{address: {address}, port: {port}}}
"""


def write_site(path: Path, registry: str, project: str, cluster: DemoCluster) -> None:
    """Write the site file, beside the cluster's directory."""
    address, _, port = cluster.entry.partition(":")
    kubeconfig = cluster.kubeconfig.relative_to(path.parent)
    path.write_text(
        _SITE.format(
            registry=registry, project=project, kubeconfig=kubeconfig, address=address, port=port
        )
    )


@dataclass(frozen=True)
class Platform:
    """What the commands name, and `tag`: the directory of the web image's tag in the registry."""

    bundle: Path
    site: Path
    tag: Path

    def bring_up(self) -> None:
        """Install all of it with one command, look, and install it again."""
        title("Inside: from the bundle to a platform, in one command")
        say(
            """The cluster is an API server with one node, made for tests: no containers run in it,
            but a pod comes up only if the registry has its image. All that a site says:"""
        )
        run("cat", str(self.site))
        self._on_bundle(choices=("--label-nodes",))
        run("cube-install", "status", *self._site)
        title("The same again changes nothing")
        self._on_bundle()

    def change(self) -> None:
        """Look at a change before it is made, and let it fail halfway."""
        title("What would another greeting change?")
        self._on_bundle("diff", choices=_GREETING)
        title("And if an image is lost just then?")
        run("rm", "-r", str(self.tag))
        self._on_bundle("deploy", choices=_GREETING, expect=_NOT_UP)
        title("As it says: push the bundle again; the rest goes on from there")
        self._on_bundle(choices=_GREETING)

    def take_off(self) -> None:
        """Uninstall it."""
        title("Taken off again: data, passwords and what users made stay")
        run("cube-install", "uninstall", *self._site, "--yes")

    def _on_bundle(self, *command: str, choices: tuple[str, ...] = (), expect: int = 0) -> None:
        bundle = ("--bundle", str(self.bundle))
        run("cube-install", *command, *bundle, *self._site, *choices, expect=expect)

    @property
    def _site(self) -> tuple[str, str]:
        return ("--site", str(self.site))
