"""Bundles that still have the catalogue and the signature of somebody trusted, and little else."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import requests

from tests.support import image_factory as make
from tests.support.bundle_factory import (
    Frame,
    Member,
    TinyBundle,
    bundle_file,
    compressed,
    tar_header,
    tiny_bundle,
)
from tests.support.bundled_files import with_files
from tests.support.command import Ran
from tests.support.deployable import stack_members
from tests.support.documented import ROOT, blocks
from tests.support.memory_source import noise
from tests.support.signing_keys import KeyPair, key_pair, openssl

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.real_registry import RealRegistry

DAMAGED, UNTRUSTED = 6, 9
NOT_FOUND = 404
LAYER = make.layer({"data": noise(5_000, 1)})
IMAGES = {
    "docker.io/library/mysql:8.0.32": make.image([make.layer({"a": b"a"})]),
    "docker.io/library/nginx:1": make.image([LAYER]),
}
KUBECTL = "kubectl/v1.31.1/bin/linux/amd64/kubectl"
ASSETS = {KUBECTL: ("bootstrap: the cluster's tool", b"#!/bin/sh\necho it runs\n")}
PROGRAM = b"#!/bin/sh\necho the genuine one\n"
Frames = list[Frame]


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> KeyPair:
    return key_pair(tmp_path_factory.mktemp("keys"), "outside")


@pytest.fixture
def signed(keys: KeyPair, tmp_path: Path) -> TinyBundle:
    files = {**stack_members(), "job-templates/a.json": b"{}", "cube-install": PROGRAM}
    bundle = tiny_bundle(IMAGES, more=files)
    with_files(bundle, ASSETS)
    raw, signature = tmp_path / "raw", tmp_path / "signature"
    raw.write_bytes(bundle.raw_catalogue)
    openssl("dgst", "-sha256", "-sign", str(keys.private), "-out", str(signature), str(raw))
    bundle.signature = signature.read_bytes()
    raw.unlink()
    signature.unlink()
    return bundle


def spoil(bundle: TinyBundle, path: str) -> None:
    """Change one bit of the member at `path`, with all that the format checks by itself right."""
    for number, one in enumerate(bundle.members):
        if one.path == path:
            data = bytes([one.data[0] ^ 1]) + one.data[1:]
            bundle.members[number] = Member(path, data, one.encoded, large=one.large)
            return
    raise AssertionError(path)


def in_shell(script: str, here: Path) -> Ran:
    """Run it with this project's programs at hand, and a clean home."""
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    env = {**os.environ, "PATH": path, "HOME": str(here), "DOCKER_CONFIG": str(here / ".docker")}
    done = subprocess.run(
        ["bash", "-c", script], cwd=here, env=env, capture_output=True, text=True, timeout=120,
        stdin=subprocess.DEVNULL, check=False,
    )  # fmt: skip
    assert "Traceback" not in done.stderr, done.stderr
    return Ran(done.returncode, done.stdout, done.stderr)


def path_of(digest: str) -> str:
    return "blobs/" + digest.replace(":", "/")


ASSET = path_of(make.digest_of(ASSETS[KUBECTL][1]))
LAYER_PATH = path_of(make.digest_of(LAYER.data))
MANIFEST = path_of(IMAGES["docker.io/library/nginx:1"].digest)


@pytest.mark.parametrize(
    ("changed", "command"),
    [
        ("stack/web/web.yaml", "cube-install render {named} -o out {target}"),
        ("stack/stack.yaml", "cube-install render {named} -o out {target}"),
        ("job-templates/a.json", "cube-install render {named} -o out {target}"),
        (LAYER_PATH, "cube-install push {named} {target}"),
        (LAYER_PATH, "cube-install push {target} {piped}"),
        (MANIFEST, "cube-install push {named} {target}"),
        (ASSET, "cube-install assets {named} --out out"),
        (ASSET, "cube-install kit {named} -o out --architecture amd64"),
        ("cube-install", "cube-bundle extract b.tar.zst out"),
        (LAYER_PATH, "cube-bundle extract b.tar.zst out"),
        ("index.json", "cube-bundle verify b.tar.zst"),
        ("cube-install", "cube-install verify {piped}"),
    ],
)  # fmt: skip
def test_what_the_signed_catalogue_does_not_name_is_not_used(
    registry: RealRegistry, signed: TinyBundle, keys: KeyPair, tmp_path: Path, changed: str,
    command: str,
) -> None:  # fmt: skip
    spoil(signed, changed)
    signed.write(tmp_path / "b.tar.zst")
    target = f"--to {registry.host}/in --insecure {registry.host}"
    script = command.format(target=target, named="--bundle b.tar.zst", piped="--bundle -")

    done = in_shell(f"cat b.tar.zst | {script} --trusted-key {keys.public}", tmp_path)

    assert done.code == DAMAGED, done.out + done.err
    tags = requests.get(f"{registry.url}/v2/in/docker.io/library/nginx/tags/list", timeout=20)
    assert tags.status_code == NOT_FOUND
    spoiled = {one.data for one in signed.members if one.path == changed}
    left = {path.read_bytes() for path in (tmp_path / "out").rglob("*") if path.is_file()}
    assert not left & spoiled


def misplaced(frames: Frames, *more: Frame, at: int) -> Frames:
    return [*frames[:at], *more, *frames[at:]]


def other_catalogue(bundle: TinyBundle) -> Frame:
    changed = json.loads(bundle.raw_catalogue)
    changed["images"][0]["why"] = "somebody else's reasons"
    return compressed(Member("bundle.json", json.dumps(changed).encode()).content)


JUNK = compressed(Member("bundle.json.sig", b"junk").content)
LINK = compressed(tar_header("bundle.json", 0, b"2", "/etc/hostname"))
LAYOUTS: dict[str, tuple[int, Callable[[TinyBundle, Frames], Frames]]] = {
    "another catalogue before": (
        UNTRUSTED, lambda one, frames: misplaced(frames, other_catalogue(one), at=0)),
    "another catalogue behind the signature": (
        DAMAGED, lambda one, frames: misplaced(frames, other_catalogue(one), at=2)),
    "another catalogue at the end": (
        DAMAGED, lambda one, frames: misplaced(frames, other_catalogue(one), at=-1)),
    "a link of the catalogue's name before": (
        DAMAGED, lambda _, frames: misplaced(frames, LINK, at=0)),
    "another signature before": (UNTRUSTED, lambda _, frames: misplaced(frames, JUNK, at=1)),
    "another signature behind": (DAMAGED, lambda _, frames: misplaced(frames, JUNK, at=2)),
    "the signature at the end": (
        UNTRUSTED, lambda _, frames: [frames[0], *frames[2:-1], frames[1], frames[-1]]),
    "no signature": (UNTRUSTED, lambda _, frames: [frames[0], *frames[2:]]),
}  # fmt: skip


@pytest.mark.parametrize("name", LAYOUTS)
@pytest.mark.parametrize("how", ["b.tar.zst", "-"])
def test_no_other_layout_gets_past_verifying(
    signed: TinyBundle, keys: KeyPair, tmp_path: Path, name: str, how: str
) -> None:
    expected, change = LAYOUTS[name]
    (tmp_path / "b.tar.zst").write_bytes(bundle_file(change(signed, signed.frames())))

    done = in_shell(
        f"cat b.tar.zst | cube-install verify --bundle {how} --trusted-key {keys.public}", tmp_path
    )

    assert done.code == expected, done.out + done.err


def documented() -> tuple[str, str]:
    """The commands that check a bundle before any program of ours is trusted."""
    found = [one.body for one in blocks(ROOT / "docs/signing.md") if "tar --zstd -xO" in one.body]
    catalogue, program = found
    return catalogue, program


def checked(here: Path, keys: KeyPair) -> str:
    """What the documented commands say."""
    (here / "outside.pub").write_bytes(keys.public.read_bytes())
    catalogue, program = documented()
    done = in_shell(f"{catalogue}\n{program}", here)
    return done.out


def test_the_documented_commands_take_what_was_signed(
    signed: TinyBundle, keys: KeyPair, tmp_path: Path
) -> None:
    signed.write(tmp_path / "site.tar.zst")

    assert checked(tmp_path, keys) == "Verified OK\nit is the one that was signed\n"
    assert in_shell("./cube-install", tmp_path).out == "the genuine one\n"


@pytest.mark.parametrize("name", LAYOUTS)
def test_the_documented_commands_see_the_catalogue_that_we_read(
    signed: TinyBundle, keys: KeyPair, tmp_path: Path, name: str
) -> None:
    expected, change = LAYOUTS[name]
    (tmp_path / "site.tar.zst").write_bytes(bundle_file(change(signed, signed.frames())))

    is_verified = "Verified OK" in checked(tmp_path, keys)

    # A signature anywhere is one to tar, and the catalogue has to be the one that it is of.
    is_genuine = (tmp_path / "bundle.json").read_bytes() == signed.raw_catalogue
    assert is_verified <= is_genuine
    assert expected == UNTRUSTED or is_verified or not is_genuine


def evil(kind: bytes, link: str = "", data: bytes = b"") -> bytes:
    return tar_header("cube-install", len(data), kind, link) + data.ljust(
        -(-len(data) // 512) * 512, b"\0"
    )


@pytest.mark.parametrize(
    "program",
    [
        evil(b"0", data=b"#!/bin/sh\necho evil\n"),
        evil(b"0"),
        evil(b"5"),
        evil(b"2", "/bin/sh"),
        evil(b"1", "bundle.json"),
        evil(b"6"),
        b"",
    ],
    ids=["another", "empty", "directory", "link", "hard link", "pipe", "none"],
)
def test_the_documented_commands_do_not_take_another_program(
    signed: TinyBundle, keys: KeyPair, tmp_path: Path, program: bytes
) -> None:
    here = tmp_path / "here"
    here.mkdir()
    signed.members = [one for one in signed.members if one.path != "cube-install"]
    frames = signed.frames()
    more = [compressed(program)] if program else []
    (here / "site.tar.zst").write_bytes(bundle_file(misplaced(frames, *more, at=2)))
    (here / "cube-install").write_text("an older one")

    assert checked(here, keys) == "Verified OK\n"
    assert not os.access(here / "cube-install", os.X_OK)


def test_what_an_earlier_check_left_proves_nothing(
    signed: TinyBundle, keys: KeyPair, tmp_path: Path
) -> None:
    signed.write(tmp_path / "site.tar.zst")
    checked(tmp_path, keys)
    (tmp_path / "site.tar.zst").write_bytes(bundle_file(signed.frames()[2:]))

    said = checked(tmp_path, keys)

    assert "Verified OK" not in said
    assert "it is the one" not in said
