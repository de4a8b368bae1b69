"""The policy that gives new pods the registry's images."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from cube_airgap.reference import Reference
from cube_airgap.stack_parsing import parse_stack
from cube_install.render.image_admission import SERVED_AS, admission_objects, spellings
from cube_install.render.render import render
from tests.support.rendering import FILES, REGISTRY, STACK, source, wishes

_DIGEST = "sha256:" + "a" * 64


@pytest.mark.parametrize(
    ("origin", "expected"),
    [
        (
            "python:3.9",
            {
                "python:3.9",
                "library/python:3.9",
                "docker.io/python:3.9",
                "docker.io/library/python:3.9",
                "index.docker.io/python:3.9",
                "index.docker.io/library/python:3.9",
            },
        ),
        (
            "dpage/pgadmin4",
            {
                f"{host}dpage/pgadmin4{tag}"
                for host in ("", "docker.io/", "index.docker.io/")
                for tag in ("", ":latest")
            },
        ),
        ("quay.io/a/b:1", {"quay.io/a/b:1"}),
        (f"quay.io/a/b:1@{_DIGEST}", {f"quay.io/a/b:1@{_DIGEST}", f"quay.io/a/b@{_DIGEST}"}),
    ],
)
def test_an_image_is_known_by_every_spelling(origin: str, expected: set[str]) -> None:
    assert set(spellings(Reference.parse(origin))) == expected


def test_it_maps_to_the_registry_and_holds_in_the_stacks_namespaces_only() -> None:
    origin = Reference.parse("quay.io/a/b:1")
    targets = REGISTRY.targets([origin])
    policy, binding, debug, _ = admission_objects(targets, ["pipeline", "infra"])
    (variable,) = policy["spec"]["variables"]
    assert json.loads(variable["expression"]) == {
        "quay.io/a/b:1": "harbor.example/cube-studio/quay.io/a/b:1"
    }
    (term,) = binding["spec"]["matchResources"]["namespaceSelector"]["matchExpressions"]
    assert term["values"] == ["infra", "pipeline"]
    assert policy["spec"]["failurePolicy"] == "Ignore"
    assert [one["applyConfiguration"]["expression"].count("initContainers") > 0
            for one in policy["spec"]["mutations"]] == [False, True]  # fmt: skip
    (rule,) = debug["spec"]["matchConstraints"]["resourceRules"]
    assert (rule["resources"], rule["operations"]) == (["pods/ephemeralcontainers"], ["UPDATE"])


def test_a_component_can_ask_for_it() -> None:
    more = "  - {name: names, about: n, profile: core, generates: image-admission}\n"
    stack = parse_stack({**FILES, "stack.yaml": (STACK + more).encode()})
    found = render(replace(source(), stack=stack), REGISTRY, wishes())
    (component,) = (one for one in found.components if one.name == "names")
    assert [one.key.kind for one in component.objects] == [
        "MutatingAdmissionPolicy",
        "MutatingAdmissionPolicyBinding",
    ] * 2
    assert {one.served_as for one in component.objects} == {SERVED_AS}
