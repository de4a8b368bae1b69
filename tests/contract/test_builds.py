"""Whole builds against a real registry: the same images give the same bytes, on every way."""

from __future__ import annotations

import json
import subprocess
from contextlib import ExitStack
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from cube_airgap.bundle import Bundle
from cube_airgap.digest import Digest
from cube_airgap.progress import Silent
from cube_airgap.reference import Reference
from cube_airgap.registry.access import Mirror
from cube_airgap.registry.registries import Registries
from cube_airgap.registry.web_files import WebFiles
from cube_airgap.verify import verify
from cube_airgap.zstd_frames import FRAME_DATA
from cube_bundle.assets.resolution import AssetResolver
from cube_bundle.build import Target
from cube_bundle.image_request import ImageRequest
from cube_bundle.order import Order, prepared
from cube_bundle.resolution import Resolver
from cube_bundle.sources import ImageOrigin
from cube_bundle.staging_directory import staging_directory
from tests.support.counting_proxy import CountingProxy, counting_proxy
from tests.support.image_factory import (
    artifact,
    attested,
    cosign_tag,
    image,
    layer,
    multi_arch,
    write_docker_archive,
    write_oci_layout,
)
from tests.support.memory_source import noise, prose
from tests.support.real_docker import running_docker
from tests.support.registry_access import plain_access

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from cube_airgap.registry.access import RegistryAccess
    from cube_bundle.build import Built
    from tests.support.real_registry import RealRegistry

BASE = layer({"base": noise(1 << 20, 1)})
LARGE = image([BASE, layer({"large": noise(2 * FRAME_DATA, 2)})])
PLAIN = image([layer({"plain.txt": prose(FRAME_DATA + 99, 3)}, "none"), BASE])
ZSTD = image([BASE, layer({"z": noise(70_000, 4)}, "zstd")], docker=False)
ATTESTED = attested(image([layer({"a": b"a"})]))
SIGNED = image([layer({"s": b"s"})])
IMAGES = {
    "large": LARGE,
    "plain": PLAIN,
    "zstd": ZSTD,
    "attested": ATTESTED,
    "multi": multi_arch("linux/amd64", "linux/arm64", name="builds"),
    "docker": image([BASE], docker=True),
    "signed": SIGNED,
}


@pytest.fixture(scope="module")
def proxy(registry: RealRegistry) -> Iterator[CountingProxy]:
    for name, one in IMAGES.items():
        registry.push(f"builds/{name}", "1", one)
    registry.push("builds/signed", cosign_tag(SIGNED), artifact(payload=b"signature"))
    registry.push("builds/signed", "sbom", artifact(SIGNED, payload=b"sbom"))
    with counting_proxy(registry.host) as running:
        yield running


@pytest.fixture
def access(proxy: CountingProxy) -> RegistryAccess:
    proxy.forget()
    return plain_access(proxy.host)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory, proxy: CountingProxy) -> Path:
    """The bundle of all images, built by one worker."""
    path = tmp_path_factory.mktemp("whole") / "whole.tar.zst"
    carry_out(Order(Target(path), asked_for(proxy.host)), plain_access(proxy.host), jobs=1)
    return path


def asked_for(host: str) -> tuple[ImageRequest, ...]:
    return tuple(request(f"{host}/builds/{name}:1") for name in IMAGES)


def request(text: str) -> ImageRequest:
    return ImageRequest(ImageOrigin.parse(text))


def carry_out(order: Order, access: RegistryAccess, jobs: int = 2) -> Built:
    with ExitStack() as opened:
        registries = opened.enter_context(Registries(access))
        resolver = Resolver(registries, staging_directory(order.target.path), jobs, Silent())
        files = opened.enter_context(WebFiles(access))
        assets = AssetResolver(files, staging_directory(order.target.path), jobs, Silent())
        ready = opened.enter_context(prepared(order, resolver, assets))
        return ready.carry_out(jobs, Silent())


def assert_whole(path: Path) -> None:
    with Bundle.open(path) as bundle:
        assert verify(bundle, Silent()) == ()


def test_the_bundle_is_whole_and_skopeo_reads_it_unpacked(whole: Path, tmp_path: Path) -> None:
    assert_whole(whole)
    subprocess.run(["tar", "--zstd", "-xf", whole, "-C", tmp_path], check=True)
    index = json.loads((tmp_path / "index.json").read_bytes())
    names = [
        entry["annotations"]["org.opencontainers.image.ref.name"]
        for entry in index["manifests"]
        if "annotations" in entry
    ]
    name = next(one for one in names if one.endswith("builds/large:1"))
    command = ["skopeo", "inspect", "--raw", f"oci:{tmp_path}:{name}"]
    assert subprocess.run(command, check=True, capture_output=True).stdout == LARGE.root


@pytest.mark.parametrize("jobs", [1, 8])
def test_jobs_do_not_change_the_bytes(
    tmp_path: Path, proxy: CountingProxy, access: RegistryAccess, whole: Path, jobs: int
) -> None:
    target = tmp_path / "out.tar.zst"
    carry_out(Order(Target(target), asked_for(proxy.host)), access, jobs)
    assert target.read_bytes() == whole.read_bytes()


def test_the_order_of_the_images_does_not_change_the_bytes(
    tmp_path: Path, proxy: CountingProxy, access: RegistryAccess, whole: Path
) -> None:
    target = tmp_path / "out.tar.zst"
    carry_out(Order(Target(target), asked_for(proxy.host)[::-1]), access)
    assert target.read_bytes() == whole.read_bytes()


def test_a_mirror_does_not_change_the_bytes(
    tmp_path: Path, proxy: CountingProxy, registry: RealRegistry, whole: Path
) -> None:
    proxy.forget()
    target = tmp_path / "out.tar.zst"
    mirrors = (Mirror(proxy.host, registry.host),)
    access = plain_access(proxy.host, registry.host, mirrors=mirrors)
    carry_out(Order(Target(target), asked_for(proxy.host)), access)
    assert target.read_bytes() == whole.read_bytes()
    assert proxy.blobs == []


def test_volumes_joined_are_the_single_file(
    tmp_path: Path, proxy: CountingProxy, access: RegistryAccess, whole: Path
) -> None:
    order = Order(Target(tmp_path / "out.tar.zst", 3_000_000), asked_for(proxy.host))
    description, *volumes = carry_out(order, access).paths
    assert b"".join(path.read_bytes() for path in volumes) == whole.read_bytes()
    assert_whole(description)


def test_every_blob_is_downloaded_once(
    tmp_path: Path, proxy: CountingProxy, access: RegistryAccess
) -> None:
    built = carry_out(Order(Target(tmp_path / "out.tar.zst"), asked_for(proxy.host)), access)
    with Bundle.open(built.paths[0]) as bundle:
        sizes = {str(blob.digest): blob.size for blob in bundle.catalogue.blobs}
    assert sorted(one.digest for one in proxy.blobs) == sorted(sizes)
    assert proxy.sent == sum(sizes.values())


def test_reuse_downloads_no_blob_that_the_older_bundle_has(
    tmp_path: Path, proxy: CountingProxy, access: RegistryAccess, whole: Path
) -> None:
    target = tmp_path / "out.tar.zst"
    order = Order(Target(target), asked_for(proxy.host), reuse=(whole,))
    carry_out(order, access)
    assert target.read_bytes() == whole.read_bytes()
    large = {digest for digest, blob in _blobs(whole).items() if blob > LARGEST_CONFIG}
    assert large.isdisjoint(one.digest for one in proxy.blobs)


LARGEST_CONFIG = 2000


def _blobs(path: Path) -> dict[str, int]:
    with Bundle.open(path) as bundle:
        return {str(blob.digest): blob.size for blob in bundle.catalogue.blobs}


def test_reuse_of_volumes_downloads_only_what_is_new(
    tmp_path: Path, proxy: CountingProxy, access: RegistryAccess, whole: Path
) -> None:
    requests = asked_for(proxy.host)
    older = Order(Target(tmp_path / "old.tar.zst", 2_000_000), requests[:1])
    description = carry_out(older, access).paths[0]
    proxy.forget()
    target = tmp_path / "out.tar.zst"
    carry_out(Order(Target(target), requests, reuse=(description,)), access)
    assert target.read_bytes() == whole.read_bytes()
    asked = [one.digest for one in proxy.blobs]
    layers = [entry["digest"] for entry in LARGE.body["layers"]]
    assert not set(layers) & set(asked)


def test_the_same_order_again_asks_for_no_blob(
    tmp_path: Path, proxy: CountingProxy, access: RegistryAccess
) -> None:
    order = Order(Target(tmp_path / "out.tar.zst"), asked_for(proxy.host)[:1])
    first = carry_out(order, access)
    proxy.forget()
    assert carry_out(order, access) == replace(first, already_there=True)
    layers = {entry["digest"] for entry in LARGE.body["layers"]}
    assert layers.isdisjoint(one.digest for one in proxy.blobs)


def test_layouts_and_archives_give_the_blobs_that_the_registry_gives(
    tmp_path: Path, access: RegistryAccess
) -> None:
    write_oci_layout(tmp_path / "layout", {"1": LARGE})
    write_docker_archive(tmp_path / "saved.tar", {"saved.example/plain:1": PLAIN})
    order = Order(
        Target(tmp_path / "out.tar.zst"),
        (
            request(f"layout.example/large:1=oci:{tmp_path}/layout:1"),
            request(f"docker-archive:{tmp_path}/saved.tar"),
        ),
    )
    path = carry_out(order, access).paths[0]
    assert_whole(path)
    blobs = _blobs(path)
    assert {entry["digest"] for entry in LARGE.body["layers"]} <= blobs.keys()
    assert set(PLAIN.config["rootfs"]["diff_ids"]) <= blobs.keys()
    with Bundle.open(path) as bundle:
        assert bundle.manifest(Digest.parse(LARGE.digest)).raw == LARGE.root


def test_a_daemons_image_is_staged_and_then_removed(
    tmp_path: Path, access: RegistryAccess, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = "daemon.example/plain:1"
    with running_docker() as docker:
        docker.load(name, PLAIN)
        monkeypatch.setenv("DOCKER_HOST", docker.host)
        order = Order(Target(tmp_path / "out" / "out.tar.zst"), (request(f"docker-daemon:{name}"),))
        order.target.path.parent.mkdir()
        path = carry_out(order, access).paths[0]
    assert_whole(path)
    assert set(PLAIN.config["rootfs"]["diff_ids"]) <= _blobs(path).keys()
    left = sorted(one.name for one in path.parent.iterdir())
    assert left == ["out.lock.yaml", "out.tar.zst"]


def test_a_bundle_holds_what_the_registry_holds(whole: Path, proxy: CountingProxy) -> None:
    with Bundle.open(whole) as bundle:
        for name, one in IMAGES.items():
            wanted = Reference.parse(f"{proxy.host}/builds/{name}:1")
            found = next(x for x in bundle.catalogue.images if x.reference == wanted)
            assert str(found.digest) == one.digest
            for digest in bundle.catalogue.by_digest.keys() & {Digest.parse(d) for d in one.blobs}:
                blob = bundle.catalogue.by_digest[digest].descriptor
                assert b"".join(bundle.read_blob(blob)) == one.blobs[str(digest)]
