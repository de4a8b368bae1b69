"""Resolving images to trees: platforms, attestations, referrers, and the lock that recalls them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cube_airgap.errors import IntegrityError, MissingError, SeveralErrors
from cube_airgap.image_source import Referrer
from cube_airgap.manifest import Manifest
from cube_airgap.platforms import Platform
from cube_airgap.progress import Silent
from cube_airgap.registry.access import RegistryAccess
from cube_airgap.registry.registries import Registries
from cube_bundle.image_request import ImageRequest
from cube_bundle.image_tree import Content
from cube_bundle.lock import Lock
from cube_bundle.resolution import Resolver, Selection
from cube_bundle.sources import ImageOrigin
from tests.support import image_factory as make

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable
    from pathlib import Path

    from cube_airgap.descriptor import Descriptor
    from cube_airgap.digest import Digest
    from cube_airgap.reference import Reference
    from cube_bundle.image_tree import ImageTree

AMD64, ARM64 = Platform("linux", "amd64"), Platform("linux", "arm64")
NAME = "reg.example/app:1"


class Notes(Silent):
    """Keeps the notes."""

    def __init__(self) -> None:
        self.notes: list[str] = []

    def note(self, text: str) -> None:
        self.notes.append(text)


def resolver(directory: Path, progress: Silent | None = None) -> Resolver:
    registries = Registries(RegistryAccess())
    return Resolver(registries, directory / "staging", 2, progress or Silent())


def request(directory: Path, name: str = NAME, **more: object) -> ImageRequest:
    origin = ImageOrigin.parse(f"{name}=oci:{directory / 'layout'}:{name}")
    return ImageRequest(origin, **more)  # type: ignore[arg-type]


def tree_of(
    directory: Path,
    one: make.ImageBlobs,
    platforms: tuple[Platform, ...] = (AMD64,),
    more: dict[str, make.ImageBlobs] | None = None,
) -> ImageTree:
    make.write_oci_layout(directory / "layout", {NAME: one, **(more or {})})
    (tree,) = resolver(directory).resolve([request(directory)], Selection(platforms))
    return tree


def texts(values: Iterable[object]) -> set[str]:
    return {str(value) for value in values}


def test_the_index_is_kept_and_other_platforms_are_left_out(tmp_path: Path) -> None:
    index = make.multi_arch("linux/amd64", "linux/arm64")
    tree = tree_of(tmp_path, index)
    amd64, arm64 = (child["digest"] for child in index.body["manifests"])
    assert str(tree.root.digest) == index.digest == str(tree.image.digest)
    assert texts(one.digest for one in tree.manifests) == {index.digest, amd64}
    assert texts(one.digest for one in tree.omitted) == {arm64}
    assert tree.image.platforms == (AMD64,)


def test_all_wanted_platforms_are_taken(tmp_path: Path) -> None:
    tree = tree_of(tmp_path, make.multi_arch("linux/amd64", "linux/arm64"), (AMD64, ARM64))
    assert (tree.image.platforms, tree.omitted) == ((AMD64, ARM64), ())


def test_nested_indexes_are_followed(tmp_path: Path) -> None:
    inner = make.multi_arch("linux/amd64", "linux/arm64")
    tree = tree_of(tmp_path, make.index([inner]))
    assert inner.digest in texts(one.digest for one in tree.manifests)
    assert tree.image.platforms == (AMD64,)
    assert len(tree.omitted) == 1


def test_indexes_nested_without_end_are_refused(tmp_path: Path) -> None:
    deep = make.image()
    for _ in range(12):
        deep = make.index([deep])
    with pytest.raises(IntegrityError, match="nests indexes"):
        tree_of(tmp_path, deep)


def test_an_attestation_comes_along_with_its_image(tmp_path: Path) -> None:
    index = make.attested(make.image())
    tree = tree_of(tmp_path, index)
    assert len(tree.manifests) == 3
    assert tree.omitted == ()


def test_a_single_image_of_another_platform_is_refused_with_what_there_is(tmp_path: Path) -> None:
    with pytest.raises(MissingError, match="has no linux/amd64; it has linux/s390x"):
        tree_of(tmp_path, make.image(platform="linux/s390x"))


def test_an_index_without_the_platform_is_refused_with_what_there_is(tmp_path: Path) -> None:
    with pytest.raises(MissingError, match="has no linux/amd64; it has linux/arm64, linux/s390x"):
        tree_of(tmp_path, make.multi_arch("linux/s390x", "linux/arm64"))


def test_an_artifact_has_no_platform_and_is_taken(tmp_path: Path) -> None:
    tree = tree_of(tmp_path, make.artifact(payload=b"sbom"))
    assert tree.image.platforms == ()
    assert len(tree.blobs) == 2


def test_referrers_and_theirs_come_along(tmp_path: Path) -> None:
    one = make.image()
    sbom = make.artifact(one)
    signature = make.artifact(sbom, payload=b"signature")
    cosign = make.artifact(payload=b"cosign")
    more = {"": sbom, f"reg.example/app:{make.cosign_tag(one)}": cosign, "signature": signature}
    tree = tree_of(tmp_path, one, more=more)
    assert {str(one.descriptor.digest): one.tag for one in tree.image.referrers} == {
        sbom.digest: "",
        signature.digest: "",
        cosign.digest: make.cosign_tag(one),
    }
    assert texts(one.digest for one in tree.manifests) >= {sbom.digest, signature.digest}


def test_referrers_stay_behind_when_told(tmp_path: Path) -> None:
    one = make.image()
    make.write_oci_layout(tmp_path / "layout", {NAME: one, "": make.artifact(one)})
    selection = Selection(with_referrers=False)
    (tree,) = resolver(tmp_path).resolve([request(tmp_path)], selection)
    assert len(tree.manifests) == 1


def test_a_lock_recalls_the_same_tree(tmp_path: Path) -> None:
    index = make.multi_arch("linux/amd64", "linux/arm64")
    tree = tree_of(tmp_path, index, more={"": make.artifact(index)})
    lock = Lock.parse(Lock((tree.image,)).encode(), "lock")
    (again,) = resolver(tmp_path).recall(lock)
    assert again.image == tree.image
    assert texts(one.digest for one in again.manifests) == texts(
        one.digest for one in tree.manifests
    )
    assert again.blobs == tree.blobs


def test_a_lock_does_not_follow_a_tag_that_moved(tmp_path: Path) -> None:
    tree = tree_of(tmp_path, make.image())
    make.write_oci_layout(tmp_path / "layout", {NAME: make.image(labels={"new": "yes"})})
    with pytest.raises(MissingError, match=str(tree.image.digest)):
        resolver(tmp_path).recall(Lock((tree.image,)))


def test_every_image_that_fails_is_told(tmp_path: Path) -> None:
    make.write_oci_layout(tmp_path / "layout", {NAME: make.image()})
    asked = [request(tmp_path, name) for name in ("a.example/x:1", NAME, "b.example/y:1")]
    with pytest.raises(SeveralErrors) as caught:
        resolver(tmp_path).resolve(asked, Selection())
    assert len(caught.value.errors) == 2


def test_an_optional_image_may_be_absent(tmp_path: Path) -> None:
    make.write_oci_layout(tmp_path / "layout", {NAME: make.image()})
    asked = [request(tmp_path), request(tmp_path, "a.example/x:1", optional=True)]
    notes = Notes()
    (tree,) = resolver(tmp_path, notes).resolve(asked, Selection())
    assert str(tree.image.reference) == NAME
    assert any("a.example/x:1" in note and "optional" in note for note in notes.notes)


def test_a_platform_that_a_list_promises_must_be_there(tmp_path: Path) -> None:
    make.write_oci_layout(tmp_path / "layout", {NAME: make.multi_arch("linux/amd64")})
    asked = request(tmp_path, platforms=(AMD64, ARM64), where="core.yaml:7")
    with pytest.raises(MissingError, match=r"linux/arm64, though core.yaml:7 says"):
        resolver(tmp_path).resolve([asked], Selection((AMD64, ARM64)))


def test_a_platform_that_nobody_promised_is_noted(tmp_path: Path) -> None:
    make.write_oci_layout(tmp_path / "layout", {NAME: make.multi_arch("linux/amd64")})
    notes = Notes()
    resolver(tmp_path, notes).resolve([request(tmp_path)], Selection((AMD64, ARM64)))
    assert notes.notes == [f"{NAME} has no linux/arm64"]


def test_a_platform_that_a_list_says_is_not_there_is_not_noted(tmp_path: Path) -> None:
    make.write_oci_layout(tmp_path / "layout", {NAME: make.multi_arch("linux/amd64")})
    notes = Notes()
    asked = request(tmp_path, platforms=(AMD64,))
    resolver(tmp_path, notes).resolve([asked], Selection((AMD64, ARM64)))
    assert notes.notes == []


def test_a_foreign_layer_is_told_and_not_carried(tmp_path: Path) -> None:
    one = make.with_foreign_layer(make.image(), "https://cdn.example/layer")
    tree = tree_of(tmp_path, one)
    assert len(tree.foreign) == 1
    assert tree.foreign[0].digest not in {blob.digest for blob in tree.blobs}


def test_a_config_with_other_bytes_is_refused(tmp_path: Path) -> None:
    one = make.image()
    make.write_oci_layout(tmp_path / "layout", {NAME: one})
    path = make.blob_path(tmp_path / "layout", one.body["config"]["digest"])
    path.write_bytes(path.read_bytes()[::-1])
    with pytest.raises(IntegrityError, match="other bytes than its digest says"):
        resolver(tmp_path).resolve([request(tmp_path)], Selection())


class EndlessReferrers:
    """A source in which something new is attached to everything."""

    def __init__(self, root: Manifest) -> None:
        self.made = {root.digest: root}

    def resolve(self, reference: Reference) -> Manifest:
        raise AssertionError(reference)

    def manifest(self, descriptor: Descriptor) -> Manifest:
        return self.made[descriptor.digest]

    def read_blob(
        self, blob: Descriptor, start: int = 0, end: int | None = None
    ) -> Generator[bytes, None, None]:
        raise AssertionError((blob, start, end))

    def referrers(self, subject: Digest) -> tuple[Referrer, ...]:
        raw = b'{"schemaVersion": 2, "layers": [], "of": "%s"}' % subject.hex.encode()
        one = Manifest.parse(raw, where="made up")
        self.made[one.digest] = one
        return (Referrer(one.descriptor),)


def test_referrers_without_end_are_refused() -> None:
    root = Manifest.parse(b'{"schemaVersion": 2, "layers": []}', where="root")
    content = Content(EndlessReferrers(root), root, (AMD64,))
    content.read(NAME)
    with pytest.raises(IntegrityError, match="more than 5,000 manifests"):
        content.find_referrers()
