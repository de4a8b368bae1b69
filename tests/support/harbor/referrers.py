"""The double's list of what is attached to a manifest."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from tests.support.harbor.answers import ERROR_JSON, Answer
from tests.support.image_factory import OCI_INDEX

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.support.harbor.request import Request
    from tests.support.harbor.state import Artifact, Json, State


def list_referrers(
    state: State, artifacts: Mapping[str, Artifact], subject: str, request: Request
) -> Answer:
    """The older version answers with an empty object where there are none."""
    attached = [one for one in artifacts.values() if one.subject == subject]
    wanted = request.one("artifactType")
    shown = [_described(one) for one in attached]
    headers = {"X-Total-Count": str(len(attached))}
    if wanted:
        shown = [one for one in shown if one["artifactType"] == wanted]
        headers["OCI-Filters-Applied"] = "artifactType"
    headers["Content-Type"] = ERROR_JSON if state.is_old else OCI_INDEX
    if not attached and state.is_old:
        return Answer(200, headers, b"{}\n")
    index = {"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": shown}
    return Answer(200, headers, json.dumps(index, separators=(",", ":")).encode() + b"\n")


def _described(artifact: Artifact) -> Json:
    kind = artifact.body.get("artifactType") or artifact.body["config"]["mediaType"]
    described = {
        "mediaType": artifact.media_type,
        "digest": artifact.digest,
        "size": len(artifact.raw),
        "artifactType": kind,
    }
    annotations = artifact.body.get("annotations")
    return {**described, "annotations": annotations} if annotations else described
