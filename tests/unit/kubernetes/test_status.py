from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cube_install.kubernetes.status import Cause, Reply, Status, told_cause

if TYPE_CHECKING:
    from tests.support.kubernetes.json_types import Json


def test_a_status_is_taken_apart() -> None:
    cause = {"reason": "FieldValueInvalid", "message": "is\nbad", "field": "spec.a"}
    details = {"name": "x", "group": "apps", "kind": "Deployment", "causes": [cause]}
    body = {"kind": "Status", "reason": "Invalid", "message": "no\n good", "details": details}

    status = Status.of(422, json.dumps(body).encode())

    assert status == Status(
        422,
        "Invalid",
        "no good",
        "Deployment",
        "apps",
        "x",
        (Cause("FieldValueInvalid", "spec.a", "is\nbad"),),
    )


@pytest.mark.parametrize("raw", [b"404 page not found\n", b"", b"[1]", b'{"kind": "Pod"}', b"\xff"])
def test_anything_else_is_plain(raw: bytes) -> None:
    assert Status.of(404, raw).is_plain


@given(
    st.dictionaries(
        st.sampled_from(["reason", "message", "details"]),
        st.recursive(
            st.none() | st.integers() | st.text(),
            lambda one: (
                st.lists(one) | st.dictionaries(st.sampled_from(["causes", "kind", "field"]), one)
            ),
            max_leaves=8,
        ),
    )
)
def test_no_status_makes_it_fail(body: Json) -> None:
    status = Status.of(500, json.dumps({**body, "kind": "Status"}).encode())

    assert isinstance(status.told, str)


def test_long_messages_are_shortened() -> None:
    assert len(Status(500, message="x" * 5000).told) == 301


@pytest.mark.parametrize(
    ("message", "told"),
    [
        ('Invalid value: "S_S": must be lower case', 'Invalid value: "S_S": must be lower case'),
        ("Forbidden: may not be changed in an update.", "may not be changed in an update."),
        ('Invalid value: {"password":"geheim"}: field is immutable', "field is immutable"),
        (f"Invalid value: {'x' * 300}: field is immutable", "field is immutable"),
        (
            'Forbidden: is immutable after creation\n@@ -2,7 +2,7 @@\n "a": "geheim"',
            "is immutable after creation",
        ),
        (
            'Forbidden: is immutable after creation\n\xa0\xa0core.Source{\n-\tPath: "geheim",\n}\n',
            "is immutable after creation",
        ),
        (
            'Invalid value: v1.Some{Labels:map[string]string{"a": "geheim"}}: field is immutable',
            "field is immutable",
        ),
        ("core.Pod{A:geheim, B:nil}: field is immutable", "field is immutable"),
    ],
)
def test_a_cause_is_told_without_the_value(message: str, told: str) -> None:
    assert told_cause(Cause("FieldValueInvalid", "spec.a", message)) == f"spec.a: {told}"


def test_a_cause_without_a_field_is_told_alone() -> None:
    assert told_cause(Cause("", "", "no good")) == "no good"


@pytest.mark.parametrize("raw", [b"", b"text", b"[1]", b'"x"'])
def test_a_body_that_is_no_object_is_a_value_error(raw: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - json has its own words
        _ = Reply(200, raw).body
