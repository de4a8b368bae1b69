"""Pulling from a real registry that is open to everybody."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from cube_airgap.digest import Digest
from cube_airgap.errors import MissingError, NetworkError
from cube_airgap.image_source import LARGEST_PIECE
from cube_airgap.reference import Reference
from cube_airgap.registry.access import RegistryAccess
from cube_airgap.registry.registries import Registries
from tests.support import image_factory as make
from tests.support.registry_access import IMPATIENT, plain_access, reference

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.real_registry import RealRegistry


@pytest.fixture(scope="module")
def registries(registry: RealRegistry) -> Iterator[Registries]:
    with Registries(plain_access(registry.host)) as opened:
        yield opened


@pytest.mark.parametrize("docker", [False, True])
def test_an_image_comes_byte_for_byte(
    registry: RealRegistry, registries: Registries, docker: bool
) -> None:
    one = make.image(docker=docker)
    name = Reference.parse(registry.push(f"pull/image-{docker}".lower(), "1", one))
    repository = registries.repository(name)
    manifest = repository.resolve(name)
    assert (manifest.raw, manifest.media_type) == (one.root, one.media_type)
    for blob in manifest.blobs:
        assert b"".join(repository.read_blob(blob)) == one.blobs[str(blob.digest)]


@pytest.mark.parametrize("docker", [False, True])
def test_an_index_and_its_children(
    registry: RealRegistry, registries: Registries, docker: bool
) -> None:
    one = make.multi_arch("linux/amd64", "linux/arm64", docker=docker)
    name = Reference.parse(registry.push(f"pull/index-{docker}".lower(), "1", one))
    repository = registries.repository(name)
    index = repository.resolve(name)
    assert index.raw == one.root
    for child in index.children:
        assert repository.manifest(child).raw == one.blobs[str(child.digest)]


def test_a_digest_is_had_by_a_head_alone(registry: RealRegistry, registries: Registries) -> None:
    one = make.multi_arch("linux/amd64", "linux/arm64")
    name = Reference.parse(registry.push("pull/head", "1", one))
    before = len(registry.log.read_text())
    assert str(registries.repository(name).digest_of(name)) == one.digest
    assert "GET /v2/pull/head" not in registry.log.read_text()[before:]


def test_the_digest_of_what_is_not_there_is_told_as_for_a_pull(
    registry: RealRegistry, registries: Registries
) -> None:
    name = Reference.parse(registry.push("pull/no-head", "1.0", make.image())).tagged("1.1")
    with pytest.raises(MissingError) as caught:
        registries.repository(name).digest_of(name)
    assert "1.0" in caught.value.remedy


def test_a_digest_wins_over_a_tag(registry: RealRegistry, registries: Registries) -> None:
    old, new = make.image(labels={"is": "old"}), make.image(labels={"is": "new"})
    registry.push("pull/moved", "1", old)
    name = Reference.parse(registry.push("pull/moved", "1", new))
    pinned = name.at(Digest.parse(old.digest))
    assert registries.repository(name).resolve(pinned).raw == old.root


def test_an_unknown_tag_is_told_with_close_ones(
    registry: RealRegistry, registries: Registries
) -> None:
    for tag in ("8.0.32", "8.0.33", "latest"):
        registry.push("pull/mysql", tag, make.image())
    name = reference(registry.host, "pull/mysql:8.0.23")
    with pytest.raises(MissingError, match=r"has no tag 8\.0\.23") as caught:
        registries.repository(name).resolve(name)
    assert "8.0.32" in caught.value.remedy


def test_an_unknown_repository_is_told_so(registry: RealRegistry, registries: Registries) -> None:
    name = reference(registry.host, "pull/nothing:1")
    with pytest.raises(MissingError, match="has no repository pull/nothing"):
        registries.repository(name).resolve(name)


def test_an_unknown_digest_is_told_so(registry: RealRegistry, registries: Registries) -> None:
    name = Reference.parse(registry.push("pull/digest", "1", make.image()))
    with pytest.raises(MissingError, match="has no manifest sha256:"):
        registries.repository(name).resolve(name.at(Digest.of(b"")))


def test_an_unknown_blob_is_told_so(registry: RealRegistry, registries: Registries) -> None:
    one = make.image()
    name = Reference.parse(registry.push("pull/blob", "1", one))
    repository = registries.repository(name)
    layer = repository.resolve(name).layers[0]
    registry.blob_path(str(layer.digest)).unlink()
    with pytest.raises(MissingError, match=f"blob {layer.digest}"):
        list(repository.read_blob(layer))


@pytest.mark.parametrize(("start", "end"), [(0, None), (1, None), (0, 7), (40, 90), (5, 5)])
def test_a_range_of_a_blob(
    registry: RealRegistry, registries: Registries, start: int, end: int | None
) -> None:
    one = make.image([make.layer({"file": bytes(range(256)) * 4}, "none")])
    name = Reference.parse(registry.push("pull/range", "1", one))
    repository = registries.repository(name)
    layer = repository.resolve(name).layers[0]
    whole = one.blobs[str(layer.digest)]
    assert b"".join(repository.read_blob(layer, start, end)) == whole[start:end]


def test_nothing_is_left_to_read_at_the_end_of_a_blob(
    registry: RealRegistry, registries: Registries
) -> None:
    name = Reference.parse(registry.push("pull/end", "1", make.image()))
    repository = registries.repository(name)
    layer = repository.resolve(name).layers[0]
    assert list(repository.read_blob(layer, layer.size)) == []


def test_a_large_blob_comes_in_bounded_pieces(
    registry: RealRegistry, registries: Registries
) -> None:
    one = make.image([make.layer({"file": bytes(20 << 20)}, "none")])
    name = Reference.parse(registry.push("pull/large", "1", one))
    repository = registries.repository(name)
    layer = repository.resolve(name).layers[0]
    sizes = [len(piece) for piece in repository.read_blob(layer)]
    assert sum(sizes) == layer.size
    assert max(sizes) <= LARGEST_PIECE


def test_a_blob_may_be_left_in_the_middle(registry: RealRegistry, registries: Registries) -> None:
    one = make.image([make.layer({"file": bytes(20 << 20)}, "none")])
    name = Reference.parse(registry.push("pull/left", "1", one))
    repository = registries.repository(name)
    layer = repository.resolve(name).layers[0]
    with closing(repository.read_blob(layer)) as pieces:
        next(pieces)
    assert sum(map(len, repository.read_blob(layer))) == layer.size


def test_many_threads_share_one_client(registry: RealRegistry, registries: Registries) -> None:
    one = make.image([make.layer({"file": str(n).encode() * 100_000}, "none") for n in range(8)])
    name = Reference.parse(registry.push("pull/threads", "1", one))
    repository = registries.repository(name)
    layers = repository.resolve(name).layers * 4
    with ThreadPoolExecutor(16) as pool:
        read = pool.map(lambda layer: b"".join(repository.read_blob(layer)), layers)
        assert list(read) == [one.blobs[str(layer.digest)] for layer in layers]


def test_referrers_by_the_fallback_tag(registry: RealRegistry, registries: Registries) -> None:
    subject = make.image()
    sbom = make.artifact(subject)
    name = Reference.parse(registry.push("pull/referrers", "1", subject))
    listing = make.index([], extra=[(sbom.descriptor, sbom)])
    registry.push("pull/referrers", subject.digest.replace(":", "-"), listing)
    (found,) = registries.repository(name).referrers(Digest.parse(subject.digest))
    assert (str(found.descriptor.digest), found.tag) == (sbom.digest, "")


@pytest.mark.parametrize("kind", ["sig", "att", "sbom"])
def test_referrers_by_cosign_s_tags(
    registry: RealRegistry, registries: Registries, kind: str
) -> None:
    subject, signature = make.image(labels={"signed": kind}), make.artifact(artifact_type="a/b")
    name = Reference.parse(registry.push(f"pull/cosign-{kind}", "1", subject))
    tag = make.cosign_tag(subject, kind)
    registry.push(f"pull/cosign-{kind}", tag, signature)
    (found,) = registries.repository(name).referrers(Digest.parse(subject.digest))
    assert (str(found.descriptor.digest), found.tag) == (signature.digest, tag)


def test_an_image_without_referrers_has_none(
    registry: RealRegistry, registries: Registries
) -> None:
    one = make.image()
    name = Reference.parse(registry.push("pull/alone", "1", one))
    assert registries.repository(name).referrers(Digest.parse(one.digest)) == ()


def test_plain_http_is_never_tried_unasked(registry: RealRegistry) -> None:
    name = reference(registry.host)
    with (
        Registries(RegistryAccess(patience=IMPATIENT)) as registries,
        pytest.raises(NetworkError, match="speaks plain HTTP") as caught,
    ):
        registries.repository(name).resolve(name)
    assert f"--insecure {registry.host}" in caught.value.remedy


def test_a_port_where_nobody_listens() -> None:
    name = reference("127.0.0.1:1")
    with (
        Registries(RegistryAccess(patience=IMPATIENT)) as registries,
        pytest.raises(NetworkError, match=r"127\.0\.0\.1:1 cannot be connected to"),
    ):
        registries.repository(name).resolve(name)


def test_a_name_that_does_not_resolve() -> None:
    name = reference("registry.invalid")
    with (
        Registries(RegistryAccess(patience=IMPATIENT)) as registries,
        pytest.raises(NetworkError, match=r"the name of registry\.invalid cannot be resolved"),
    ):
        registries.repository(name).resolve(name)
