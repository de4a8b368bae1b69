"""Corrections laid over objects."""

from __future__ import annotations

from typing import Any

import pytest

from cube_bundle.checkout.patching import merged, replaced
from cube_bundle.checkout.recipe import Replacement


@pytest.mark.parametrize(
    ("value", "patch", "expected"),
    [
        ({"a": 1, "b": {"c": 2}}, {"b": {"d": 3}}, {"a": 1, "b": {"c": 2, "d": 3}}),
        ({"a": 1, "b": 2}, {"b": None, "c": None}, {"a": 1}),
        ({"a": [1, 2]}, {"a": [3]}, {"a": [3]}),
        ({"a": "text"}, {"a": {"b": 1}}, {"a": {"b": 1}}),
        ({}, {"a": {"b": None, "c": 1}}, {"a": {"c": 1}}),
    ],
)
def test_mappings_merge_and_null_takes_away(value: Any, patch: Any, expected: Any) -> None:  # noqa: ANN401
    assert merged(value, patch) == expected


def test_items_of_lists_merge_by_name_and_new_ones_come_first() -> None:
    value = [{"name": "A", "value": "a"}, {"name": "B", "value": "b"}]
    patch = [{"name": "NEW", "value": "n"}, {"name": "B", "value": None, "valueFrom": {"x": 1}}]
    assert merged(value, patch) == [
        {"name": "NEW", "value": "n"},
        {"name": "A", "value": "a"},
        {"name": "B", "valueFrom": {"x": 1}},
    ]


def test_an_item_named_by_a_star_is_laid_over_all() -> None:
    value = [{"name": "a"}, {"name": "b", "x": 0}]
    assert merged(value, [{"name": "*", "x": 1}]) == [
        {"name": "a", "x": 1},
        {"name": "b", "x": 1},
    ]


def test_texts_are_replaced_below_their_keys_and_in_objects_of_their_kind() -> None:
    rules = (
        Replacement("path", "/data/k8s", "${cube.storage.root}", "PersistentVolume"),
        Replacement("pull", "Always", "IfNotPresent"),
    )
    body = {
        "kind": "PersistentVolume",
        "spec": {"hostPath": {"path": "/data/k8s/a"}, "pull": "Always"},
    }
    assert replaced(body, rules)["spec"] == {
        "hostPath": {"path": "${cube.storage.root}/a"},
        "pull": "IfNotPresent",
    }
    other = {"kind": "Pod", "path": "/data/k8s", "note": "Always", "pull": ["Always", "Never"]}
    assert replaced(other, rules) == {**other, "pull": ["IfNotPresent", "Never"]}
    near = {"kind": "PersistentVolume", "path": "/data/k8s-old"}
    assert replaced(near, rules) == near
