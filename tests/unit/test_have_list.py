"""Have-lists."""

from __future__ import annotations

import json
import random
from importlib import resources

import jsonschema
import pytest

from cube_airgap.digest import Digest
from cube_airgap.errors import UsageError
from cube_airgap.have_list import HaveList

A, B, C = (Digest.of(text) for text in (b"a", b"b", b"c"))
FOUND = HaveList.of("h.example", [("p/two", B), ("p/one", A), ("p/two", A)])


def test_each_blob_is_named_once_with_a_repository_that_holds_it() -> None:
    assert [FOUND.holder(one) for one in (A, B, C)] == ["p/one", "p/two", None]
    assert len(FOUND) == 2


def test_what_was_written_is_read_again() -> None:
    again = HaveList.parse(FOUND.encode(), where="have.json")
    assert again == FOUND
    assert again.encode() == FOUND.encode()


def test_the_order_of_what_was_found_does_not_matter() -> None:
    pairs = [("p/one", A), ("p/two", A), ("p/two", B), ("p/two", B)]
    assert HaveList.of("h.example", reversed(pairs)).encode() == FOUND.encode()


@pytest.mark.parametrize("found", [FOUND, HaveList.of("h", [])])
def test_a_list_fits_its_schema(found: HaveList) -> None:
    schema = resources.files("cube_airgap") / "schemas" / "have.schema.json"
    jsonschema.validate(json.loads(found.encode()), json.loads(schema.read_text()))


def test_ten_thousand_blobs_take_less_than_220_kilobytes() -> None:
    numbers = random.Random(1)
    pairs = [
        (f"cube-studio/docker.io/library/image-{number % 300}", Digest.of(numbers.randbytes(8)))
        for number in range(10_000)
    ]
    found = HaveList.of("harbor.example", pairs)
    assert len(found) == 10_000
    assert len(found.encode()) < 220_000


def test_a_digest_of_another_kind_is_never_taken_to_be_there() -> None:
    other = Digest("sha512", A.hex * 2)
    found = HaveList.of("h", [("p/one", other), ("p/one", A)])
    assert (len(found), found.holder(other)) == (1, None)


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"[]",
        b"{}",
        b'{"format": {"name": "other", "major": 1}, "registry": "h", "repositories": {}}',
        FOUND.encode().replace(A.hex[:16].encode(), b"xyz"),
        FOUND.encode().replace(b'"h.example"', b"3"),
        b"\xff",
    ],
)
def test_what_is_no_have_list_is_refused(raw: bytes) -> None:
    with pytest.raises(UsageError, match=r"have\.json is no have-list"):
        HaveList.parse(raw, where="have.json")


def test_a_newer_list_is_refused_with_what_to_do() -> None:
    raw = FOUND.encode().replace(b'"major": 1', b'"major": 2')
    with pytest.raises(UsageError, match=r"format version 2"):
        HaveList.parse(raw, where="have.json")
