"""Have-lists in few bytes: a file, and lines to be typed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cube_airgap.compact_have import FILE_BITS, TEXT_BITS, CompactHaveList
from cube_airgap.digest import Digest
from cube_airgap.errors import AirgapError, IntegrityError, MissingError, UsageError
from cube_airgap.have_list import HaveList, parse_have_list, read_have_list

if TYPE_CHECKING:
    from pathlib import Path

BLOBS = [Digest.of(str(number).encode()) for number in range(500)]
OTHER = Digest.of(b"other")
HOST = "harbor.example:8443"


def made(bits: int) -> CompactHaveList:
    return CompactHaveList.of(HOST, BLOBS, bits, b"\1\2\3\4")


def raw(form: str) -> bytes:
    if form == "plain":
        return HaveList.of(HOST, [("site/a", one) for one in BLOBS]).encode()
    return made(FILE_BITS).encode() if form == "compact" else made(TEXT_BITS).print().encode()


@pytest.mark.parametrize("form", ["plain", "compact", "printed"])
def test_every_form_is_recognized_and_has_what_was_put_in(form: str, tmp_path: Path) -> None:
    path = tmp_path / "have"
    path.write_bytes(raw(form))
    found = read_have_list(path)
    assert all(found.has(one) for one in BLOBS)
    assert not found.has(OTHER)


def test_printed_lines_may_come_with_pages_spaces_and_in_capitals() -> None:
    first, head, *lines = made(TEXT_BITS).print().splitlines()
    first = first.upper().replace(" ", "  ")
    text = "\r\n".join(["", first, f"  {head.upper()}", "", *reversed(lines), "page 2"])
    found = parse_have_list(("\ufeff" + text).encode(), where="typed")
    assert all(found.has(one) for one in BLOBS)


def test_mistyped_lines_are_named() -> None:
    text = made(TEXT_BITS).print().splitlines()
    text[3], text[5] = text[3][:-1] + "?", "0004"
    with pytest.raises(UsageError, match="mistyped: 2, 4") as caught:
        parse_have_list("\n".join(text).encode(), where="typed.txt")
    assert "typed.txt" in caught.value.what


def test_a_mistyped_second_line_is_told() -> None:
    text = made(TEXT_BITS).print().replace("count 500", "count 50O")
    with pytest.raises(UsageError, match="second line"):
        parse_have_list(text.encode(), where="typed.txt")


@pytest.mark.parametrize(
    ("right", "typed"),
    [
        ("count 500", "count 501"),
        ("bits 16", "bits 15"),
        ("salt 01020304", "salt 01020384"),
        ("harbor.example", "habor.example"),
        ("check ", "check 0"),
    ],
)
def test_a_value_in_the_second_line_that_is_only_possible_is_noticed(
    right: str, typed: str
) -> None:
    text = made(TEXT_BITS).print()
    assert right in text
    with pytest.raises(UsageError, match=r"typed\.txt: its second line"):
        parse_have_list(text.replace(right, typed).encode(), where="typed.txt")


@pytest.mark.parametrize("data", [b"", b"version: 1\n", b"(\xb5/\xfd", b"cube-airgap havelist 1\n"])
def test_a_file_that_begins_as_no_form_does_is_told(data: bytes) -> None:
    with pytest.raises(UsageError, match=r"h is no have-list: neither JSON") as caught:
        parse_have_list(data, where="h")
    assert "--since" in caught.value.remedy


@pytest.mark.parametrize("place", [30, 200, -1])
def test_a_changed_bit_in_the_file_is_noticed(place: int) -> None:
    data = bytearray(raw("compact"))
    data[place] ^= 1
    with pytest.raises(IntegrityError, match=r"h\.have"):
        parse_have_list(bytes(data), where="h.have")


def test_a_file_that_was_cut_is_noticed() -> None:
    with pytest.raises(AirgapError, match=r"h\.have"):
        parse_have_list(raw("compact")[:-10], where="h.have")


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(MissingError, match="have"):
        read_have_list(tmp_path / "have")
