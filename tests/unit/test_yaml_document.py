"""YAML that people write: read with line numbers, and stricter than YAML itself."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cube_airgap.errors import AirgapError, MissingError, UsageError
from cube_airgap.yaml_document import YamlDocument

if TYPE_CHECKING:
    from pathlib import Path

_SCHEMA = {
    "type": "object",
    "required": ["name"],
    "properties": {
        "name": {"type": "string"},
        "tags": {"type": "array", "items": {"type": "string"}},
    },
    "additionalProperties": False,
}


def document(text: str) -> YamlDocument:
    return YamlDocument(text.encode(), "site.yaml")


def refused(text: str) -> str:
    with pytest.raises(UsageError) as caught:
        document(text).validate(_SCHEMA)
    return caught.value.what


def test_reads_plain_values() -> None:
    assert document("name: x\ntags: [a, b]\n").data == {"name": "x", "tags": ["a", "b"]}


def test_tells_the_line_of_a_value() -> None:
    found = document("name: x\ntags:\n  - a\n  - b\n")
    assert found.where("tags", 1) == "site.yaml:4"


def test_tells_the_nearest_line_of_what_is_not_there() -> None:
    assert document("name: x\ntags:\n  - a\n").line(["tags", 7, "deep"]) == 3


@pytest.mark.parametrize(
    ("text", "line", "why"),
    [
        ("name: x\nname: y\n", 2, "'name' is there already in line 1"),
        ("name: [1\n", 2, "not YAML"),
        ("name: x\n\ttags: y\n", 2, "not YAML"),
        ("a: &x [1]\nb: *x\n", 1, "anchors and aliases"),
        ("name: x\n---\nname: y\n", 2, "not YAML"),
        ("", 1, "empty"),
        ("name: !!python/object:os.system x\n", 1, "not YAML"),
    ],
)
def test_refuses_with_the_line(text: str, line: int, why: str) -> None:
    told = refused(text)
    assert told.startswith(f"site.yaml:{line}: ")
    assert why in told


def test_suggests_the_key_that_was_meant() -> None:
    assert "unknown key 'nmae': did you mean name?" in refused("nmae: x\n")


def test_tells_all_that_does_not_fit_the_schema() -> None:
    told = refused("name: 1.10\ntags: [yes, b]\nother: 1\n")
    assert "site.yaml:1: name: 1.1 is not of type 'string'" in told
    assert "site.yaml:2: tags: True is not of type 'string'" in told
    assert "site.yaml:3: unknown key 'other': known are name, tags" in told


def test_an_unknown_key_that_is_no_text_is_told() -> None:
    assert "site.yaml:1: unknown key 'True'" in refused("name: x\nyes: 1\n")


def test_what_a_pattern_means_is_said_in_words() -> None:
    schema = {"properties": {"host": {"pattern": "^[a-z]+$", "description": "HOST"}}}
    with pytest.raises(UsageError, match=r"host: 'H' does not match '\^\[a-z\]\+\$' \(HOST\)"):
        document("host: H\n").validate(schema)


def test_bytes_are_not_told_to_be_corrected() -> None:
    with pytest.raises(UsageError, match=r"site\.yaml is no text in UTF-8"):
        YamlDocument(b"(\xb5/\xfd\0\0", "site.yaml")


def test_a_date_that_does_not_exist_is_told_of() -> None:
    assert "not YAML" in refused("name: 2026-13-45\n")


def test_deep_nesting_is_refused() -> None:
    assert "nested too deeply" in refused("name: " + "[" * 40 + "]" * 40)


def test_a_missing_file_is_told_of(tmp_path: Path) -> None:
    with pytest.raises(MissingError):
        YamlDocument.read(tmp_path / "none.yaml")


def test_a_huge_file_is_not_parsed(tmp_path: Path) -> None:
    path = tmp_path / "huge.yaml"
    with path.open("wb") as file:
        file.truncate(17 << 20)
    with pytest.raises(UsageError, match="larger than 16 MiB"):
        YamlDocument.read(path)


@given(st.binary(max_size=200))
def test_no_bytes_crash_it(raw: bytes) -> None:
    with suppress(AirgapError):
        YamlDocument(raw, "f").validate(_SCHEMA)
