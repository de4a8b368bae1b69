"""What taking over from kubectl and applying makes of an object, without a server."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cube_install.kubernetes.foretelling import foretold
from cube_install.kubernetes.ownership import SHARED

if TYPE_CHECKING:
    from tests.support.kubernetes.json_types import Body

KUBECTL, OURS = "kubectl-client-side-apply", "cube-airgap"


def entry(manager: str, fields: Body, operation: str = "Update") -> Body:
    return {"manager": manager, "operation": operation, "apiVersion": "v1", "fieldsV1": fields}


def told(live: Body, wanted: Body, *entries: Body) -> Body | None:
    metadata = {"managedFields": list(entries), "uid": "1"}
    found = foretold({"metadata": metadata, **live}, {"metadata": {}, **wanted}, OURS)
    if found:
        del found["metadata"]
    return found


def data(*names: str) -> Body:
    return {"f:data": {f"f:{name}": {} for name in names}}


def test_of_what_kubectl_has_no_part_in_nothing_is_foretold() -> None:
    assert told({"data": {"a": "1"}}, {"data": {"b": "2"}}, entry("helm", data("a"))) is None


def test_of_what_is_shared_nothing_is_taken() -> None:
    live = {"metadata": {"managedFields": [entry(KUBECTL, data("a"))]}, "data": {"a": "1"}}
    assert foretold(live, {"metadata": {"annotations": {SHARED: "true"}}}, OURS) is None


def test_what_only_kubectl_had_goes() -> None:
    live = {"data": {"a": "1", "b": "2", "others": "3"}}
    found = told(live, {"data": {"b": "4"}}, entry(KUBECTL, data("a", "b")))
    assert found == {"data": {"b": "4", "others": "3"}}


def test_what_we_had_goes_too() -> None:
    entries = entry(KUBECTL, data("a")), entry(OURS, data("b"), "Apply")
    assert told({"data": {"a": "1", "b": "2"}}, {"data": {"c": "3"}}, *entries) == {
        "data": {"c": "3"}
    }


def test_what_others_own_too_stays() -> None:
    entries = entry(KUBECTL, data("a", "b")), entry("operator", data("b"), "Apply")
    assert told({"data": {"a": "1", "b": "2"}}, {}, *entries) == {"data": {"b": "2"}}


def test_items_with_keys_are_merged_and_go_by_them() -> None:
    fields: Body = {"f:env": {'k:{"name":"a"}': {".": {}, "f:name": {}, "f:value": {}},
                        'k:{"name":"b"}': {".": {}, "f:name": {}, "f:value": {}}}}  # fmt: skip
    live = {"env": [{"name": "a", "value": "1"}, {"name": "b", "value": "2"}, {"name": "injected"}]}
    wanted = {"env": [{"name": "new"}, {"name": "a", "valueFrom": {}}]}
    assert told(live, wanted, entry(KUBECTL, fields)) == {
        "env": [{"name": "a", "valueFrom": {}}, {"name": "injected"}, {"name": "new"}]
    }


def test_keys_that_are_left_out_are_defaults() -> None:
    key = 'k:{"port":80,"protocol":"TCP"}'
    fields: Body = {"f:ports": {key: {".": {}, "f:port": {}, "f:name": {}}}}
    live = {"ports": [{"port": 80, "protocol": "TCP", "name": "old"}]}
    assert told(live, {"ports": [{"port": 80}]}, entry(KUBECTL, fields)) == {
        "ports": [{"port": 80, "protocol": "TCP"}]
    }


def test_values_of_a_set_go_by_themselves() -> None:
    fields: Body = {"f:finalizers": {'v:"a"': {}, 'v:"b"': {}}}
    live = {"finalizers": ["a", "b", "others"]}
    assert told(live, {"finalizers": ["b", "c"]}, entry(KUBECTL, fields)) == {
        "finalizers": ["b", "others", "c"]
    }


def test_lists_without_keys_are_one_value() -> None:
    fields: Body = {"f:rules": {}}
    assert told({"rules": [1, 2]}, {"rules": [3]}, entry(KUBECTL, fields)) == {"rules": [3]}
    assert told({"rules": [1, 2]}, {}, entry(KUBECTL, fields)) == {}


def test_a_default_is_no_obstacle_to_recreating() -> None:
    live = {"spec": {"strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1}}}}
    wanted = {"spec": {"strategy": {"type": "Recreate"}}}
    fields: Body = {"f:spec": {"f:replicas": {}}}
    assert told(live, wanted, entry(KUBECTL, fields)) == wanted
