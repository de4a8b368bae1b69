"""Which nodes a pod may be on."""

from __future__ import annotations

from typing import Any

import pytest

from cube_install.deploy.node_choice import fits, lacking_everywhere, wanted_labels
from tests.support.cluster_bodies import node


def affine(*terms: list[dict[str, Any]]) -> dict[str, Any]:
    required = {"nodeSelectorTerms": [{"matchExpressions": one} for one in terms]}
    kind = "requiredDuringSchedulingIgnoredDuringExecution"
    return {"affinity": {"nodeAffinity": {kind: required}}}


def expression(key: str, operator: str, *values: str) -> dict[str, Any]:
    return {"key": key, "operator": operator, "values": list(values)}


@pytest.mark.parametrize(
    ("spec", "does"),
    [
        ({}, True),
        ({"nodeSelector": {"gpu": "true"}}, True),
        ({"nodeSelector": {"gpu": "false"}}, False),
        (affine([expression("gpu", "In", "true")]), True),
        (affine([expression("gpu", "In", "false")]), False),
        (affine([expression("gpu", "In", "x")], [expression("gpu", "Exists")]), True),
        (affine([expression("gpu", "Exists"), expression("cpu", "Exists")]), False),
        (affine([expression("gpu", "DoesNotExist")]), False),
        (affine([expression("gpu", "NotIn", "true")]), False),
        (affine([expression("cores", "Gt", "4")]), True),
        (affine([expression("cores", "Lt", "4")]), False),
        (affine([expression("gpu", "Gt", "4")]), False),
    ],
)
def test_labels_decide(spec: dict[str, Any], does: bool) -> None:
    assert fits(spec, node(gpu="true", cores="8")) is does


def test_wanted_labels_are_those_of_the_selector_and_the_first_term() -> None:
    spec = affine([expression("mysql", "In", "true"), expression("ssd", "Exists")])
    assert wanted_labels(spec | {"nodeSelector": {"org": "public"}}) == {
        "org": "public",
        "mysql": "true",
        "ssd": "true",
    }


def test_only_what_no_node_has_is_lacking() -> None:
    spec = {"nodeSelector": {"a": "1", "b": "1"}}
    assert lacking_everywhere(spec, [node(a="1")]) == {"b": "1"}
    assert lacking_everywhere(spec, [node(a="1"), node(b="1")]) == {"a": "1", "b": "1"}
