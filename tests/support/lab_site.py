"""A site in the lab: a Harbor with a bundle's images, a bastion with a site file, and nodes."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import trustme

from tests.support import image_factory as make
from tests.support.bundle_factory import tiny_bundle
from tests.support.lab import Host, running_lab
from tests.support.real_node import Node, make_key

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterator

PROGRAM = Path(sys.executable).with_name("cube-install")
HARBOR = "harbor.site"
APP = make.image([make.layer({"app.txt": b"app\n" * 500})])
WEB = make.image([make.layer({"web.txt": b"web\n" * 500})])
IMAGES = {
    "docker.io/library/app:1": APP,
    "ccr.ccs.tencentyun.com/cube-studio/web:2026": WEB,
    "ccr.ccs.tencentyun.com/other/tool:1": APP,
    "quay.io/team/web:2": WEB,
}
RELOCATED = {
    f"{HARBOR}/cube-studio/docker.io/library/app:1": APP,
    f"{HARBOR}/cube-studio/web:2026": WEB,
}
SITE = """\
version: 1
bundle: b.tar.zst
registry:
  host: harbor.site
  project: cube-studio
  create_project: true
  ca_file: ca.crt
  username: admin
  password_file: password
"""


@dataclass
class LabSite:
    """`directory` is the operator's, on the bastion; root's key for the nodes is there too."""

    bastion: Host
    harbor: Host
    nodes: dict[str, Node] = field(default_factory=dict)

    @property
    def directory(self) -> Path:
        return self.bastion.directory

    def run(self, *arguments: object) -> subprocess.CompletedProcess[str]:
        """Run cube-install on the bastion, in the operator's directory."""
        done = self.bastion.run("env", "-C", self.directory, PROGRAM, *arguments, check=False)
        assert "Traceback" not in done.stderr, done.stderr
        return done

    def set_up_nodes(self, *more: object, hosts: str = "") -> subprocess.CompletedProcess[str]:
        """Run `cube-install nodes` over SSH for all nodes, or for those in the text `hosts`."""
        known = "".join(node.known_host for node in self.nodes.values())
        (self.directory / "known_hosts").write_text(known)
        names = hosts or "".join(f"root@{name}\n" for name in self.nodes)
        (self.directory / "hosts.txt").write_text(names)
        ssh = ("--ssh", "hosts.txt", "--ssh-known-hosts", "known_hosts", "--ssh-identity", "key")
        return self.run("nodes", *ssh, *more)


@contextmanager
def running_site(*nodes: str) -> Iterator[LabSite]:
    """A lab with a bastion, a Harbor double that speaks TLS, and `nodes` that run nothing yet."""
    with running_lab("bastion", "harbor", *nodes) as lab:
        site = LabSite(lab["bastion"], lab["harbor"])
        directory = site.directory
        certify(directory, HARBOR)
        tiny_bundle(IMAGES).write(directory / "b.tar.zst")
        (directory / "password").write_text("Harbor12345")
        (directory / "password").chmod(0o600)
        (directory / "site.yaml").write_text(SITE)
        key = make_key(directory / "key")
        site.nodes = {name: Node(lab[name], key) for name in nodes}
        yield site
        for node in site.nodes.values():
            node.stop()


def certify(directory: Path, name: str) -> None:
    """A certificate for `name`: tls.crt, tls.key, and its authority's, ca.crt."""
    authority = trustme.CA()
    issued = authority.issue_cert(name)
    chain = b"".join(part.bytes() for part in issued.cert_chain_pems)
    (directory / "tls.crt").write_bytes(chain)
    issued.private_key_pem.write_to_path(directory / "tls.key")
    authority.cert_pem.write_to_path(directory / "ca.crt")


def start_harbor(site: LabSite) -> None:
    """Start the double on its host, under the name harbor.site."""
    here = site.directory
    log = site.harbor.start(
        "harbor",
        *(sys.executable, "-m", "tests.support.harbor.process"),
        *(site.harbor.directory / "data", HARBOR, here / "tls.crt", here / "tls.key"),
    )
    site.harbor.listens(443, log)
