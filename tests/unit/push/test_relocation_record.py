"""The file that says where images are, written and read again."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cube_airgap.digest import Digest
from cube_airgap.errors import IntegrityError
from cube_airgap.reference import Reference
from cube_push.relocation_record import RelocatedImage, encode_relocation, parse_relocation

WHOLE, NARROW = Digest.of(b"whole"), Digest.of(b"narrow")


def image(name: str, digest: Digest = WHOLE, origin_digest: Digest = WHOLE) -> RelocatedImage:
    origin, target = Reference.parse(f"quay.io/{name}"), Reference.parse(f"h.example/p/{name}")
    return RelocatedImage(origin, target, digest, origin_digest)


def test_what_was_written_is_read_again_in_order_of_origins() -> None:
    one, two = image("a:1"), replace(image("b:2", NARROW), keep=3)
    raw = encode_relocation([two, one], "h.example")
    assert parse_relocation(raw, "a record") == (one, two)
    assert b"bundle" not in raw


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"[",
        b"version: 2\nimages: []\n",
        b"version: 1\nimages: {}\n",
        b"version: 1\nimages: [{origin: a, target: b, digest: c}]\n",
        b"version: 1\nimages: [{origin: a, target: b}]\n",
        b"version: 1\nimages: [!!python/object/apply:os.system [x]]\n",
        b"version: 1\nimages: [a]\n",
    ],
)
def test_what_is_none_is_told_with_its_place(raw: bytes) -> None:
    with pytest.raises(IntegrityError, match="in a record"):
        parse_relocation(raw, "a record")


@pytest.mark.parametrize("raw", [b"text", b"version: 1\n", b"version: 1\nimages: [a]\n"])
def test_another_form_is_told_in_words_of_ours(raw: bytes) -> None:
    with pytest.raises(IntegrityError, match="does not have the form of one"):
        parse_relocation(raw, "a record")
