"""Reading what `docker save` writes, of all its forms; spoiled archives are refused."""

from __future__ import annotations

import gzip
import json
import subprocess
import tarfile
from typing import TYPE_CHECKING

import pytest
import zstandard

from cube_airgap.descriptor import Descriptor
from cube_airgap.digest import Digest
from cube_airgap.docker_archive import DockerArchive, staged_archive
from cube_airgap.errors import IntegrityError, MissingError, UsageError
from cube_airgap.reference import Reference
from tests.support.image_factory import (
    ImageBlobs,
    archive_members,
    as_json,
    digest_of,
    empty_layer,
    image,
    layer,
    layer_tars,
    write_docker_archive,
    write_oci_layout,
    write_tar,
)

if TYPE_CHECKING:
    from pathlib import Path

    from cube_airgap.manifest import Manifest

ANY = Reference.parse("registry.example/app:1")
BASE = layer({"base": b"base"})
ONE = image([BASE, layer({"one": b"1" * 3000})])
OTHER = image([BASE, layer({"other": b"2"})])

Members = list[tuple[tarfile.TarInfo, bytes]]


def content_of(archive: DockerArchive, manifest: Manifest) -> list[bytes]:
    return [b"".join(archive.read_blob(blob)) for blob in manifest.blobs]


def changed(members: Members, name: str, data: bytes) -> Members:
    info = tarfile.TarInfo(name)
    info.size = len(data)
    return [(info, data) if one.name == name else (one, old) for one, old in members]


@pytest.fixture(params=[False, True], ids=["old", "blobs"])
def archive_path(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    path = tmp_path / "saved.tar"
    images = {"registry.example/one:1": ONE, "busybox:latest": OTHER}
    write_docker_archive(path, images, blobs_layout=request.param)
    return path


def test_both_forms_give_the_same_manifest_and_content(archive_path: Path) -> None:
    archive = DockerArchive(archive_path, "registry.example/one:1")
    manifest = archive.resolve(ANY)
    config = ONE.blobs[ONE.body["config"]["digest"]]
    assert content_of(archive, manifest) == [config, *layer_tars(ONE)]
    assert [str(one.digest) for one in manifest.layers] == ONE.config["rootfs"]["diff_ids"]
    assert {one.media_type for one in manifest.layers} == {"application/vnd.oci.image.layer.v1.tar"}
    assert archive.manifest(manifest.descriptor) == manifest


def test_names_are_found_in_any_form(archive_path: Path) -> None:
    assert DockerArchive(archive_path).names() == ("registry.example/one:1", "busybox:latest")
    for name in ("busybox", "busybox:latest", "docker.io/library/busybox:latest"):
        assert len(DockerArchive(archive_path, name).resolve(ANY).layers) == 2


def test_an_unknown_name_tells_which_there_are(archive_path: Path) -> None:
    with pytest.raises(MissingError, match="no image 'alpine'") as caught:
        DockerArchive(archive_path, "alpine").resolve(ANY)
    assert "it has: registry.example/one:1, busybox:latest" in caught.value.remedy
    with pytest.raises(MissingError, match="has 2 images, and none was named"):
        DockerArchive(archive_path).resolve(ANY)


def test_a_reference_by_digest_is_refused(archive_path: Path) -> None:
    archive = DockerArchive(archive_path, "busybox")
    with pytest.raises(MissingError, match="does not keep the registry's manifest"):
        archive.resolve(ANY.at(Digest.parse(ONE.digest)))
    own = archive.resolve(ANY)
    assert archive.resolve(ANY.at(own.digest)) == own


def test_a_layer_is_read_in_part(archive_path: Path) -> None:
    archive = DockerArchive(archive_path, "registry.example/one:1")
    blob = archive.resolve(ANY).layers[1]
    assert b"".join(archive.read_blob(blob, 512, 700)) == layer_tars(ONE)[1][512:700]


def test_another_images_blob_is_missing(archive_path: Path) -> None:
    archive = DockerArchive(archive_path, "busybox")
    absent = Descriptor("application/x", Digest.of(b"absent"), 6)
    for ask in (lambda: list(archive.read_blob(absent)), lambda: archive.manifest(absent)):
        with pytest.raises(MissingError, match="has no sha256:"):
            ask()


def test_a_size_that_disagrees_is_told_of(archive_path: Path) -> None:
    archive = DockerArchive(archive_path, "busybox")
    right = archive.resolve(ANY).layers[0]
    wrong = Descriptor(right.media_type, right.digest, right.size + 1)
    with pytest.raises(IntegrityError, match=f"{right.size} bytes, not {right.size + 1}"):
        list(archive.read_blob(wrong))


def test_nothing_is_attached(archive_path: Path) -> None:
    assert DockerArchive(archive_path, "busybox").referrers(Digest.of(b"")) == ()


def test_an_image_without_a_name_is_the_only_one(tmp_path: Path) -> None:
    write_docker_archive(tmp_path / "saved.tar", {"": ONE})
    archive = DockerArchive(tmp_path / "saved.tar")
    assert archive.names() == ()
    assert len(archive.resolve(ANY).layers) == 2


def test_equal_empty_layers_share_their_content(tmp_path: Path) -> None:
    write_docker_archive(tmp_path / "saved.tar", {"": image([empty_layer(), empty_layer()])})
    archive = DockerArchive(tmp_path / "saved.tar")
    first, second = archive.resolve(ANY).layers
    assert first == second
    assert b"".join(archive.read_blob(first)) == layer_tars(image([empty_layer()]))[0]


def test_skopeo_archives_are_read(tmp_path: Path) -> None:
    write_oci_layout(tmp_path / "layout", {"1": ONE})
    path = tmp_path / "saved.tar"
    subprocess.run(
        ["skopeo", "copy", "--quiet", "--insecure-policy", f"oci:{tmp_path}/layout:1",
         f"docker-archive:{path}:registry.example/one:1"],
        check=True,
    )  # fmt: skip
    archive = DockerArchive(path, "registry.example/one:1")
    manifest = archive.resolve(ANY)
    assert content_of(archive, manifest)[1:] == layer_tars(ONE)


def test_compressed_layers_have_the_digest_in_their_name_or_are_hashed(tmp_path: Path) -> None:
    named = gzip.compress(layer_tars(ONE)[0], mtime=0)
    nameless = zstandard.compress(layer_tars(ONE)[1])
    blob_name = f"blobs/sha256/{digest_of(named).removeprefix('sha256:')}"
    config = ONE.blobs[ONE.body["config"]["digest"]]
    entry = {"Config": "config.json", "RepoTags": None, "Layers": [blob_name, "1/layer.tar"]}
    files = {
        "config.json": config,
        blob_name: named,
        "1/layer.tar": nameless,
        "manifest.json": as_json([entry]),
    }
    write_tar(tmp_path / "saved.tar", [_file(name, data) for name, data in files.items()])
    archive = DockerArchive(tmp_path / "saved.tar")
    manifest = archive.resolve(ANY)
    assert [(str(one.digest), one.media_type.rpartition("+")[2]) for one in manifest.layers] == [
        (digest_of(named), "gzip"),
        (digest_of(nameless), "zstd"),
    ]
    assert content_of(archive, manifest) == [config, named, nameless]


def _file(name: str, data: bytes) -> tuple[tarfile.TarInfo, bytes]:
    info = tarfile.TarInfo(name)
    info.size = len(data)
    return info, data


def spoiled(path: Path, name: str, data: bytes, one: ImageBlobs = ONE) -> DockerArchive:
    write_tar(path / "saved.tar", changed(archive_members({"": one}), name, data))
    return DockerArchive(path / "saved.tar")


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "not JSON"),
        (b"{}", "not a list"),
        (b"[1]", "not an image"),
        (b'[{"Config": 1}]', "wrong type"),
        (b'[{"Config": "c", "Layers": [1]}]', "wrong type"),
        (b'[{"Config": "c", "RepoTags": "x"}]', "wrong type"),
        (b"[" * 100_000, "not JSON"),
    ],
)
def test_a_spoiled_list_of_images_is_told_of(tmp_path: Path, content: bytes, why: str) -> None:
    with pytest.raises(IntegrityError, match=why):
        spoiled(tmp_path, "manifest.json", content).resolve(ANY)


def test_members_outside_the_archive_are_refused(tmp_path: Path) -> None:
    for outside in ("../../etc/passwd", "/etc/passwd"):
        entry = as_json([{"Config": outside, "RepoTags": None, "Layers": []}])
        with pytest.raises(IntegrityError, match="leads out of the archive"):
            spoiled(tmp_path, "manifest.json", entry).resolve(ANY)


def test_a_configuration_that_is_not_what_its_name_says_is_refused(tmp_path: Path) -> None:
    name = ONE.body["config"]["digest"].removeprefix("sha256:") + ".json"
    with pytest.raises(IntegrityError, match="is not what its name says"):
        spoiled(tmp_path, name, b"{}").resolve(ANY)


@pytest.mark.parametrize(
    ("config", "why"),
    [
        ({}, "no diff_ids"),
        ({"rootfs": {"diff_ids": [digest_of(b"")]}}, "2 layers stand against 1 diff_ids"),
        ({"rootfs": {"diff_ids": ["sha256:../up", digest_of(b"")]}}, "is not a digest"),
    ],
)
def test_diff_ids_that_do_not_fit_are_refused(
    tmp_path: Path, config: dict[str, object], why: str
) -> None:
    members = archive_members({"": ONE})
    entries = json.loads(next(data for info, data in members if info.name == "manifest.json"))
    entries[0]["Config"] = "config.json"
    members = changed(members, "manifest.json", as_json(entries))
    write_tar(tmp_path / "saved.tar", [*members, _file("config.json", as_json(config))])
    with pytest.raises(IntegrityError, match=why):
        DockerArchive(tmp_path / "saved.tar").resolve(ANY)


def test_a_wrong_diff_id_is_seen_by_whoever_checks_the_layers_digest(tmp_path: Path) -> None:
    members = archive_members({"": ONE})
    name = next(info.name for info, _ in members if info.name.endswith("layer.tar"))
    archive = spoiled(tmp_path, name, layer_tars(OTHER)[1])
    manifest = archive.resolve(ANY)
    read = [b"".join(archive.read_blob(blob)) for blob in manifest.layers]
    fits = [blob.digest.matches(data) for blob, data in zip(manifest.layers, read, strict=True)]
    assert not all(fits)


def test_a_layer_compressed_with_xz_is_refused(tmp_path: Path) -> None:
    members = archive_members({"": ONE})
    name = next(info.name for info, _ in members if info.name.endswith("layer.tar"))
    with pytest.raises(IntegrityError, match="compressed with xz"):
        spoiled(tmp_path, name, b"\xfd7zXZ\x00rest").resolve(ANY)


def test_what_docker_export_writes_is_refused(tmp_path: Path) -> None:
    write_tar(tmp_path / "exported.tar", [_file("bin/sh", b"#!")])
    with pytest.raises(IntegrityError, match=r"no manifest\.json") as caught:
        DockerArchive(tmp_path / "exported.tar").names()
    assert "docker save" in caught.value.remedy


def test_a_huge_list_of_images_is_refused_unread(tmp_path: Path) -> None:
    with pytest.raises(IntegrityError, match="too many for what it is"):
        spoiled(tmp_path, "manifest.json", b" " * ((4 << 20) + 1)).names()


@pytest.mark.parametrize("kind", ["gzip", "zstd"])
def test_a_compressed_archive_is_staged_once(tmp_path: Path, archive_path: Path, kind: str) -> None:
    packed = tmp_path / "saved.packed"
    pack = gzip.compress if kind == "gzip" else zstandard.compress
    packed.write_bytes(pack(archive_path.read_bytes()))
    staged = staged_archive(packed, tmp_path / "staging")
    assert staged.read_bytes() == archive_path.read_bytes()
    before = staged.stat()
    assert staged_archive(packed, tmp_path / "staging") == staged
    assert staged.stat() == before


def test_a_changed_compressed_archive_is_staged_anew(tmp_path: Path, archive_path: Path) -> None:
    packed = tmp_path / "saved.tar.gz"
    packed.write_bytes(gzip.compress(archive_path.read_bytes()))
    first = staged_archive(packed, tmp_path / "staging")
    packed.write_bytes(gzip.compress(archive_path.read_bytes(), 1))
    assert staged_archive(packed, tmp_path / "staging") != first


def test_a_plain_archive_is_not_staged(tmp_path: Path, archive_path: Path) -> None:
    assert staged_archive(archive_path, tmp_path / "staging") == archive_path
    assert not (tmp_path / "staging").exists()


def test_a_cut_compressed_archive_leaves_nothing(tmp_path: Path, archive_path: Path) -> None:
    for pack in (gzip.compress, zstandard.compress):
        packed = tmp_path / "cut"
        data = pack(archive_path.read_bytes())
        packed.write_bytes(data[: len(data) // 2])
        with pytest.raises(IntegrityError):
            staged_archive(packed, tmp_path / "staging")
        assert list((tmp_path / "staging").iterdir()) == []


def test_an_archive_compressed_otherwise_is_refused(tmp_path: Path) -> None:
    packed = tmp_path / "saved.tar.bz2"
    packed.write_bytes(b"BZh91AY&SY")
    with pytest.raises(UsageError, match="bzip2"):
        staged_archive(packed, tmp_path / "staging")
