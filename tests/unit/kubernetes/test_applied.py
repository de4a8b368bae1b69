from __future__ import annotations

import pytest

from cube_install.kubernetes.applied import Change, change_between
from tests.support.kubernetes.objects import changed, named

BEFORE = named("v1/ConfigMap", "a", "b", data={"x": "1"}, status={"ready": 1})
BEFORE["metadata"] |= {"uid": "1", "resourceVersion": "1", "labels": {}}


def test_what_was_not_there_is_created() -> None:
    assert change_between(None, BEFORE) is Change.CREATED


def test_what_was_replaced_by_another_is_created() -> None:
    assert change_between(BEFORE, changed(BEFORE, "metadata.uid", "2")) is Change.CREATED


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("metadata.resourceVersion", "2"),
        ("metadata.generation", 2),
        ("metadata.managedFields", [{"manager": "x"}]),
        ("status", {"ready": 2}),
    ],
)
def test_what_the_server_keeps_account_of_is_no_change(path: str, value: object) -> None:
    assert change_between(BEFORE, changed(BEFORE, path, value)) is Change.UNCHANGED


@pytest.mark.parametrize("path", ["data.x", "metadata.labels.x"])
def test_what_is_meant_is_a_change_also_in_a_dry_run(path: str) -> None:
    assert change_between(BEFORE, changed(BEFORE, path, "2")) is Change.CHANGED
