"""The commands in the documentation do what it says, on registries that stand for the real ones."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import trustme

from cube_airgap.reference import Reference
from cube_bundle.image_list import read_list
from tests.support.documented import ROOT, Block, blocks, pages
from tests.support.image_factory import multi_arch
from tests.support.real_registry import RealRegistry, RegistryOptions, running_registry

if TYPE_CHECKING:
    from collections.abc import Iterator

SECONDS = 120
PRIVATE_HOST = "harbor.example"
LOGIN = ("robot$pull", "the secret")
EXTRA_IMAGES = ("busybox:1.36", "redis:7.4", f"{PRIVATE_HOST}/hub/library/busybox:1.36")
PLATFORMS = ("linux/amd64", "linux/arm64")
POD = """\
apiVersion: v1
kind: Pod
metadata: {name: one}
spec: {containers: [{name: main, image: "busybox:1.36.0"}]}
"""
RUN_PAGES = [page for page in pages() if any(block.is_run for block in blocks(page))]


@dataclass(frozen=True)
class Registries:
    """`public` stands for every registry on the internet, `private` for one with TLS and login."""

    public: RealRegistry
    private: RealRegistry
    ca_file: Path


def everything_named() -> set[Reference]:
    listed = {image.origin.reference for image in read_list("core").images}
    return listed | {Reference.parse(text) for text in EXTRA_IMAGES}


@pytest.fixture(scope="module")
def registries(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Registries]:
    directory = tmp_path_factory.mktemp("registries")
    authority = trustme.CA()
    issued = authority.issue_cert("127.0.0.1")
    issued.cert_chain_pems[0].write_to_path(directory / "cert.pem")
    issued.private_key_pem.write_to_path(directory / "key.pem")
    authority.cert_pem.write_to_path(directory / "ca.pem")
    with running_registry(directory / "private") as unlocked:
        unlocked.push("team/app", "1.0", multi_arch(*PLATFORMS))
    locked = RegistryOptions((LOGIN,), (directory / "cert.pem", directory / "key.pem"))
    with ExitStack() as stack:
        private = stack.enter_context(running_registry(directory / "private", locked))
        public = stack.enter_context(running_registry(directory / "public"))
        for one in everything_named():
            image = multi_arch(*PLATFORMS, name=one.repository)
            public.push(one.repository, one.tag or "latest", image)
        yield Registries(public, private, directory / "ca.pem")


@pytest.fixture
def place(tmp_path: Path, registries: Registries) -> Path:
    """A directory with the files that the documentation takes for granted."""
    (tmp_path / "my-images.txt").write_text("busybox:1.36\n")
    (tmp_path / "cube-studio").mkdir()
    (tmp_path / "cube-studio/pod.yaml").write_text(POD)
    (tmp_path / "site-ca.pem").write_bytes(registries.ca_file.read_bytes())
    creds = tmp_path / "creds.yaml"
    creds.write_text(f"{registries.private.host}: {{username: {LOGIN[0]}, password: {LOGIN[1]}}}\n")
    creds.chmod(0o600)
    programs = tmp_path / "bin"
    programs.mkdir()
    write_program(programs / "cube-bundle", bundle_wrapper(registries))
    write_program(programs / "cube-install", install_wrapper(registries))
    write_program(programs / "skopeo", skopeo_wrapper(registries))
    return tmp_path


def write_program(path: Path, script: str) -> None:
    path.write_text(f"#!/bin/bash\n{script}")
    path.chmod(0o755)


def skopeo_wrapper(registries: Registries) -> str:
    """A skopeo that pushes to a registry on this machine."""
    return (
        f'words=("${{@/#docker:\\/\\/{PRIVATE_HOST}/docker://{registries.public.host}}}")\n'
        f'exec {shutil.which("skopeo")} "${{words[@]}}" --dest-tls-verify=false\n'
    )


def install_wrapper(registries: Registries) -> str:
    """A cube-install that pushes to a registry on this machine."""
    public = registries.public.host
    return (
        f'words=("${{@/#{PRIVATE_HOST}/{public}}}")\n'
        f"[ $1 = verify ] || words+=(--insecure={public})\n"
        f'exec {Path(sys.executable).parent}/cube-install "${{words[@]}}"\n'
    )


def bundle_wrapper(registries: Registries) -> str:
    """A cube-bundle that finds the internet's registries on this machine, by mirrors."""
    hosts = {one.host for one in everything_named()} - {PRIVATE_HOST}
    mirrors = [f"--mirror={host}={registries.public.host}" for host in sorted(hosts)]
    mirrors += [f"--mirror={PRIVATE_HOST}={registries.private.host}"]
    return (
        f'words=("${{@/={PRIVATE_HOST}/={registries.public.host}}}")\n'
        "case $1 in build | lock | lists)\n"
        f"  words+=({' '.join(mirrors)} --insecure={registries.public.host}) ;;\n"
        "esac\n"
        f'exec {Path(sys.executable).parent}/cube-bundle "${{words[@]}}"\n'
    )


def carry_out(block: Block, place: Path) -> None:
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", block.body],
        cwd=place,
        env={
            **os.environ,
            "PATH": f"{place / 'bin'}:{os.environ['PATH']}",
            "HOME": str(place),
        },
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    where = f"{block.page.relative_to(ROOT)}:{block.line}"
    assert done.returncode == 0, f"{where}\n{block.body}\n{done.stdout}"
    assert "Traceback" not in done.stdout, where


@pytest.mark.parametrize("page", RUN_PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_the_commands_of_a_page_succeed_in_order(page: Path, place: Path) -> None:
    for block in blocks(page):
        if block.file:
            (place / block.file).write_text(block.body)
        if block.is_run:
            carry_out(block, place)
