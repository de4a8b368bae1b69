"""How images are followed: patterns of tags, and what a list may say."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cube_airgap.errors import UsageError
from cube_bundle.image_list import read_list
from cube_bundle.image_request import merged
from cube_bundle.newest import newest_tag
from cube_bundle.policy import Policy

if TYPE_CHECKING:
    from pathlib import Path

TAGS = ("latest", "v1.9.0", "v1.10.0", "v1.10", "v2.0.0-rc1", "v2.0.0", "1.27-alpine", "1.9-alpine")
HEAD = "version: 1\nprofile: web\ncomponents:\n  - name: web\n    images:\n"
DIGEST = "sha256:" + "a" * 64


@pytest.mark.parametrize(
    ("pattern", "tag"),
    [
        ("v1.*", "v1.10.0"),
        ("v*", "v2.0.0"),
        ("*-alpine", "1.27-alpine"),
        ("v2.0.0-*", None),
        ("w*", None),
        ("latest*", None),
    ],
)
def test_the_newest_tag_is_that_with_the_highest_version(pattern: str, tag: str | None) -> None:
    assert newest_tag(TAGS, pattern) == tag
    assert newest_tag(reversed(TAGS), pattern) == tag


def entry(directory: Path, *lines: str) -> str:
    path = directory / "web.yaml"
    path.write_text(
        HEAD + f"      - {lines[0]}\n" + "".join(f"        {one}\n" for one in lines[1:])
    )
    return str(path)


def test_a_list_says_what_to_follow_and_how_many_to_keep(tmp_path: Path) -> None:
    (one,) = read_list(entry(tmp_path, "image: quay.io/a/b", "newest: v2.*", "keep: 3")).images
    assert one.request.policy == Policy("v2.*", 3)


@pytest.mark.parametrize(
    "lines",
    [
        ("image: quay.io/a/b:1", "newest: v2.*"),
        (f"image: quay.io/a/b@{DIGEST}", "newest: v2.*"),
        ("image: quay.io/a/b", "newest: v2"),
        ("image: quay.io/a/b", 'newest: "*.*"'),
        ("image: quay.io/a/b:1", "policy: pin"),
        ("image: quay.io/a/b:1", "policy: guess"),
        ("image: quay.io/a/b:1", "keep: 0"),
    ],
)
def test_what_makes_no_sense_is_told_with_its_line(tmp_path: Path, lines: tuple[str, ...]) -> None:
    with pytest.raises(UsageError, match=r"web\.yaml:[67]"):
        read_list(entry(tmp_path, *lines))


def test_a_pinned_image_has_a_digest(tmp_path: Path) -> None:
    (one,) = read_list(entry(tmp_path, f"image: quay.io/a/b:1@{DIGEST}", "policy: pin")).images
    assert one.request.policy == Policy()


def test_two_lists_must_follow_the_same_and_the_longer_keeping_counts(tmp_path: Path) -> None:
    requests = [
        read_list(entry(tmp_path, "image: quay.io/a/b", "newest: v2.*", f"keep: {keep}"))
        .images[0]
        .request
        for keep in (2, 5)
    ]
    assert merged(requests)[0].policy == Policy("v2.*", 5)
    other = read_list(entry(tmp_path, "image: quay.io/a/b", "newest: v3.*")).images[0].request
    with pytest.raises(UsageError, match=r"v2\.\* and v3\.\*"):
        merged([requests[0], other])
