"""The guide docs/bare-metal.md, followed literally: bastion, registry and node in a closed network.

What a network of this machine cannot have is stood in for: Harbor's containers, the cluster's
control plane, and systemd. Docker, containerd, sshd and all of ours are real.
"""

from __future__ import annotations

import json
import re
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from cube_bundle.image_list import default_lists, read_lists
from tests.support.bundle_factory import STORED, Member, TinyBundle, tiny_bundle
from tests.support.documented import ROOT, Block, blocks
from tests.support.harbor_installer.archive import Installer
from tests.support.harbor_installer.host import stop_services
from tests.support.image_factory import digest_of, image, layer
from tests.support.lab import Host, running_lab
from tests.support.real_node import Node, make_key

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = [pytest.mark.xdist_group("bare-metal"), pytest.mark.timeout(600)]
GUIDE, CHINESE = ROOT / "docs/bare-metal.md", ROOT / "docs/bare-metal.zh-CN.md"
IMAGES = {
    "docker.io/library/busybox:1.36": image([layer({"b.txt": b"b\n"})]),
    "docker.io/library/nginx:1.27": image([layer({"n.txt": b"n\n"})]),
}
STACK = """\
version: 1
name: small
platform: "2026.03.01"
values:
  entry.address: {type: address, required: true, about: where users go}
profiles:
  core: {default: true}
components:
  - {name: namespaces, about: where all of it lives, profile: core}
  - {name: web, about: the pages, profile: core, needs: [namespaces]}
"""
NAMESPACE = """\
apiVersion: v1
kind: Namespace
metadata: {name: infra}
"""
WEB = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: infra}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
        - {name: web, image: "nginx:1.27"}
"""
ASSETS = {
    "harbor/harbor-offline-installer-v2.11.1.tgz": Installer().encode(),
    "kubectl/linux-amd64/kubectl": b"\x7fELF kubectl",
}
TYPED_IN = "/srv/cube"
SFTP = "Subsystem sftp internal-sftp"


def whole_bundle() -> TinyBundle:
    """What the first step of the guide builds, in small."""
    tiny = tiny_bundle(IMAGES)
    program = f'#!/bin/sh\nexec {Path(sys.executable).with_name("cube-install")} "$@"\n'
    add_file(tiny, "cube-install", program)
    for path, text in {
        "stack/stack.yaml": STACK,
        "stack/namespaces/namespaces.yaml": NAMESPACE,
        "stack/web/web.yaml": WEB,
    }.items():
        add_file(tiny, path, text)
    tiny.catalogue["assets"] = [add_asset(tiny, name, data) for name, data in ASSETS.items()]
    return tiny


def add_file(tiny: TinyBundle, path: str, text: str) -> None:
    data = text.encode()
    at = len(tiny.catalogue["files"])
    tiny.catalogue["files"].append({"path": path, "digest": digest_of(data), "size": len(data)})
    tiny.members.insert(at, Member(path, data))


def add_asset(tiny: TinyBundle, name: str, data: bytes) -> dict[str, Any]:
    digest = digest_of(data)
    path = f"blobs/sha256/{digest.removeprefix('sha256:')}"
    blob = {
        "mediaType": "application/octet-stream",
        "digest": digest,
        "size": len(data),
        "encoding": STORED,
        "component": "kit",
    }
    tiny.catalogue["blobs"].append(blob)
    tiny.members.append(Member(path, data, STORED, large=True))
    return {
        "name": name,
        "url": f"https://files.example/{name}",
        "digest": digest,
        "size": len(data),
        "component": "kit",
        "why": "bootstrap: a test",
    }


@dataclass
class Site:
    """The hosts of the guide by their names, and where commands are typed on each."""

    hosts: dict[str, Host]
    nodes: dict[str, Node]

    def type(self, block: Block) -> str:
        """Carry out a block on the host that it is for."""
        host = self.hosts[host_of(block)]
        programs = f"{self.nodes[host.name].services.parent}:{Path(sys.executable).parent}"
        environment = {
            "PATH": f"{programs}:/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin",
            "DOCKER_CONFIG": str(host.directory / ".docker"),
            "STAND_IN": str(host.directory / "stand-in"),
            "STAND_IN_ROOT": str(ROOT),
            "STAND_IN_PYTHON": sys.executable,
            "STAND_IN_LISTEN": "0.0.0.0",
        }
        script = f"cd {TYPED_IN}\n{block.body}"
        done = host.run("bash", "-euo", "pipefail", "-c", script, env=environment, check=False)
        where = f"{block.page.name}:{block.line}"
        assert done.returncode == 0, f"{where}\n{block.body}\n{done.stdout}{done.stderr}"
        return done.stdout


def host_of(block: Block) -> str:
    return block.info.removeprefix("sh on=")


def steps(page: Path) -> list[Block]:
    return [block for block in blocks(page) if block.info.startswith("sh on=")]


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    with running_lab("bastion", "harbor", "node1") as hosts:
        bundle = whole_bundle().encode()
        key = make_key(hosts["bastion"].directory / ".ssh/id_ed25519")
        nodes = {name: Node(host, key) for name, host in hosts.items()}
        for host in hosts.values():
            (host.directory / "site.tar.zst").write_bytes(bundle)
            host.run("mkdir", TYPED_IN)
            host.run("ln", "-s", host.directory / "site.tar.zst", TYPED_IN)
        prepare_harbor(nodes["harbor"])
        nodes["node1"].run_containerd("")
        for name in ("harbor", "node1"):
            nodes[name].serve_ssh(SFTP)
        # The platform's entry, which no pod of the double's can be.
        entry = (sys.executable, "-m", "http.server", "80", "--directory", TYPED_IN)
        hosts["node1"].listens(80, hosts["node1"].start("entry", *entry))
        nodes["bastion"].services.mkdir(parents=True)
        prepare_bastion(hosts, nodes)
        yield Site(hosts, nodes)
        stop_services(hosts["harbor"].directory / "stand-in")
        for node in nodes.values():
            node.stop()


def prepare_harbor(node: Node) -> None:
    directory = node.host.directory
    (directory / "stand-in").mkdir()
    plugins = directory / ".docker/cli-plugins"
    plugins.mkdir(parents=True)
    compose = ROOT / "tests/support/harbor_installer/compose.sh"
    shutil.copy(compose, plugins / "docker-compose")
    node.run_docker()
    node.host.run("mkdir", "-p", "/run/systemd/system")


def prepare_bastion(hosts: dict[str, Host], nodes: dict[str, Node]) -> None:
    bastion = hosts["bastion"]
    known = "".join(
        f"{name} {' '.join(node.known_host.split()[1:])}\n"
        for one, node in nodes.items()
        for name in (one, f"{one}.example")
        if (node.host.directory / "host_key.pub").exists()
    )
    own = bastion.directory / ".ssh"
    (own / "known_hosts").write_text(known)
    # ssh takes the home from the list of users, and root's is this machine's.
    config = f"UserKnownHostsFile {own}/known_hosts\nIdentityFile {own}/id_ed25519\n"
    bastion.write("/etc/ssh/ssh_config.d/lab.conf", config)
    log = bastion.start(
        "cluster",
        *(sys.executable, "-m", "tests.support.kubernetes.process", bastion.directory, "node1"),
    )
    bastion.waits_for(bastion.directory / "admin.conf", log)
    bastion.run("ln", "-s", bastion.directory / "admin.conf", TYPED_IN)


def test_the_guide_leads_to_a_running_platform(site: Site) -> None:
    said = {}
    for block in steps(GUIDE):
        said[block.line] = site.type(block)
    status = list(said.values())[-3]  # before what is done without Harbor
    assert "2 of 2" in status
    digests = site.hosts["node1"].run("ctr", "-n", "k8s.io", "images", "list").stdout
    assert IMAGES["docker.io/library/busybox:1.36"].digest in digests


def test_the_bundle_of_the_guide_has_every_list_that_the_stack_asks_for() -> None:
    outside = next(block for block in blocks(GUIDE) if "cube-bundle build" in block.body)
    named = read_lists(re.findall(r"--list (\S+)", outside.body))
    assert {*default_lists(), "kit"} <= {one.profile for one in named}
    assert any(one.carries_stack for one in named)


def test_both_languages_have_the_same_commands() -> None:
    english = [(block.info, block.body) for block in blocks(GUIDE)]
    assert english == [(block.info, block.body) for block in blocks(CHINESE)]
    assert len(english) >= 8


def test_no_host_of_the_lab_has_a_way_out(site: Site) -> None:
    for host in site.hosts.values():
        routes = json.loads(host.run("ip", "-json", "route").stdout)
        assert [one["dst"] for one in routes] == ["10.77.0.0/24"]
