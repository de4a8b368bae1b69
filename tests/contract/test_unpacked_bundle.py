"""A bundle needs none of our programs: tar and zstd unpack it, and OCI tools read the result."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING, Any

import pytest
import requests

from tests.support.bundle_factory import same_tree, tiny_bundle
from tests.support.command import cube_bundle
from tests.support.image_factory import (
    ImageBlobs,
    Layer,
    attested,
    cosign_tag,
    digest_of,
    image,
    layer,
    multi_arch,
)
from tests.support.memory_source import noise
from tests.support.real_registry import RealRegistry, running_registry

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LARGE = layer({"large": noise(9 << 20, 7)})
IMAGES: dict[str, ImageBlobs] = {
    "app": multi_arch("linux/amd64", "linux/arm64"),
    "docker": image([LARGE, layer({"x": b"x"})], docker=True),
    "plain": image([layer({"text": b"many words " * 9000}, "none"), layer({})]),
    "attested": attested(image([LARGE, layer({"z": b"z"}, "zstd")])),
}
# Debian's skopeo finds no Docker manifest by its name in any layout (docs/format.md).
OCI_IMAGES = [name for name in IMAGES if name != "docker"]
SIGNATURE = image([Layer(b'{"critical":{}}', b"")])


@pytest.fixture(scope="module")
def bundle(registry: RealRegistry, tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("bundle")
    names = [registry.push(f"unpacked/{name}", "1", one) for name, one in IMAGES.items()]
    registry.push("unpacked/app", cosign_tag(IMAGES["app"]), SIGNATURE)
    platforms = ["--platform", "linux/amd64", "--platform", "linux/arm64"]
    built = cube_bundle(
        "build", *names, *platforms, "--insecure", registry.host, "-o", "b.tar.zst", cwd=directory
    )
    assert built.code == 0, built.err
    return directory / "b.tar.zst"


@pytest.fixture(scope="module")
def unpacked(bundle: Path) -> Path:
    directory = bundle.parent / "unpacked"
    directory.mkdir()
    subprocess.run(["tar", "--zstd", "-xf", bundle, "-C", directory], check=True)
    return directory


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealRegistry]:
    """A registry that has nothing yet."""
    with running_registry(tmp_path_factory.mktemp("target")) as running:
        yield running


def name_of(registry: RealRegistry, name: str) -> str:
    return f"{registry.host}/unpacked/{name}:1"


def run(*command: object) -> str:
    done = subprocess.run(
        [str(one) for one in command], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_zstd_alone_needs_no_option_to_decompress_it(bundle: Path, tmp_path: Path) -> None:
    run("zstd", "-d", "-q", bundle, "-o", tmp_path / "b.tar")

    names = run("tar", "-tf", tmp_path / "b.tar").splitlines()

    assert names[:3] == ["bundle.json", "oci-layout", "index.json"]
    assert len(names) == len(set(names))


def test_tar_unpacks_what_our_extract_does(bundle: Path, unpacked: Path, tmp_path: Path) -> None:
    extracted = cube_bundle("extract", bundle, tmp_path / "ours", cwd=tmp_path)

    assert extracted.code == 0, extracted.err
    assert run("diff", "-r", unpacked, tmp_path / "ours") == ""


@pytest.mark.parametrize("name", OCI_IMAGES)
def test_skopeo_reads_an_image_by_its_name(
    registry: RealRegistry, unpacked: Path, name: str
) -> None:
    layout = f"oci:{unpacked}:{name_of(registry, name)}"

    assert digest_of(run("skopeo", "inspect", "--raw", layout).encode()) == IMAGES[name].digest
    config = json.loads(run("skopeo", "inspect", "--override-os=linux", "--config", layout))
    assert config["architecture"] == "amd64"


@pytest.mark.parametrize("name", OCI_IMAGES)
def test_skopeo_copies_an_image_to_a_registry_with_every_digest_unchanged(
    registry: RealRegistry, target: RealRegistry, unpacked: Path, name: str
) -> None:
    copy_with_skopeo(f"oci:{unpacked}:{name_of(registry, name)}", name_of(target, name))

    assert_holds(target, name)


def test_skopeo_copies_a_docker_image_from_an_index_of_its_own(
    registry: RealRegistry, target: RealRegistry, unpacked: Path, tmp_path: Path
) -> None:
    index = json.loads((unpacked / "index.json").read_text())
    entries = [
        {key: value for key, value in entry.items() if key != "annotations"}
        for entry in index["manifests"]
        if entry["digest"] == IMAGES["docker"].digest
    ]
    (tmp_path / "index.json").write_text(json.dumps({**index, "manifests": entries}))
    for name in ("oci-layout", "blobs"):
        (tmp_path / name).symlink_to(unpacked / name)

    copy_with_skopeo(f"oci:{tmp_path}", name_of(target, "docker"))

    assert_holds(target, "docker")


def copy_with_skopeo(origin: str, copied: str) -> None:
    options = ("--dest-tls-verify=false", "--all", "--preserve-digests")
    run("skopeo", "copy", *options, origin, f"docker://{copied}")


def assert_holds(target: RealRegistry, name: str) -> None:
    """Whether the registry has every manifest and blob of the image under its own digest."""
    base = f"{target.url}/v2/unpacked/{name}"
    for digest, raw in IMAGES[name].blobs.items():
        kind = "manifests" if is_manifest(raw) else "blobs"
        accept = {"Accept": json.loads(raw)["mediaType"]} if kind == "manifests" else {}
        answer = requests.get(f"{base}/{kind}/{digest}", headers=accept, timeout=30)
        assert answer.content == raw


def is_manifest(raw: bytes) -> bool:
    try:
        body: Any = json.loads(raw)
    except ValueError:
        return False
    return "schemaVersion" in body


def test_skopeo_finds_the_signature_under_its_tag(registry: RealRegistry, unpacked: Path) -> None:
    tag = cosign_tag(IMAGES["app"])
    layout = f"oci:{unpacked}:{registry.host}/unpacked/app:{tag}"

    assert run("skopeo", "inspect", "--raw", layout).encode() == SIGNATURE.root


def test_umoci_lists_and_unpacks_an_image(
    registry: RealRegistry, unpacked: Path, tmp_path: Path
) -> None:
    name = name_of(registry, "plain")

    assert name in run("umoci", "list", "--layout", unpacked)
    run("umoci", "raw", "unpack", "--rootless", "--image", f"{unpacked}:{name}", tmp_path / "root")
    assert (tmp_path / "root/text").read_bytes() == b"many words " * 9000


def test_what_the_tests_own_encoder_writes_is_unpacked_the_same(tmp_path: Path) -> None:
    """So the format that tests/support/bundle_factory.py writes is the one that others read."""
    tiny = tiny_bundle({"quay.io/a:1": IMAGES["docker"], "quay.io/b:1": IMAGES["plain"]})
    path = tiny.write(tmp_path / "b.tar.zst")
    (tmp_path / "out").mkdir()

    run("tar", "--zstd", "-xf", path, "-C", tmp_path / "out")

    assert same_tree(tmp_path / "out", tiny)
