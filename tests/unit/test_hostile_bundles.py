"""Damaged and hostile bundles: told of plainly, never a wrong result, never a file elsewhere."""

from __future__ import annotations

import io
import json
import struct
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cube_airgap.bundle import Bundle
from cube_airgap.errors import AirgapError, IntegrityError, UsageError
from cube_airgap.extract import extract
from cube_airgap.finding import Finding, Problem
from cube_airgap.inspection import inspect_bundle
from cube_airgap.progress import Silent
from cube_airgap.verify import verify
from tests.support.bundle_factory import (
    END_OF_TAR,
    Frame,
    Member,
    TinyBundle,
    blob_path,
    bundle_file,
    compressed,
    padding,
    same_tree,
    seek_table,
    stored,
    tar_header,
    tiny_bundle,
    write_volumes,
)
from tests.support.image_factory import as_json, digest_of, image, layer, multi_arch
from tests.support.json_mutations import mutated

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Reader = Callable[[bytes], Bundle]

NAME = "docker.io/library/app:1"


def small_bundle() -> TinyBundle:
    """One stored layer, one compressed layer, and a head of a few members."""
    layers = [layer({"a": b"one"}), layer({"b": b"two"}, "none")]
    return tiny_bundle({NAME: image(layers)})


@pytest.fixture(params=["file", "volumes", "pipe"])
def read(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Reader]:
    """Opens the bytes of a bundle in each way that there is."""
    opened: list[Bundle] = []

    def from_bytes(data: bytes) -> Bundle:
        if request.param == "pipe":
            return Bundle.stream(io.BytesIO(data))
        if request.param == "volumes":
            path = write_volumes(tmp_path, data, max(1, len(data) // 3))
        else:
            path = tmp_path / "b.tar.zst"
            path.write_bytes(data)
        opened.append(Bundle.open(path))
        return opened[-1]

    yield from_bytes
    for bundle in opened:
        bundle.close()


def findings_of(bundle: Bundle) -> set[tuple[Problem, str]]:
    return {(finding.problem, finding.subject) for finding in verify(bundle, Silent())}


def is_noticed(data: bytes) -> bool:
    """Whether both readers refuse `data` or find something; they never fail in another way."""
    return _refused_or_found(lambda: Bundle.stream(io.BytesIO(data)), data) and (
        _refused_or_found(lambda: _opened(data), data)
    )


def _opened(data: bytes) -> Bundle:
    with tempfile.NamedTemporaryFile(suffix=".tar.zst") as file:
        file.write(data)
        file.flush()
        return Bundle.open(Path(file.name))


def _refused_or_found(opening: Callable[[], Bundle], data: bytes) -> bool:
    try:
        with opening() as bundle:
            return bool(verify(bundle, Silent()))
    except AirgapError:
        return True


def test_an_undamaged_bundle_is_right_in_every_way_of_reading(read: Reader, tmp_path: Path) -> None:
    bundle = small_bundle()

    assert verify(read(bundle.encode()), Silent()) == ()
    extract(read(bundle.encode()), tmp_path / "out", Silent())
    assert same_tree(tmp_path / "out", bundle)


def test_a_bundle_cut_at_any_byte_is_noticed() -> None:
    data = small_bundle().encode()

    assert [end for end in range(len(data)) if not is_noticed(data[:end])] == []


def test_bytes_after_the_bundle_are_noticed() -> None:
    data = small_bundle().encode()

    assert is_noticed(data + b"\0")
    assert is_noticed(data + data)


def test_a_flipped_bit_in_any_byte_is_noticed_or_changes_nothing() -> None:
    """Compressed blocks have a few bits that their decoder ignores; all else is bound."""
    bundle = small_bundle()
    data = bundle.encode()
    spoiled = [flipped(data, at, at % 8) for at in range(len(data))]

    unnoticed = [one for one in spoiled if not is_noticed(one)]

    assert len(unnoticed) < len(data) / 100
    assert all(contents_of(one) == contents_of(data) for one in unnoticed)


def contents_of(data: bytes) -> bytes:
    with _opened(data) as bundle:
        return b"".join(bundle.content.pieces(0, bundle.end))


@settings(deadline=None, max_examples=150)
@given(at=st.floats(0, 1, exclude_max=True), bit=st.integers(0, 7), from_pipe=st.booleans())
def test_extracting_a_flipped_bundle_gives_the_same_files_or_an_error(
    at: float, bit: int, *, from_pipe: bool
) -> None:
    bundle = small_bundle()
    data = bundle.encode()
    spoiled = flipped(data, int(at * len(data)), bit)
    with tempfile.TemporaryDirectory() as scratch:
        target = Path(scratch) / "out"
        try:
            opened = Bundle.stream(io.BytesIO(spoiled)) if from_pipe else _opened(spoiled)
            with opened:
                extract(opened, target, Silent())
        except AirgapError:
            assert_only_whole_files(target, bundle)
        else:
            assert same_tree(target, bundle)


def flipped(data: bytes, at: int, bit: int) -> bytes:
    return data[:at] + bytes([data[at] ^ 1 << bit]) + data[at + 1 :]


def assert_only_whole_files(target: Path, bundle: TinyBundle) -> None:
    """What an extraction left behind is right, or named as unfinished."""
    expected = {"bundle.json": bundle.raw_catalogue, **{m.path: m.data for m in bundle.members}}
    for path in target.rglob("*"):
        name = str(path.relative_to(target))
        assert path.is_dir() or name.endswith("~") or path.read_bytes() == expected[name]


def test_all_damage_is_found_at_once_in_a_file(tmp_path: Path) -> None:
    layers = [layer({"a": bytes([number]) * 200}) for number in range(4)]
    bundle = tiny_bundle({NAME: image(layers)})
    large = [one for one in bundle.members if one.large]
    data = bundle.encode()
    for one in (large[0], large[2]):
        data = flipped(data, data.index(one.data) + len(one.data) // 2, 3)
    (tmp_path / "b.tar.zst").write_bytes(data)

    with Bundle.open(tmp_path / "b.tar.zst") as opened:
        found = verify(opened, Silent())

    assert found == tuple(
        Finding(Problem.DAMAGED, one.path, "its bytes do not have its digest")
        for one in (large[0], large[2])
    )


def test_a_header_of_zeros_is_damage_and_not_the_end(tmp_path: Path) -> None:
    layers = [layer({"a": bytes([number]) * 200}) for number in range(3)]
    bundle = tiny_bundle({NAME: image(layers)})
    victim = next(one for one in bundle.members if one.large)
    data = bytearray(bundle.encode())
    header = tar_header(victim.path, len(victim.data))
    at = data.index(header)
    data[at : at + len(header)] = bytes(len(header))
    (tmp_path / "b.tar.zst").write_bytes(data)

    with Bundle.open(tmp_path / "b.tar.zst") as opened:
        found = verify(opened, Silent())

    assert found == (Finding(Problem.DAMAGED, victim.path, "no tar header"),)


def test_damage_in_volumes_names_the_volume(tmp_path: Path) -> None:
    layers = [layer({"a": bytes([number]) * 5000}) for number in range(4)]
    data = tiny_bundle({NAME: image(layers, labels={"a": "b" * 50})}).encode()
    bundle = tiny_bundle({NAME: image(layers, labels={"a": "b" * 50})})
    victim = next(one for one in bundle.members if one.large)
    path = write_volumes(tmp_path, data, len(data) // 2)
    at = data.index(victim.data)
    number, inside = divmod(at, len(data) // 2)
    volume = tmp_path / f"b.tar.zst.{number + 1:03d}"
    volume.write_bytes(flipped(volume.read_bytes(), inside, 0))

    with Bundle.open(path) as opened:
        found = findings_of(opened)

    assert found == {
        (Problem.DAMAGED, victim.path),
        (Problem.DAMAGED, f"volume {volume.name}"),
    }


def with_member_after_head(bundle: TinyBundle, content: bytes) -> bytes:
    """`bundle` with other tar content behind its small members, in a frame of its own."""
    frames = bundle.frames()
    frames.insert(2, compressed(content))
    return bundle_file(frames)


FOREIGN_HEADERS = {
    "absolute": tar_header("/etc/passwd", 0),
    "parent": tar_header("../../evil", 0),
    "symbolic link": tar_header("blobs/link", 0, b"2", "/etc/passwd"),
    "hard link": tar_header("blobs/hard", 0, b"1", "bundle.json"),
    "character device": tar_header("blobs/null", 0, b"3"),
    "block device": tar_header("blobs/disk", 0, b"4"),
    "directory": tar_header("blobs", 0, b"5"),
    "fifo": tar_header("blobs/pipe", 0, b"6"),
    "long name": tar_header("././@LongLink", 0, b"L"),
    "second catalogue": tar_header("bundle.json", 0),
    "pax path": tar_header("././@PaxHeader", 512, b"x") + b"24 path=../../../evil.sh\n".ljust(512),
    "pax size": tar_header("././@PaxHeader", 512, b"x") + b"16 size=1234567\n".ljust(512),
    "global pax": tar_header("pax_global_header", 512, b"g") + b"12 path=../x\n".ljust(512),
}


@pytest.mark.parametrize("content", FOREIGN_HEADERS.values(), ids=FOREIGN_HEADERS)
def test_a_foreign_member_is_found_and_never_extracted(
    read: Reader, tmp_path: Path, content: bytes
) -> None:
    bundle = small_bundle()
    data = with_member_after_head(bundle, content)

    found = findings_of(read(data))
    assert Problem.UNLISTED in {problem for problem, _ in found}

    target = tmp_path / "deep" / "er" / "out"
    with pytest.raises(IntegrityError):
        extract(read(data), target, Silent())
    assert_only_whole_files(target, bundle)
    assert sorted(path.name for path in (tmp_path / "deep").iterdir()) == ["er"]


def test_a_header_of_another_kind_in_a_members_place_is_found(read: Reader) -> None:
    bundle = small_bundle()
    content = b"".join(one.content for one in bundle.members if not one.large)
    link = tar_header("oci-layout", len(bundle.members[0].data), b"2", "/etc/passwd")
    frames = bundle.frames()
    frames[1] = compressed(link + content[512:])

    assert (Problem.DAMAGED, "oci-layout") in findings_of(read(bundle_file(frames)))


def test_a_member_that_is_there_twice_is_found(read: Reader) -> None:
    bundle = small_bundle()
    data = with_member_after_head(bundle, bundle.members[0].content)

    assert (Problem.UNLISTED, "oci-layout") in findings_of(read(data))


def test_a_listed_member_that_is_absent_is_found(read: Reader) -> None:
    bundle = small_bundle()
    victim = bundle.members.pop()

    found = findings_of(read(bundle.encode()))

    assert (Problem.ABSENT, victim.path) in found


def test_two_members_that_changed_places_are_found(read: Reader) -> None:
    bundle = tiny_bundle({NAME: image([layer({"a": b"1"}), layer({"b": b"2" * 4000})])})
    bundle.members[-1], bundle.members[-2] = bundle.members[-2], bundle.members[-1]

    assert Problem.MISPLACED in {problem for problem, _ in findings_of(read(bundle.encode()))}


def test_padding_that_is_not_empty_is_found(read: Reader) -> None:
    bundle = small_bundle()
    victim = bundle.members[-1]
    frames = bundle.frames()
    spoiled = victim.content[:-1] + b"!"
    frames[-2] = compressed(spoiled)

    assert findings_of(read(bundle_file(frames))) == {(Problem.DAMAGED, victim.path)}


def test_padding_of_the_catalogue_that_is_not_empty_is_refused(read: Reader) -> None:
    bundle = small_bundle()
    frames = bundle.frames()
    content = Member("bundle.json", bundle.raw_catalogue).content
    frames[0] = compressed(content[:-1] + b"!")

    with pytest.raises(IntegrityError, match=r"padding of bundle\.json"):
        read(bundle_file(frames))


@pytest.mark.parametrize("after", [b"\1" * 512, tar_header("x", 0) + END_OF_TAR])
def test_content_after_the_end_of_the_tar_is_found(read: Reader, after: bytes) -> None:
    frames = [*small_bundle().frames(), compressed(after)]

    assert Problem.UNLISTED in {one for one, _ in findings_of(read(bundle_file(frames)))}


def lying_tables() -> dict[str, bytes]:
    frames = small_bundle().frames()
    data = b"".join(one.encoded for one in frames)
    sizes = [(len(one.encoded), one.content_size) for one in frames]
    swapped_encoded = [(sizes[1][0], sizes[0][1]), (sizes[0][0], sizes[1][1]), *sizes[2:]]
    swapped_content = [(sizes[0][0], sizes[1][1]), (sizes[1][0], sizes[0][1]), *sizes[2:]]
    merged = [(sizes[0][0] + sizes[1][0], sizes[0][1] + sizes[1][1]), *sizes[2:]]
    table = seek_table(sizes)
    huge = table[:-9] + struct.pack("<IBI", 0xFFFFFFFF, 0, 0x8F92EAB1)
    return {
        "encoded sizes swapped": data + seek_table(swapped_encoded),
        "content sizes swapped": data + seek_table(swapped_content),
        "two frames as one": data + seek_table(merged),
        "a frame too few": data + seek_table(sizes[:-1]),
        "a frame too many": data + seek_table([*sizes, (1, 1)]),
        "an empty frame": data + seek_table([*sizes, (0, 0)]),
        "a huge frame": data + seek_table([(0xFFFFFFFF, 0xFFFFFFFF), *sizes[1:]]),
        "no frame": seek_table([]),
        "a huge count": data + huge,
        "checksums flagged": data + table[:-5] + b"\x80" + table[-4:],
        "another skippable frame": data + b"\x50" + table[1:],
        "two tables": data + table + table,
    }


@pytest.mark.parametrize("data", lying_tables().values(), ids=lying_tables())
def test_a_seek_table_that_lies_is_noticed(data: bytes) -> None:
    assert is_noticed(data)


def test_a_frame_that_expands_to_more_than_it_may_is_refused(read: Reader) -> None:
    bomb = compressed(bytes(64 << 20))
    frames = small_bundle().frames()
    frames[1] = Frame(bomb.encoded, frames[1].content_size)

    assert Problem.DAMAGED in {one for one, _ in findings_of(read(bundle_file(frames)))}


def test_a_stored_frame_that_states_four_gigabytes_is_refused(read: Reader) -> None:
    frames = small_bundle().frames()
    lie = stored(b"", b"x" * 100, 0)
    frames[1] = Frame(lie.encoded[:6] + b"\xff" * 4 + lie.encoded[10:], frames[1].content_size)

    assert Problem.DAMAGED in {one for one, _ in findings_of(read(bundle_file(frames)))}


@pytest.mark.parametrize("start", ["28b52ffd2060", "28b52ffd0058", "28b52ffd0c60", "28b52ffd8040"])
def test_a_frame_with_another_header_is_refused(read: Reader, start: str) -> None:
    frames = small_bundle().frames()
    frames[0] = replace(frames[0], encoded=bytes.fromhex(start) + frames[0].encoded[6:])

    with pytest.raises(IntegrityError, match="does not start as a frame"):
        read(bundle_file(frames))


@pytest.mark.parametrize("size", [33 << 20, 300 << 20, 8**11 - 1])
def test_a_catalogue_of_unlikely_size_is_refused_unread(read: Reader, size: int) -> None:
    frames = [compressed(tar_header("bundle.json", size) + bytes(4096))]

    with pytest.raises(IntegrityError, match="a catalogue of"):
        read(bundle_file(frames))


def test_a_file_that_begins_with_something_else_is_refused(read: Reader) -> None:
    frames = [compressed(tar_header("hello.txt", 0) + END_OF_TAR)]

    with pytest.raises(IntegrityError, match=r"does not begin with bundle\.json"):
        read(bundle_file(frames))


@pytest.mark.parametrize("data", [b"", b"x", bytes(4096), b"PK\3\4" * 100], ids=len)
def test_what_is_no_bundle_at_all_is_refused(data: bytes) -> None:
    with pytest.raises(IntegrityError):
        _opened(data)
    with pytest.raises(IntegrityError):
        Bundle.stream(io.BytesIO(data))


@pytest.mark.parametrize("path", ["../evil", "/etc/evil", "a/../../b", "blobs/sha256/x", "blobs"])
def test_a_catalogue_that_names_a_bad_path_is_refused(read: Reader, path: str) -> None:
    bundle = small_bundle()
    bundle.catalogue["files"][0]["path"] = path

    with pytest.raises(IntegrityError):
        read(bundle.encode())


def test_a_catalogue_whose_indexes_claim_to_contain_each_other_ends(read: Reader) -> None:
    """No digest allows it, but a catalogue can claim it; then both are damaged."""
    bundle = tiny_bundle({NAME: multi_arch("linux/amd64")})
    names = ["sha256:" + letter * 64 for letter in "ab"]
    for own, other in (names, names[::-1]):
        item = {"mediaType": "application/vnd.oci.image.index.v1+json", "digest": other, "size": 9}
        raw = as_json({"schemaVersion": 2, "manifests": [item]})
        bundle.catalogue["manifests"].append(
            {**item, "digest": own, "size": len(raw), "encoding": "zstd", "component": "x"}
        )
        place = len(bundle.catalogue["files"]) + len(bundle.catalogue["manifests"]) - 1
        bundle.members.insert(place, Member(blob_path(own), raw))
    bundle.catalogue["images"][0]["digest"] = names[0]

    found = findings_of(read(bundle.encode()))

    assert {(Problem.DAMAGED, blob_path(name)) for name in names} <= found
    with pytest.raises(IntegrityError):
        inspect_bundle(read(bundle.encode()))


def test_a_deeply_nested_catalogue_is_refused(read: Reader) -> None:
    raw = b"[" * 100_000
    frames = [compressed(tar_header("bundle.json", len(raw)) + raw + padding(raw))]

    with pytest.raises(IntegrityError, match="catalogue cannot be used"):
        read(bundle_file(frames))


def test_blobs_that_no_image_needs_are_found(read: Reader) -> None:
    bundle = small_bundle()
    extra = b"nobody asked for me"
    entry = {**bundle.catalogue["blobs"][-1], "digest": digest_of(extra), "size": len(extra)}
    bundle.catalogue["blobs"].append(entry)
    bundle.members.append(Member(blob_path(digest_of(extra)), extra, large=True))

    assert findings_of(read(bundle.encode())) == {(Problem.UNLISTED, digest_of(extra))}


def test_a_layer_that_an_image_needs_and_the_catalogue_lacks_is_found(read: Reader) -> None:
    bundle = small_bundle()
    del bundle.catalogue["blobs"][-1]
    del bundle.members[-1]

    assert findings_of(read(bundle.encode())) == {(Problem.INCOMPLETE, NAME)}


def test_an_index_that_names_another_image_is_found(read: Reader) -> None:
    bundle = small_bundle()
    index = json.loads(bundle.members[1].data)
    index["manifests"][0]["annotations"] = {"org.opencontainers.image.ref.name": "evil:1"}
    raw = as_json(index)
    bundle.members[1] = replace(bundle.members[1], data=raw)
    bundle.catalogue["files"][1] |= {"digest": digest_of(raw), "size": len(raw)}

    assert findings_of(read(bundle.encode())) == {
        (Problem.ABSENT, "index.json"),
        (Problem.UNLISTED, "index.json"),
    }


def test_a_pipe_cannot_be_read_backwards() -> None:
    bundle = small_bundle()
    opened = Bundle.stream(io.BytesIO(bundle.encode()))
    verify(opened, Silent())

    with pytest.raises(UsageError, match="in order only"):
        opened.read_file("index.json")


SMALL = small_bundle()
TAR = b"".join(one.content for one in SMALL.members)


@settings(deadline=None, max_examples=200)
@given(at=st.integers(0, len(TAR) - 1), junk=st.binary(min_size=1, max_size=20))
def test_changed_content_under_right_checksums_is_always_noticed(at: int, junk: bytes) -> None:
    changed = (TAR[:at] + junk + TAR[at + len(junk) :])[: len(TAR)]
    first, *_ = SMALL.frames()
    data = bundle_file([first, compressed(changed), compressed(END_OF_TAR)])

    assert is_noticed(data) == (changed != TAR)


@settings(deadline=None, max_examples=200)
@given(catalogue=mutated(SMALL.catalogue), from_pipe=st.booleans())
def test_a_changed_catalogue_never_leads_out_of_the_target(
    catalogue: dict[str, Any], *, from_pipe: bool
) -> None:
    data = TinyBundle(catalogue, SMALL.members).encode()

    def opening() -> Bundle:
        return Bundle.stream(io.BytesIO(data)) if from_pipe else _opened(data)

    with tempfile.TemporaryDirectory() as scratch:
        target = Path(scratch) / "out"
        uses: tuple[Callable[[Bundle], object], ...] = (
            lambda bundle: extract(bundle, target, Silent()),
            lambda bundle: verify(bundle, Silent()),
            inspect_bundle,
        )
        for use in uses:
            try:
                with opening() as bundle:
                    use(bundle)
            except AirgapError:
                continue
        assert {path.name for path in Path(scratch).iterdir()} <= {"out"}
        assert not any(path.is_symlink() for path in Path(scratch).rglob("*"))
