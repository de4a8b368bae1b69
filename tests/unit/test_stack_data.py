"""The product's own stack: manifests/ in the tree holds together."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from cube_airgap.stack_entries import ValueType
from cube_airgap.stack_parsing import read_stack
from cube_airgap.stack_values import Given, Wishes, choose

if TYPE_CHECKING:
    from cube_airgap.stack import Stack

MANIFESTS = Path(__file__).parents[2] / "manifests"
_EXAMPLES = {
    ValueType.IP: "192.0.2.10",
    ValueType.ADDRESS: "192.0.2.10",
    ValueType.PATH: "/data/k8s",
    ValueType.QUANTITY: "10Gi",
    ValueType.TEXT: "text",
    ValueType.INTEGER: 1,
    ValueType.BOOLEAN: True,
}


@pytest.fixture(scope="module")
def stack() -> Stack:
    return read_stack(MANIFESTS)


def required_values(stack: Stack) -> dict[str, Given]:
    return {
        name: Given(value.choices[0] if value.choices else _EXAMPLES[value.type], "site.yaml:1")
        for name, value in stack.values.items()
        if value.default is None
    }


def test_the_stack_is_sound(stack: Stack) -> None:
    assert stack.name == "cube-studio"


def test_a_site_sets_few_values_by_hand(stack: Stack) -> None:
    assert len(required_values(stack)) <= 3


def test_the_default_components_need_no_others(stack: Stack) -> None:
    assert choose(stack, Wishes(required_values(stack), {})).components


def test_all_components_together_need_no_others(stack: Stack) -> None:
    everything = {name: Given(True, "site.yaml:1") for name in stack.profiles}
    assert choose(stack, Wishes(required_values(stack), everything)).components == stack.components
