"""How two forms of an object differ."""

from __future__ import annotations

from typing import Any

from cube_install.deploy.difference import FieldChange, field_changes

Body = dict[str, Any]


def body(kind: str = "ConfigMap", **content: Any) -> Body:  # noqa: ANN401
    return {"apiVersion": "v1", "kind": kind, "metadata": {"name": "it"}, **content}


def test_the_same_has_no_changes() -> None:
    live = body(data={"a": "1"}, status={"x": 1})
    live["metadata"] |= {"resourceVersion": "7", "uid": "u", "managedFields": [], "generation": 2}
    assert field_changes(live, body(data={"a": "1"})) == ()


def test_fields_are_named_by_their_path() -> None:
    found = field_changes(body(data={"a": "1", "b": "2"}), body(data={"a": "3", "c": "4"}))
    assert found == (
        FieldChange("data.a", "1", "3"),
        FieldChange("data.b", "2", ""),
        FieldChange("data.c", "", "4"),
    )


def test_a_version_of_the_group_is_no_change() -> None:
    assert field_changes(body() | {"apiVersion": "v1beta1"}, body()) == ()


def test_named_items_are_compared_by_their_names() -> None:
    old = body(spec={"containers": [{"name": "a", "image": "x:1"}, {"name": "b"}]})
    new = body(spec={"containers": [{"name": "b"}, {"name": "a", "image": "x:2"}]})
    assert field_changes(old, new) == (FieldChange("spec.containers[a].image", "x:1", "x:2"),)


def test_other_items_are_compared_by_their_place() -> None:
    found = field_changes(body(args=["a", "b"]), body(args=["a"]))
    assert found == (FieldChange("args[1]", "b", ""),)


def test_long_texts_are_shown_line_by_line() -> None:
    found = field_changes(body(data={"f": "one\ntwo\n"}), body(data={"f": "one\nthree\n"}))
    assert found[0].lines == ("@@ -1,2 +1,2 @@", " one", "-two", "+three")


def test_very_long_differences_are_cut() -> None:
    old = "".join(f"{number}\n" for number in range(500))
    (found,) = field_changes(body(data={"f": old}), body(data={"f": "x\n"}))
    assert len(found.lines) == 61
    assert found.lines[-1].endswith("more lines")


def test_long_texts_of_one_line_are_shown_where_they_differ() -> None:
    begin, end = "a" * 500, "z" * 500
    (found,) = field_changes(body(expression=f"{begin}1{end}"), body(expression=f"{begin}2{end}"))
    led_in, led_out = "a" * 60, "z" * 139
    assert (found.old, found.new) == (f"…{led_in}1{led_out}…", f"…{led_in}2{led_out}…")


def test_what_is_secret_is_hidden() -> None:
    found = field_changes(
        body("Secret", data={"key": "b25l"}, type="Opaque"), body("Secret", data={"key": "dHdv"})
    )
    assert found == (
        FieldChange("data.key", "(hidden)", "(hidden)"),
        FieldChange("type", "Opaque", ""),
    )


def test_what_kubectl_noted_of_a_secret_is_not_shown() -> None:
    live = body("Secret")
    noted = {"kubectl.kubernetes.io/last-applied-configuration": '{"data":{"key":"b25l"}}'}
    live["metadata"]["annotations"] = noted
    assert field_changes(live, body("Secret")) == ()


def test_a_password_that_moves_into_a_secret_is_hidden() -> None:
    reference = {"secretKeyRef": {"name": "mysql-credentials", "key": "password"}}
    old = body(env=[{"name": "PASSWORD", "value": "open-sesame"}])
    found = field_changes(old, body(env=[{"name": "PASSWORD", "valueFrom": reference}]))
    assert [one.path for one in found] == ["env[PASSWORD].value", "env[PASSWORD].valueFrom"]
    assert "open-sesame" not in str(found)


def test_values_of_other_types_are_written_as_json() -> None:
    assert field_changes(body(n=1), body(n={"a": True})) == (FieldChange("n", "1", '{"a": true}'),)
