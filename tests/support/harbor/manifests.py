"""What Harbor looks at when a manifest is pushed, and what it keeps of it."""

from __future__ import annotations

import json
import re
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from tests.support.harbor.answers import Refused, refuse
from tests.support.harbor.content import COSIGN_LAYER
from tests.support.harbor.state import Artifact
from tests.support.image_factory import DOCKER_LIST, DOCKER_MANIFEST, OCI_INDEX, OCI_MANIFEST

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.support.harbor.registry_paths import Address
    from tests.support.harbor.state import Json, Project, State

_KNOWN = {OCI_MANIFEST, OCI_INDEX, DOCKER_MANIFEST, DOCKER_LIST}
_SIGNATURE = re.compile(r"sha256-([0-9a-f]{64})\.sig")


def signed_by(artifact: Artifact) -> str:
    """The digest that a cosign signature under its tag is about, or an empty text."""
    layers = artifact.body.get("layers", [])
    if not any(one["mediaType"] == COSIGN_LAYER for one in layers):
        return ""
    found = [match[1] for tag in artifact.tags if (match := _SIGNATURE.fullmatch(tag))]
    return f"sha256:{found[0]}" if found else ""


def check_moving(project: Project, address: Address) -> None:
    """Raises Refused when an immutable tag is there, whatever its digest."""
    tag = address.reference
    there = any(
        tag in one.tags for one in project.repositories.get(address.repository, {}).values()
    )
    if there and any(_covers(rule, address.repository, tag) for rule in project.immutability):
        what = f"Failed to process request due to '{address.repository}:{tag}' configured as "
        raise refuse(412, "PRECONDITION", f"{what}immutable.")


def check_deleting(artifacts: Mapping[str, Artifact], artifact: Artifact) -> None:
    """Raises Refused for the child of an index."""
    children = {
        child["digest"] for one in artifacts.values() for child in one.body.get("manifests", [])
    }
    if artifact.digest in children:
        what = "the deleting artifact is referenced by others"
        raise refuse(412, "VIOLATE_FOREIGN_KEY_CONSTRAINT", what)


def check_manifest(raw: bytes, media_type: str) -> Json:
    """The manifest. Raises Refused."""
    if media_type not in _KNOWN:
        raise _invalid("missing signature key")
    try:
        body = json.loads(raw)
    except ValueError as problem:
        found = raw.decode()[getattr(problem, "pos", 0)]
        where = "object key string" if "property name" in str(problem) else "value"
        what = f"invalid character '{found}' looking for beginning of {where}"
        raise _invalid(what) from None
    told = body.get("mediaType", "")
    if told != media_type and (told or media_type == DOCKER_MANIFEST):
        start = "" if media_type == DOCKER_MANIFEST else "if present, "
        what = f"{start}mediaType in manifest should be '{media_type}' not '{told}'"
        raise _invalid(what)
    return body


def keep_artifact(
    state: State, project: Project, address: Address, pushed: tuple[str, bytes, str, Json]
) -> str:
    """Keep it, move the tag to it, and return what it is attached to, if Harbor tells that."""
    digest, raw, media_type, body = pushed
    artifacts = project.repositories.setdefault(address.repository, {})
    if digest not in artifacts:
        artifacts[digest] = Artifact(next(state.numbers), digest, raw, media_type, body)
    if ":" not in address.reference:
        for one in artifacts.values():
            if address.reference in one.tags:
                one.tags.remove(address.reference)
        artifacts[digest].tags.insert(0, address.reference)
    project.blobs.setdefault(digest, len(raw))
    subject = artifacts[digest].subject
    return subject if subject in artifacts or not state.is_old else ""


def _covers(rule: Json, repository: str, tag: str) -> bool:
    selectors: list[tuple[Any, str]] = [(one, tag) for one in rule["tag_selectors"]]
    selectors += [(one, repository) for one in rule["scope_selectors"].get("repository", [])]
    return not rule.get("disabled") and all(_selects(one, name) for one, name in selectors)


def _selects(selector: Json, name: str) -> bool:
    matches = fnmatchcase(name, selector["pattern"])
    return matches != selector["decoration"].endswith("xcludes")


def _invalid(what: str) -> Refused:
    return refuse(400, "MANIFEST_INVALID", f"unmarshal manifest failed: {what}")
