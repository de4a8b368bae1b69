"""YAML read as Kubernetes reads it."""

from __future__ import annotations

import pytest

from cube_airgap.errors import UsageError
from cube_airgap.yaml_objects import objects_in
from cube_airgap.yaml_writing import yaml_document

_LAUGHS = [f"x{n}: &x{n} [{', '.join([f'*x{n - 1}'] * 10)}]\n" for n in range(1, 9)]
_HEAD = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n"
_BOMB = f"{_HEAD}x0: &x0 [1]\n{''.join(_LAUGHS)}"


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("80:80", "80:80"),
        ("2026-03-01", "2026-03-01"),
        ("12:30:45", "12:30:45"),
        ("0644", 0o644),
        ("8080", 8080),
        ("-5", -5),
        ("0x10", 16),
        ("1.5", 1.5),
        ("1e3", 1000.0),
        ("yes", True),
        ("~", None),
        ("=", "="),
        ('"8080"', "8080"),
        ("1.2.3", "1.2.3"),
    ],
)
def test_scalars_are_what_kubernetes_takes_them_for(written: str, expected: object) -> None:
    (found,) = objects_in(f"{_HEAD}data: {{k: {written}}}\n", "a.yaml")
    assert found.body["data"]["k"] == expected


def test_documents_have_their_lines_and_empty_ones_are_none() -> None:
    text = f"---\n# nothing\n---\n{_HEAD}---\n{_HEAD}"
    assert [one.line for one in objects_in(text, "a.yaml")] == [4, 8]


def test_a_list_is_taken_apart() -> None:
    text = "apiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: A, metadata: {name: a}}\n"
    assert [one.body["kind"] for one in objects_in(text, "a.yaml")] == ["A"]


def test_aliases_share_nothing() -> None:
    text = f"{_HEAD}x: &l {{app: a}}\ny: *l\n"
    (found,) = objects_in(text, "a.yaml")
    found.body["x"]["more"] = 1
    assert found.body["y"] == {"app": "a"}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (f"{_HEAD}a: [\n", r"a\.yaml:5: it is not YAML"),
        (f"{_HEAD}---\n- a\n", r"a\.yaml:5: this document is no object"),
        ("apiVersion: v1\nkind: A\n", r"a\.yaml:1: this object has no name"),
        ("kind: A\nmetadata: {name: a}\n", r"a\.yaml:1: this object has no apiVersion"),
        (f"{_HEAD}a: &a [*a]\n", r"a\.yaml:1: it stands for more than 1,000,000 values"),
        (_BOMB, r"a\.yaml:1: it stands for more than 1,000,000 values"),
        (f"{_HEAD}a: .nan\n", r"a\.yaml:1: it holds something that JSON has not"),
        (f"{_HEAD}a: !!python/none x\n", r"a\.yaml:4: it is not YAML"),
    ],
)
def test_what_is_no_object_is_told_with_its_line(text: str, told: str) -> None:
    with pytest.raises(UsageError, match=told):
        list(objects_in(text, "a.yaml"))


_NUMBERS = ["80:80", "1e3", "0o17", "2026-03-01"]
_WORDS = ["y", "no", "", "~"]
_LINES = [" a\nb", "a \nb\n", "a\nb", "\tx\n", "\u4e2d\n\u6587\n", "x: y\n# z\n", "a\r\nb"]


@pytest.mark.parametrize("value", [*_NUMBERS, *_WORDS, *_LINES])
def test_what_is_written_is_read_again_as_it_was(value: str) -> None:
    metadata = {"name": "a"}
    body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": {"k": value}}
    (found,) = objects_in(yaml_document(body), "a.yaml")
    assert found.body == body
