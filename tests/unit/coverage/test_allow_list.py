from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cube_airgap.errors import UsageError
from cube_bundle.coverage.allow_list import AllowList, Subject

if TYPE_CHECKING:
    from pathlib import Path


def read(tmp_path: Path, text: str) -> AllowList:
    path = tmp_path / "allow.yaml"
    path.write_text(text)
    return AllowList.read(path)


def test_an_entry_has_its_subject_pattern_reason_and_line(tmp_path: Path) -> None:
    (entry,) = read(
        tmp_path, "version: 1\nallow:\n  - image: quay.io/*\n    reason: not here\n"
    ).entries

    assert (entry.subject, entry.pattern, entry.reason) == (Subject.IMAGE, "quay.io/*", "not here")
    assert entry.where.endswith("allow.yaml:3")


def test_an_entry_is_found_by_any_name_of_the_thing(tmp_path: Path) -> None:
    allow = read(
        tmp_path, "version: 1\nallow:\n  - {image: 'docker.io/library/redis:*', reason: a}\n"
    )

    assert allow.find(Subject.IMAGE, "redis:7", "docker.io/library/redis:7")
    assert not allow.find(Subject.IMAGE, "redis:7")
    assert not allow.find(Subject.TEXT, "docker.io/library/redis:7")


@pytest.mark.parametrize(
    ("entry", "line", "told"),
    [
        ("{image: a}", 3, "reason"),
        ("{reason: a}", 3, ""),
        ("{image: a, reason: ''}", 3, "reason"),
        ("{image: a, reason: '  '}", 3, "reason"),
        ("{image: a, text: b, reason: c}", 3, ""),
        ("{images: a, reason: c}", 3, "images"),
        ("{image: 1, reason: c}", 3, "image"),
    ],
)
def test_an_entry_that_says_too_little_is_told_with_its_line(
    entry: str, line: int, told: str, tmp_path: Path
) -> None:
    with pytest.raises(UsageError) as caught:
        read(tmp_path, f"version: 1\nallow:\n  - {entry}\n")
    assert f"allow.yaml:{line}: " in caught.value.what
    assert told in caught.value.what


@pytest.mark.parametrize(
    ("text", "pattern", "reason"),
    [
        ("a/b.zip=too large", "a/b.zip", "too large"),
        ("a=b=c", "a", "b=c"),
        ("https://h/x?a=1=no", "https://h/x?a=1", "no"),
    ],
)
def test_a_skip_is_a_name_and_a_reason(text: str, pattern: str, reason: str) -> None:
    (entry,) = AllowList.of_skips([text]).entries

    assert (entry.subject, entry.pattern, entry.reason) == (Subject.ASSET, pattern, reason)


@pytest.mark.parametrize("text", ["a", "a=", "=why", "a= ", ""])
def test_a_skip_without_a_name_or_reason_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="which asset to leave out, and why"):
        AllowList.of_skips([text])


def test_the_shipped_list_is_sound_and_never_counts_as_the_users() -> None:
    shipped = AllowList.shipped()

    assert shipped.find(Subject.TEXT, "python3.9")
    assert shipped.find(Subject.PROFILE, "bootstrap")
    assert shipped.find(Subject.TEXT, "registry.example.com/org/${g.user.username}:${tag}")
    assert shipped.find(Subject.FILE, "myapp/utils/echart/pie.json")
    assert not shipped.find(Subject.FILE, "myapp/init/init-service.json")
    assert not any(entry.where for entry in shipped.entries)
