"""What the double tells of the kinds that it serves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.support.kubernetes.answers import Answer, json_answer, no_such_path

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.support.kubernetes.kinds import Resource


def serve_discovery(path: str, resources: Iterable[Resource]) -> Answer | None:
    """The answer for /api, /apis and what is directly below; None for any other path."""
    parts = path.strip("/").split("/")
    known = list(resources)
    if parts == ["api"]:
        return json_answer({"kind": "APIVersions", "versions": ["v1"]})
    if parts == ["apis"]:
        groups = sorted({one.group for one in known if one.group})
        told = [_group(name, known) for name in groups]
        return json_answer({"kind": "APIGroupList", "apiVersion": "v1", "groups": told})
    if parts[0] == "apis" and len(parts) == 2:
        group = _group(parts[1], known)
        body = {"kind": "APIGroup", "apiVersion": "v1", **group}
        return json_answer(body) if group["versions"] else no_such_path()
    if parts[0] == "api" and len(parts) == 2:
        return _version("", parts[1], known)
    if parts[0] == "apis" and len(parts) == 3:
        return _version(parts[1], parts[2], known)
    return None


def _group(name: str, known: list[Resource]) -> dict[str, Any]:
    versions: list[str] = []
    for one in known:
        if one.group == name:
            versions += [version for version in one.versions if version not in versions]
    told = [{"groupVersion": f"{name}/{one}", "version": one} for one in versions]
    return {"name": name, "versions": told, "preferredVersion": told[0] if told else {}}


def _version(group: str, version: str, known: list[Resource]) -> Answer:
    found = [one for one in known if one.group == group and version in one.versions]
    if not found:
        return no_such_path()
    listed = [entry for one in found for entry in _entries(one)]
    name = f"{group}/{version}" if group else version
    return json_answer(
        {
            "kind": "APIResourceList",
            "apiVersion": "v1",
            "groupVersion": name,
            "resources": sorted(listed, key=lambda entry: str(entry["name"])),
        }
    )


def _entries(one: Resource) -> list[dict[str, Any]]:
    shared = {"singularName": "", "namespaced": one.is_namespaced, "kind": one.kind}
    whole = {"name": one.plural, **shared, "verbs": list(one.verbs)}
    parts = [
        {"name": f"{one.plural}/{part}", **shared, "verbs": ["get", "patch", "update"]}
        for part in one.subresources
    ]
    return [whole, *parts]
