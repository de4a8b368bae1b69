from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING

import pytest

from cube_airgap.bundle import Bundle
from cube_airgap.catalogue import CATALOGUE_PATH, SIGNATURE_PATH
from cube_airgap.descriptor import Descriptor
from cube_airgap.digest import Digest
from cube_airgap.errors import IntegrityError, MissingError
from cube_airgap.extract import extract
from cube_airgap.progress import Silent
from cube_airgap.verify import verify
from tests.support.bundle_factory import (
    TinyBundle,
    bundle_file,
    compressed,
    padding,
    tar_header,
    tiny_bundle,
    write_volumes,
)
from tests.support.image_factory import image, layer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LAYER = layer({"a": bytes(range(256)) * 40})
IMAGE = image([LAYER])
ABSENT = Descriptor("x", Digest.of(b"absent"), 6)


@pytest.fixture
def tiny() -> TinyBundle:
    return tiny_bundle({"docker.io/library/app:1": IMAGE})


@pytest.fixture
def bundle(tiny: TinyBundle, tmp_path: Path) -> Iterator[Bundle]:
    with Bundle.open(tiny.write(tmp_path / "b.tar.zst")) as opened:
        yield opened


@pytest.fixture
def blob(bundle: Bundle) -> Descriptor:
    return next(one for one in bundle.catalogue.blobs if one.encoding == "stored").descriptor


def test_a_file_is_read_by_its_path(bundle: Bundle) -> None:
    assert b"imageLayoutVersion" in bundle.read_file("oci-layout")
    assert bundle.file_size > 0


def test_a_manifest_is_read_by_its_digest(bundle: Bundle) -> None:
    assert bundle.manifest(Digest.parse(IMAGE.digest)).raw == IMAGE.root


def test_any_part_of_a_blob_is_read(bundle: Bundle, blob: Descriptor) -> None:
    data = LAYER.data
    size = len(data)

    for start, end in [(0, None), (5, None), (5, 9), (size, None), (0, size), (3, 3)]:
        assert b"".join(bundle.read_blob(blob, start, end)) == data[start:end]


@pytest.mark.parametrize(("start", "end"), [(10**6, None), (10**6, 10**7), (9, 5), (0, 10**7)])
def test_nothing_outside_a_blob_is_read(
    bundle: Bundle, blob: Descriptor, start: int, end: int | None
) -> None:
    assert b"".join(bundle.read_blob(blob, start, end)) == LAYER.data[start:end]


def test_what_is_not_carried_is_missing(bundle: Bundle) -> None:
    assert not bundle.has(ABSENT.digest)
    with pytest.raises(MissingError, match="does not carry"):
        list(bundle.read_blob(ABSENT))
    with pytest.raises(MissingError, match="does not carry"):
        bundle.manifest(ABSENT.digest)


def test_a_blob_of_another_size_is_refused(bundle: Bundle, blob: Descriptor) -> None:
    with pytest.raises(IntegrityError, match="bytes in the bundle, not"):
        list(bundle.read_blob(Descriptor("x", blob.digest, blob.size + 1)))


def test_a_large_blob_that_is_asked_for_as_a_manifest_is_refused(
    bundle: Bundle, blob: Descriptor
) -> None:
    with pytest.raises(IntegrityError, match="is not JSON"):
        bundle.manifest(blob.digest)


def test_a_file_with_other_bytes_than_were_listed_is_refused(tiny: TinyBundle) -> None:
    number = next(i for i, one in enumerate(tiny.members) if one.path == "index.json")
    sound = tiny.members[number]
    tiny.members[number] = type(sound)(sound.path, sound.data.upper())

    with pytest.raises(IntegrityError, match=r"index\.json is damaged in the bundle"):
        Bundle.receive(io.BytesIO(tiny.encode())).read_file("index.json")


def test_a_missing_file_is_told_of(tmp_path: Path) -> None:
    with pytest.raises(MissingError, match="there is no bundle at"):
        Bundle.open(tmp_path / "none.tar.zst")


def test_volumes_that_are_described_as_another_bundle_are_refused(
    tiny: TinyBundle, tmp_path: Path
) -> None:
    path = write_volumes(tmp_path, tiny.encode(), 700)
    body = json.loads(path.read_text())
    path.write_text(json.dumps({**body, "bundle": str(ABSENT.digest)}))

    with pytest.raises(IntegrityError, match="another bundle"):
        Bundle.open(path)


@pytest.mark.parametrize("signature", [b"MEUCIQ==", bytes(512), bytes(513), bytes(65536)])
def test_a_signature_is_read_carried_and_not_part_of_the_identity(
    tiny: TinyBundle, tmp_path: Path, signature: bytes
) -> None:
    unsigned = Digest.of(tiny.raw_catalogue)
    tiny.signature = signature
    data = tiny.encode()
    (tmp_path / "s.tar.zst").write_bytes(data)

    with Bundle.open(tmp_path / "s.tar.zst") as opened:
        assert opened.signature == signature
        assert opened.catalogue.digest == unsigned
        assert verify(opened, Silent()) == ()
    extract(Bundle.stream(io.BytesIO(data)), tmp_path / "out", Silent())
    assert (tmp_path / "out/bundle.json.sig").read_bytes() == signature


@pytest.mark.parametrize("number", [0, 1], ids=["catalogue", "signature"])
def test_a_start_with_another_tar_header_is_refused(tiny: TinyBundle, number: int) -> None:
    tiny.signature = b"MEUCIQ=="
    data = (tiny.raw_catalogue, tiny.signature)[number]
    name = (CATALOGUE_PATH, SIGNATURE_PATH)[number]
    frames = tiny.frames()
    header = tar_header(name, len(data), link="elsewhere")
    frames[number] = compressed(header + data + padding(data))

    with pytest.raises(IntegrityError, match=f"the tar header or padding of {name} "):
        Bundle.receive(io.BytesIO(bundle_file(frames)))


def test_a_signature_of_absurd_size_is_refused(tiny: TinyBundle) -> None:
    tiny.signature = bytes(65537)

    with pytest.raises(IntegrityError, match="a signature of"):
        Bundle.stream(io.BytesIO(tiny.encode()))


def test_an_unsigned_bundle_has_no_signature(bundle: Bundle) -> None:
    assert bundle.signature == b""
