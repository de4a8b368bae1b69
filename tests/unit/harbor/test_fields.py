from __future__ import annotations

from typing import Any

import pytest

from cube_airgap.errors import NetworkError
from cube_harbor.fields import Fields, read_list


def test_what_is_absent_or_null_is_empty() -> None:
    value = Fields({"a": None}, "it")
    for key in ("a", "b"):
        assert value.text(key) == ""
        assert value.number(key) == 0
        assert value.truth(key) is False
        assert value.known_truth(key) is None
        assert value.objects(key) == []
        assert value.texts(key) == ()
        assert value.inner(key).text("c") == ""


def test_truth_may_be_a_text() -> None:
    value = Fields({"a": "true", "b": "false", "c": True}, "it")
    assert [value.truth(key) for key in "abc"] == [True, False, True]


@pytest.mark.parametrize("value", [None, [], "x", 3])
def test_what_is_no_object_is_an_error_that_names_it(value: object) -> None:
    with pytest.raises(NetworkError, match="about the thing has a"):
        Fields(value, "the thing")


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("text", 3),
        ("number", "3"),
        ("number", True),
        ("number", 1.5),
        ("truth", 1),
        ("objects", {}),
        ("objects", ["x"]),
        ("inner", ["x"]),
        ("texts", "x"),
    ],
)
def test_another_type_is_an_error(key: str, value: Any) -> None:  # noqa: ANN401
    with pytest.raises(NetworkError, match="about it"):
        getattr(Fields({"k": value}, "it"), key)("k")


def test_null_is_an_empty_list() -> None:
    assert read_list(None, "it") == []
