from __future__ import annotations

import json
from itertools import accumulate

import pytest

from cube_airgap.bundle_layout import BundleLayout, end_frame
from cube_airgap.catalogue import Catalogue
from cube_airgap.seek_table import SeekTable
from cube_airgap.zstd_frames import FRAME_DATA, compress, decode, encode_stored
from tests.support.bundle_factory import END_OF_TAR, TinyBundle, large_frames, tiny_bundle
from tests.support.image_factory import Layer, image, layer

NOISE = Layer(bytes(range(256)) * ((FRAME_DATA + 999) // 256), b"")
BUNDLE = tiny_bundle({"docker.io/library/a:1": image([NOISE, layer({"x": b"1"}, "none")])})


def layout_of(bundle: TinyBundle) -> BundleLayout:
    small = {one.path: one.data for one in bundle.members if not one.large}
    return BundleLayout.of(Catalogue.parse(bundle.raw_catalogue), small)


def test_head_stored_part_and_tail_follow_each_other() -> None:
    layout = layout_of(BUNDLE)
    stored = [one for one in BUNDLE.members if one.encoded == "stored"]

    assert [str(one.blob.digest)[7:] for one in layout.stored] == [one.path[-64:] for one in stored]
    offset = layout.head_size
    for member in layout.stored:
        for frame in range(member.frame_count):
            assert member.frame_offset(frame) == offset
            offset += member.frame_size(frame)
    assert offset == layout.tail_offset
    assert [len(one.blob.media_type) > 0 for one in layout.tail] == [True]


def test_the_place_of_stored_frames_is_what_the_format_gives_them() -> None:
    layout = layout_of(BUNDLE)
    (member,) = layout.stored
    data = next(one for one in BUNDLE.members if one.encoded == "stored")
    expected = large_frames(data)

    assert member.frame_count == len(expected) == 2
    for index, frame in enumerate(expected):
        assert member.frame_size(index) == len(frame.encoded)
        assert member.content_size(index) == frame.content_size
        part = data.data[index * FRAME_DATA : (index + 1) * FRAME_DATA]
        buffers = encode_stored(member.header(index), [part], member.padding(index))
        assert b"".join(buffers) == frame.encoded


def test_the_catalogue_has_the_first_frame_to_itself() -> None:
    first, second = layout_of(BUNDLE).head
    content = decode(first.encoded, first.content_size)

    assert content[512:].rstrip(b"\0") == BUNDLE.raw_catalogue
    assert decode(second.encoded, second.content_size).startswith(b"oci-layout\0")


def test_the_sizes_known_beforehand_are_those_of_the_written_frames() -> None:
    layout = layout_of(BUNDLE)
    sizes = list(layout.fixed_sizes())

    assert sum(encoded for encoded, _ in sizes) == layout.tail_offset
    starts = list(accumulate((content for _, content in sizes), initial=0))
    assert SeekTable(sizes).content_size == starts[-1]


def test_the_end_of_the_tar_is_a_frame_of_its_own() -> None:
    end = end_frame()

    assert decode(end.encoded, end.content_size) == END_OF_TAR
    assert end.encoded == compress(END_OF_TAR, 12)


def test_two_catalogues_have_two_fingerprints() -> None:
    other = TinyBundle(json.loads(BUNDLE.raw_catalogue), BUNDLE.members)
    other.catalogue["images"][0]["why"] = "another reason"

    assert layout_of(other).fingerprint != layout_of(BUNDLE).fingerprint
    assert layout_of(BUNDLE).fingerprint == layout_of(BUNDLE).fingerprint


@pytest.mark.parametrize(("size", "frames"), [(0, 1), (1, 1), (FRAME_DATA, 1), (FRAME_DATA + 1, 2)])
def test_a_blob_takes_as_many_frames_as_its_size_needs(size: int, frames: int) -> None:
    bundle = tiny_bundle({"docker.io/library/a:1": image([Layer(bytes(size), b"")])})
    (member,) = layout_of(bundle).stored

    assert member.frame_count == frames
    assert sum(member.data_size(frame) for frame in range(frames)) == size
    assert sum(member.content_size(frame) for frame in range(frames)) == member.tar.content_size


def test_a_blob_of_more_than_8_gib_has_a_longer_header_in_its_first_frame() -> None:
    bundle = tiny_bundle({"docker.io/library/a:1": image([layer({"x": b"1"})])})
    entry = bundle.catalogue["blobs"][-1]
    entry["size"] = (9 << 30) + 1
    (member,) = layout_of(bundle).stored

    frames = range(member.frame_count)
    assert member.frame_count == 2305
    assert member.content_size(0) == 1536 + FRAME_DATA
    assert sum(member.content_size(frame) for frame in frames) == member.tar.content_size
    assert sum(member.frame_size(frame) for frame in frames) == member.end - member.offset
