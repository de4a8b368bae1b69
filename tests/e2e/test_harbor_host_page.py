"""The commands of docs/harbor-host.md, typed on a host with a real Docker."""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.support.bundled_files import bundle_of_files
from tests.support.documented import ROOT, blocks
from tests.support.harbor_installer.archive import Installer
from tests.support.harbor_installer.host import HOSTNAME, HarborPlace, harbor_place
from tests.support.real_docker import running_docker

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.xdist_group("harbor-host")

PAGE = ROOT / "docs/harbor-host.md"
# A mount namespace of its own: this machine's names and programs stay as they are.
ENTERED = """\
mount --bind "$1" /etc/hosts
mount --bind "$2/bin" /usr/local/bin
mount --bind "$2/lib" /usr/local/lib
exec bash -euo pipefail -c "$3"
"""


def docker_archive() -> bytes:
    """As Docker's static programs come: a directory `docker` with them in it."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        program = b"#!/bin/sh\necho from the kit\n"
        member = tarfile.TarInfo("docker/dockerd")
        member.size, member.mode = len(program), 0o755
        tar.addfile(member, io.BytesIO(program))
    return buffer.getvalue()


@pytest.fixture
def host(tmp_path: Path) -> Iterator[HarborPlace]:
    with running_docker() as docker, harbor_place(docker, tmp_path) as place:
        kit = {
            "docker/linux-amd64/docker-27.3.1.tgz": docker_archive(),
            "docker-compose/linux-amd64/docker-compose": b"#!/bin/sh\necho compose\n",
            "harbor/harbor-offline-installer-v2.11.1.tgz": Installer().encode(),
        }
        files = {name: ("bootstrap: a test", data) for name, data in kit.items()}
        bundle_of_files(files).write(tmp_path / "site.tar.zst")
        yield place


def test_the_commands_of_the_page_lead_to_a_registry_with_the_bundles_images(
    host: HarborPlace,
) -> None:
    hosts, programs = host.place / "hosts", host.place / "programs"
    hosts.write_text(f"127.0.0.1 {HOSTNAME}\n")
    found = shutil.which("docker")
    assert found
    (host.place / "bin").mkdir()
    shutil.copy(found, host.place / "bin/docker")
    for name in ("bin", "lib"):
        (programs / name).mkdir(parents=True)
    script = "\n".join(block.body for block in blocks(PAGE) if block.info == "sh on=harbor")
    done = subprocess.run(
        ["unshare", "--mount", "sh", "-c", ENTERED, "sh", hosts, programs, script],
        cwd=host.place,
        env={
            **os.environ,
            **host.environment,
            "HOME": str(host.place),
            "PATH": f"{host.place}/bin:{Path(sys.executable).parent}:/usr/bin:/bin:/usr/sbin:/sbin",
            "CUBE_INSTALL_HTTP_PORT": str(host.http_port),
            "CUBE_INSTALL_HTTPS_PORT": str(host.https_port),
            "CUBE_INSTALL_HARBOR_DIRECTORY": str(host.directory),
            "CUBE_INSTALL_DATA_VOLUME": str(host.data),
        },
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    assert "Harbor v2.11.1 is well" in done.stdout
    assert "1 image: 1 pushed" in done.stdout
    said = subprocess.check_output([programs / "bin/dockerd"], text=True)
    assert said == "from the kit\n"
    assert os.access(programs / "lib/docker/cli-plugins/docker-compose", os.X_OK)
