"""A rendered stack as bytes, and back: what a record keeps of it, which is no secret's content."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from cube_airgap.digest import Digest
from cube_airgap.errors import IntegrityError
from cube_airgap.stack_entries import Adopted, KeyRule, SecretRule
from cube_install.kubernetes.object_key import ObjectKey
from cube_install.stack.rendered import (
    RenderedComponent,
    RenderedObject,
    RenderedStack,
    workload_of,
)

if TYPE_CHECKING:
    from cube_install.deploy.body import Body

_CONTENTS = ("data", "stringData")


def encode_stack(stack: RenderedStack) -> bytes:
    """The same stack gives the same bytes. Of a Secret only the names of its keys are kept."""
    told = {
        "version": 1,
        "name": stack.name,
        "platform": stack.platform,
        "bundle": str(stack.bundle),
        "registry": stack.registry,
        "pullSecret": stack.pull_secret,
        "values": dict(stack.values),
        "components": [_component_to_json(one) for one in stack.components],
        "secrets": [_secret_to_json(one) for one in stack.secrets],
    }
    return json.dumps(told, sort_keys=True, separators=(",", ":")).encode()


def decode_stack(raw: bytes) -> RenderedStack:
    """The stack that was encoded; its Secrets lack their contents. Raises IntegrityError."""
    try:
        told = json.loads(raw)
        return RenderedStack(
            told["name"],
            told["platform"],
            Digest.parse(told["bundle"]),
            told["registry"],
            tuple(_component_of(one) for one in told["components"]),
            tuple(_secret_of(one) for one in told["secrets"]),
            told["pullSecret"],
            told["values"],
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise IntegrityError(
            "the record of what was deployed is not one that this program wrote",
            remedy="deploy the bundle again: that writes a new one",
        ) from error


def lacks_content(body: Body) -> bool:
    """Whether an object of a decoded stack is less than what was applied."""
    return body.get("kind") == "Secret" and "keys" in body


def key_to_json(key: ObjectKey) -> list[str]:
    """An object's identity in a record."""
    return [key.group, key.kind, key.namespace, key.name]


def _component_to_json(one: RenderedComponent) -> dict[str, Any]:
    return {
        "name": one.name,
        "about": one.about,
        "needs": list(one.needs),
        "awaited": [key_to_json(key) for key in one.awaited],
        "deadline": one.deadline,
        "keeps": one.keeps,
        "objects": [[_without_content(each.body), each.origin] for each in one.objects],
    }


def _component_of(told: dict[str, Any]) -> RenderedComponent:
    return RenderedComponent(
        told["name"],
        told["about"],
        tuple(RenderedObject(body, origin) for body, origin in told["objects"]),
        tuple(told["needs"]),
        tuple(ObjectKey(*key) for key in told["awaited"]),
        told["deadline"],
        told["keeps"],
    )


def _without_content(body: Body) -> Body:
    if body.get("kind") != "Secret" or not any(body.get(name) for name in _CONTENTS):
        return body
    keys = sorted({key for name in _CONTENTS for key in body.get(name) or {}})
    return {name: part for name, part in body.items() if name not in _CONTENTS} | {"keys": keys}


def _secret_to_json(one: SecretRule) -> dict[str, Any]:
    return {
        "name": one.name,
        "namespaces": list(one.namespaces),
        "about": one.about,
        "type": one.kind,
        "keys": {name: _key_rule_to_json(key) for name, key in one.keys.items()},
    }


def _key_rule_to_json(one: KeyRule) -> dict[str, Any]:
    told: dict[str, Any] = {"text": one.text, "length": one.length}
    if one.adopted:
        told["adopt"] = [*key_to_json(workload_of(one.adopted)), one.adopted.env]
    return told


def _secret_of(told: dict[str, Any]) -> SecretRule:
    keys = {name: _key_rule_of(one) for name, one in told["keys"].items()}
    return SecretRule(told["name"], tuple(told["namespaces"]), told["about"], keys, told["type"])


def _key_rule_of(told: dict[str, Any]) -> KeyRule:
    _, *place = told.get("adopt") or [""]
    return KeyRule(told["text"], told["length"], Adopted(*place) if place else None)
