from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cube_airgap.digest import Digest
from cube_airgap.errors import IntegrityError

SHA256 = "sha256:" + "ab" * 32
SHA512 = "sha512:" + "cd" * 64


@pytest.mark.parametrize("text", [SHA256, SHA512])
def test_a_digest_is_written_as_it_was_read(text: str) -> None:
    assert str(Digest.parse(text)) == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "sha256",
        "sha256:",
        "sha256:../../etc/passwd",
        SHA256[:-1],
        SHA256 + "0",
        SHA256.upper(),
        "SHA256:" + "ab" * 32,
        "sha256:" + "ab" * 64,
        "md5:" + "ab" * 16,
        "sha384:" + "ab" * 48,
        SHA256 + "\n",
        " " + SHA256,
        "sha256:" + "٣" * 64,
    ],
)
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(IntegrityError, match="is not a digest"):
        Digest.parse(text)


def test_the_error_says_where_the_text_came_from() -> None:
    with pytest.raises(IntegrityError, match="in index of app:1 is not"):
        Digest.parse("nonsense", where="index of app:1")


@given(st.text() | st.from_regex(r"[a-z0-9]{1,8}:[0-9a-f]{1,130}", fullmatch=True))
def test_any_text_is_a_digest_or_refused_and_a_path_stays_below_blobs(text: str) -> None:
    try:
        digest = Digest.parse(text)
    except IntegrityError:
        return
    assert str(digest) == text
    assert digest.layout_path == f"blobs/{digest.algorithm}/{digest.hex}"
    assert digest.hex.isalnum()


@given(st.binary())
def test_the_digest_of_data_matches_that_data_alone(data: bytes) -> None:
    digest = Digest.of(data)

    assert digest.matches(data)
    assert not digest.matches(data + b"\0")
    hasher = digest.hasher()
    hasher.update(data)
    assert hasher.hexdigest() == digest.hex


def test_sha512_is_computed_as_such() -> None:
    digest = Digest.parse(f"sha512:{hashlib.sha512(b'x').hexdigest()}")

    assert digest.matches(b"x")
    assert digest.hasher().name == "sha512"


def test_equal_digests_are_one_key_and_sort_by_text() -> None:
    digests = [Digest.parse(SHA512), Digest.parse(SHA256), Digest.parse(SHA256)]

    assert len(set(digests)) == 2
    assert [str(one) for one in sorted(set(digests))] == [SHA256, SHA512]


def test_people_are_shown_twelve_digits() -> None:
    assert Digest.parse(SHA256).short == "abababababab"
