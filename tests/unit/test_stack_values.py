"""What a site chooses: values of the right type, and components that are on."""

from __future__ import annotations

import pytest

from cube_airgap.errors import SeveralErrors, UsageError
from cube_airgap.stack_entries import StackValue, ValueType
from cube_airgap.stack_parsing import parse_stack
from cube_airgap.stack_values import Chosen, Given, Wishes, choose, problem_of

_STACK = b"""\
version: 1
name: small
platform: "1"
values:
  entry.address: {type: address, required: true, about: where users go}
  gpu: {type: boolean, default: false, about: whether there are GPUs}
  size: {type: quantity, default: 10Gi, about: how much}
profiles:
  core: {default: true}
  extra: {}
  gpu: {when: gpu}
secrets:
  - {name: s, namespaces: [a], about: of extra, profile: extra, keys: {k: {text: t}}}
components:
  - {name: base, about: b, profile: core}
  - {name: extra, about: e, profile: extra, needs: [base]}
  - {name: plugin, about: p, profile: gpu, needs: [extra]}
"""
_FILES = {"stack.yaml": _STACK, **{f"{name}/a.yaml": b"" for name in ("base", "extra", "plugin")}}
_ADDRESS: dict[str, object] = {"entry.address": "10.0.0.1"}


def chosen(values: dict[str, object], profiles: dict[str, object] | None = None) -> Chosen:
    wishes = Wishes(
        {name: Given(value, "site.yaml:7") for name, value in values.items()},
        {name: Given(value, "site.yaml:9") for name, value in (profiles or {}).items()},
    )
    return choose(parse_stack(_FILES), wishes)


def test_values_are_the_sites_and_else_the_defaults() -> None:
    found = chosen({**_ADDRESS, "size": "1Ti"})
    assert found.texts == {"entry.address": "10.0.0.1", "gpu": "false", "size": "1Ti"}


def test_profiles_are_on_by_default_by_value_and_by_wish() -> None:
    assert [one.name for one in chosen(_ADDRESS).components] == ["base"]
    found = chosen({**_ADDRESS, "gpu": True}, {"extra": True})
    assert [one.name for one in found.components] == ["base", "extra", "plugin"]


def test_secrets_of_a_profile_that_is_off_are_not_made() -> None:
    assert chosen(_ADDRESS).secrets == ()
    assert len(chosen(_ADDRESS, {"extra": True}).secrets) == 1


def test_a_need_that_is_off_is_told_with_its_profile() -> None:
    with pytest.raises(UsageError) as caught:
        chosen({**_ADDRESS, "gpu": True})
    assert "plugin (profile gpu) needs extra, whose profile extra is off" in str(caught.value)
    assert "switch extra on" in caught.value.remedy


def test_everything_wrong_is_told_at_once() -> None:
    with pytest.raises(SeveralErrors) as caught:
        chosen({"entry.adress": "10.0.0.1", "size": 5, "gpu": "yes"}, {"extras": True, "core": 1})
    assert [(one.what, one.remedy) for one in caught.value.errors] == [
        (
            "site.yaml:7: the stack small has no value entry.adress",
            "did you mean entry.address?",
        ),
        ("site.yaml:9: the stack small has no profile extras", "did you mean extra?"),
        (
            "site.yaml:7: size: '5' is no text: a number or a word such as yes needs quotes",
            "size is how much",
        ),
        ("site.yaml:7: gpu: 'yes' is neither true nor false", "gpu is whether there are GPUs"),
        ("site.yaml:9: profile core: '1' is neither true nor false", "write true or false"),
        (
            "the site says nothing of entry.address: where users go",
            "write it into the site file, below stack: values: entry.address",
        ),
    ]


@pytest.mark.parametrize(
    ("kind", "good", "bad"),
    [
        (ValueType.TEXT, ["", "plain text", "ä"], ['a"b', "a'b", "a\\b", "a\nb", 1]),
        (ValueType.BOOLEAN, [True, False], ["true", 1]),
        (ValueType.INTEGER, [0, -3], [True, "1", 1.5]),
        (
            ValueType.IP,
            ["10.0.0.1", "fd00::1"],
            ["harbor.example", "10.0.0", "10.0.0.1:80", "", "127.0.0.1", "::1", "0.0.0.0"],
        ),
        (
            ValueType.ADDRESS,
            ["10.1.2.3", "fd00::1", "host", "a.b-c.example"],
            ["10.1.2", "10.1.2.300", "a_b", "-a", "http://a", "a.", "A", ""],
        ),
        (ValueType.PATH, ["/data/k8s", "/a.b/c-d_e"], ["/", "data", "/a//b", "/a b", "/a/"]),
        (ValueType.QUANTITY, ["10Gi", "1.5T", "500m", "3"], ["10 Gi", "-1Gi", "10GB", ""]),
    ],
)
def test_values_are_of_their_type(kind: ValueType, good: list[object], bad: list[object]) -> None:
    value = StackValue("v", kind, "about")
    assert [one for one in good if problem_of(value, one)] == []
    assert [one for one in bad if not problem_of(value, one)] == []


def test_a_choice_is_one_of_its_choices() -> None:
    value = StackValue("v", ValueType.CHOICE, "about", choices=("docker", "containerd"))
    assert problem_of(value, "docker") is None
    assert problem_of(value, "crio") == "is none of docker, containerd"
