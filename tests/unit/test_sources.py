"""What users may write of where an image comes from, and opening it."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from cube_airgap.docker_archive import DockerArchive
from cube_airgap.errors import AirgapError, MissingError, UsageError
from cube_airgap.layout import OciLayout
from cube_bundle.sources import ImageOrigin, OriginKind, open_origin
from tests.support.image_factory import (
    CONTAINERD_NAME,
    image,
    write_docker_archive,
    write_oci_layout,
)

if TYPE_CHECKING:
    from cube_airgap.digest import Digest
    from cube_airgap.image_source import RegistrySource
    from cube_airgap.reference import Reference

SOME_ID = "sha256:" + "1" * 64


class NoRegistries:
    """Registries for tests that must not use any."""

    def repository(self, reference: Reference) -> RegistrySource:
        raise AssertionError(f"nobody asked for {reference}")


class RemoteLayout(OciLayout):
    """A layout in the place of a registry."""

    def tags(self) -> tuple[str, ...]:
        raise AssertionError("nobody asked for tags")

    def digest_of(self, reference: Reference) -> Digest:
        raise AssertionError(f"nobody asked for the digest of {reference}")


class OneRegistry:
    """Registries that note which repository is asked for."""

    def __init__(self, source: RegistrySource) -> None:
        self.source = source
        self.asked: list[Reference] = []

    def repository(self, reference: Reference) -> RegistrySource:
        self.asked.append(reference)
        return self.source


@pytest.mark.parametrize(
    ("text", "reference", "sought"),
    [
        ("mysql:8", "docker.io/library/mysql:8", "docker.io/library/mysql:8"),
        ("h.example:5000/a/b:1", "h.example:5000/a/b:1", "h.example:5000/a/b:1"),
        (f"a/b@{SOME_ID}", f"docker.io/a/b@{SOME_ID}", f"docker.io/a/b@{SOME_ID}"),
        ("new.example/a:1=old.example/b:2", "new.example/a:1", "old.example/b:2"),
        ("docker.io/library/oci:1", "docker.io/library/oci:1", "docker.io/library/oci:1"),
    ],
)
def test_references_are_registries(text: str, reference: str, sought: str) -> None:
    origin = ImageOrigin.parse(text)
    assert origin.kind is OriginKind.REGISTRY
    assert (str(origin.reference), str(origin.sought), str(origin)) == (reference, sought, text)


@pytest.mark.parametrize(
    ("text", "kind", "path", "name", "reference"),
    [
        ("docker-daemon:a/b:1", OriginKind.DOCKER_DAEMON, ".", "a/b:1", "docker.io/a/b:1"),
        (f"n.example/x:1=docker-daemon:{SOME_ID}", OriginKind.DOCKER_DAEMON, ".", SOME_ID,
         "n.example/x:1"),
        ("n.example/x:1=oci:some/dir", OriginKind.OCI_LAYOUT, "some/dir", "", "n.example/x:1"),
        ("n.example/x:1=oci:dir:1.0", OriginKind.OCI_LAYOUT, "dir", "1.0", "n.example/x:1"),
        ("n.example/x:1=oci:a=b:1.0", OriginKind.OCI_LAYOUT, "a=b", "1.0", "n.example/x:1"),
        ("docker-archive:f.tar:h.example:5000/a:1", OriginKind.DOCKER_ARCHIVE, "f.tar",
         "h.example:5000/a:1", "h.example:5000/a:1"),
        ("x:1=docker-archive:f.tar", OriginKind.DOCKER_ARCHIVE, "f.tar", "",
         "docker.io/library/x:1"),
    ],
)  # fmt: skip
def test_other_origins_say_where_and_by_what_name(
    text: str, kind: OriginKind, path: str, name: str, reference: str
) -> None:
    origin = ImageOrigin.parse(text)
    assert (origin.kind, origin.path, origin.name) == (kind, Path(path), name)
    assert str(origin.reference) == reference


@pytest.mark.parametrize(
    "text",
    [
        "", "docker://mysql:8", "oci-archive:x.tar", "containers-storage:x", "x:1=docker://mysql:8",
        "oci:", "oci::name", "docker-archive:", "docker-daemon:", "x:1=", "x:1=docker-daemon:",
        "=mysql", "a/UPPER", "a b", "x:1=UPPER",
    ],
)  # fmt: skip
def test_what_is_no_origin_is_refused_with_its_place(text: str) -> None:
    with pytest.raises(UsageError, match=r"list\.yaml, line 7") as caught:
        ImageOrigin.parse(text, where="list.yaml, line 7")
    assert caught.value.remedy


def test_a_nameless_image_needs_a_name(tmp_path: Path) -> None:
    write_oci_layout(tmp_path / "layout", {"": image()})
    write_docker_archive(tmp_path / "nameless.tar", {"": image()})
    write_docker_archive(tmp_path / "two.tar", {"a:1": image(), "b:1": image(labels={"b": ""})})
    (tmp_path / "one.tar.gz").write_bytes(gzip.compress((tmp_path / "nameless.tar").read_bytes()))
    for text in (
        f"oci:{tmp_path}/layout",
        f"docker-archive:{tmp_path}/nameless.tar",
        f"docker-archive:{tmp_path}/two.tar",
        f"docker-archive:{tmp_path}/one.tar.gz",
        f"docker-daemon:{SOME_ID}",
    ):
        with pytest.raises(UsageError, match="which name the image gets") as caught:
            ImageOrigin.parse(text)
        assert f"={text}" in caught.value.remedy


def test_layouts_and_archives_name_their_image(tmp_path: Path) -> None:
    name = "registry.example/app:1"
    write_oci_layout(tmp_path / "layout", {name: image()}, annotation=CONTAINERD_NAME)
    write_docker_archive(tmp_path / "one.tar", {name: image()})
    for text in (f"oci:{tmp_path}/layout", f"docker-archive:{tmp_path}/one.tar"):
        assert str(ImageOrigin.parse(text).reference) == name


def test_what_is_not_there_is_missing(tmp_path: Path) -> None:
    for text in (f"oci:{tmp_path}", f"docker-archive:{tmp_path}/absent.tar"):
        with pytest.raises(MissingError):
            ImageOrigin.parse(text)


def test_a_registry_is_asked_for_the_origin_and_not_for_the_new_name(tmp_path: Path) -> None:
    registries = OneRegistry(RemoteLayout(tmp_path))
    origin = ImageOrigin.parse("new.example/a:1=old.example/b:2")
    assert open_origin(origin, registries, tmp_path) is registries.source
    assert [str(one) for one in registries.asked] == ["old.example/b:2"]


def test_layouts_and_archives_are_opened(tmp_path: Path) -> None:
    one = image()
    write_oci_layout(tmp_path / "layout", {"1.0": one})
    write_docker_archive(tmp_path / "one.tar", {"a:1": one})
    layout = ImageOrigin.parse(f"x:1=oci:{tmp_path}/layout:1.0")
    archive = ImageOrigin.parse(f"docker-archive:{tmp_path}/one.tar")
    staging = tmp_path / "staging"
    opened = open_origin(layout, NoRegistries(), staging)
    assert opened.resolve(layout.sought).raw == one.root
    assert isinstance(open_origin(archive, NoRegistries(), staging), DockerArchive)
    assert not staging.exists()


def test_compressed_archives_are_staged(tmp_path: Path) -> None:
    write_docker_archive(tmp_path / "one.tar", {"a:1": image()})
    (tmp_path / "one.tar.gz").write_bytes(gzip.compress((tmp_path / "one.tar").read_bytes()))
    origin = ImageOrigin.parse(f"docker-archive:{tmp_path}/one.tar.gz:a:1")
    opened = open_origin(origin, NoRegistries(), tmp_path / "staging")
    assert len(opened.resolve(origin.sought).layers) == 1
    assert len(list((tmp_path / "staging").iterdir())) == 1


def test_errors_of_reading_are_this_programs_own(tmp_path: Path) -> None:
    (tmp_path / "no.tar").write_bytes(b"no tar")
    with pytest.raises(AirgapError, match=r"no\.tar"):
        ImageOrigin.parse(f"docker-archive:{tmp_path}/no.tar")
