"""The double's calls about repositories and artifacts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.support.harbor.answers import Answer, json_answer, refuse
from tests.support.harbor.api import path_not_found, route
from tests.support.harbor.manifests import check_deleting, signed_by
from tests.support.harbor.state import Artifact
from tests.support.harbor.system_api import NOW
from tests.support.image_factory import OCI_INDEX

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.support.harbor.api import Call
    from tests.support.harbor.state import Json, Project

_BASE = "/projects/{project}/repositories"
_ONE = f"{_BASE}/{{repository}}/artifacts/{{reference}}"


@route(f"GET {_BASE}")
def list_repositories(call: Call) -> Answer:
    project = call.project("repository", "list")
    return call.page(
        [
            {
                "artifact_count": len(artifacts),
                "creation_time": NOW,
                "id": 1,
                "name": f"{project.name}/{name}",
                "project_id": project.number,
                "pull_count": 0,
                "update_time": NOW,
            }
            for name, artifacts in project.repositories.items()
        ]
    )


@route("GET /repositories")
def find_repositories(call: Call) -> Answer:
    """Of the projects that the account may see."""
    contained = call.request.one("q").removeprefix("name=~")
    seen = [
        project
        for project in call.state.projects.values()
        if call.state.may(call.account, project, "repository", "list")
    ]
    names = [f"{project.name}/{name}" for project in seen for name in project.repositories]
    return call.page([{"name": name} for name in sorted(names) if contained in name])


@route("GET /projects/{project}/artifacts")
def list_project(call: Call) -> Answer:
    """Added in 2.10."""
    if call.state.is_old:
        return path_not_found(call.request)
    project = call.project("artifact", "list")
    return call.page(
        [
            _artifact_json(call, project, name, one)
            for name in project.repositories
            for one in _shown(project.repositories[name])
        ]
    )


@route(f"GET {_BASE}/{{repository}}/artifacts")
def list_artifacts(call: Call) -> Answer:
    """The newest first, without what belongs to another one."""
    project = call.project("artifact", "list")
    name = call.values["repository"]
    shown = _shown(project.repositories.get(name, {}))
    return call.page([_artifact_json(call, project, name, one) for one in shown])


@route(f"GET {_ONE}")
def read_artifact(call: Call) -> Answer:
    project = call.project("artifact", "read")
    name = call.values["repository"]
    artifact = project.artifact(name, call.values["reference"])
    return json_answer(_artifact_json(call, project, name, artifact))


@route(f"DELETE {_ONE}")
def delete_artifact(call: Call) -> Answer:
    project = call.project("artifact", "delete")
    artifacts = project.repository(call.values["repository"])
    artifact = project.artifact(call.values["repository"], call.values["reference"])
    check_deleting(artifacts, artifact)
    _delete(artifacts, artifact)
    return Answer(200)


@route(f"POST {_ONE}/tags")
def add_tag(call: Call) -> Answer:
    project = call.project("tag", "create")
    name = call.values["repository"]
    artifact = project.artifact(name, call.values["reference"])
    tag = call.body("tag")["name"]
    if any(tag in one.tags for one in project.repositories[name].values()):
        raise refuse(409, "CONFLICT", f"tag {tag} already exists under the repository 1")
    artifact.tags.insert(0, tag)
    return Answer(201)


@route(f"GET {_ONE}/accessories")
def list_accessories(call: Call) -> Answer:
    project = call.project("accessory", "list")
    name = call.values["repository"]
    about = project.artifact(name, call.values["reference"])
    found = [one for one in project.repositories[name].values() if _subject(one) == about.digest]
    return call.page(
        [
            {
                "artifact_id": one.number,
                "creation_time": NOW,
                "digest": one.digest,
                "icon": "",
                "id": one.number,
                "size": _size(one),
                "subject_artifact_digest": about.digest,
                "subject_artifact_id": about.number,
                "subject_artifact_repo": f"{project.name}/{name}",
                "type": "signature.cosign" if signed_by(one) else "accessory.base",
            }
            for one in found
        ]
    )


@route(f"POST {_BASE}/{{repository}}/artifacts")
def copy_artifact(call: Call) -> Answer:
    """Only in what Harbor knows: the registry behind is not told."""
    target = call.project("artifact", "create")
    name, _, reference = call.request.one("from").partition(":")
    source = call.state.project(name.partition("/")[0])
    artifact = source.artifact(name.partition("/")[2], reference)
    copied = Artifact(
        next(call.state.numbers), artifact.digest, artifact.raw, artifact.media_type, artifact.body
    )
    copied.tags.append(reference)
    target.repositories.setdefault(call.values["repository"], {})[copied.digest] = copied
    return call.made(reference)


def _shown(artifacts: dict[str, Artifact]) -> list[Artifact]:
    children = {child["digest"] for one in artifacts.values() for child in _children(one)}
    return [
        one
        for one in reversed(artifacts.values())
        if not _subject(one) and (one.tags or one.digest not in children)
    ]


def _delete(artifacts: dict[str, Artifact], artifact: Artifact) -> None:
    """With what is attached to it, and parts that have no tag and are of nothing else."""
    del artifacts[artifact.digest]
    needed = {child["digest"] for one in artifacts.values() for child in _children(one)}
    parts = {child["digest"] for child in _children(artifact)} - needed
    for one in list(artifacts.values()):
        is_part = one.digest in parts and not one.tags
        if one.digest in artifacts and (is_part or _subject(one) == artifact.digest):
            _delete(artifacts, one)


def _subject(artifact: Artifact) -> str:
    return artifact.subject or signed_by(artifact)


def _children(artifact: Artifact) -> list[Json]:
    return artifact.body.get("manifests", [])


def _size(artifact: Artifact) -> int:
    parts = [artifact.body.get("config"), *artifact.body.get("layers", [])]
    return len(artifact.raw) + sum(one["size"] for one in parts if one)


def _artifact_json(call: Call, project: Project, name: str, artifact: Artifact) -> Json:
    kind = artifact.body.get("config", {}).get("mediaType", artifact.media_type)
    told: Json = {
        "accessories": None,
        "digest": artifact.digest,
        "icon": "sha256:0048162a053eef4d4ce3fe7518615bef084403614f8bca43b40ae2e762e11e06",
        "id": artifact.number,
        "labels": None,
        "manifest_media_type": artifact.media_type,
        "media_type": kind,
        "project_id": project.number,
        "pull_time": NOW,
        "push_time": NOW,
        "references": _references(artifact, project.repositories[name]),
        "repository_id": 1,
        "size": _size(artifact),
        "tags": None,
        "type": "IMAGE",
    }
    if artifact.media_type != OCI_INDEX:
        told |= _of_image(call, artifact)
        if not call.state.is_old:
            told["artifact_type"] = kind
    if not call.state.is_old:
        told["repository_name"] = f"{project.name}/{name}"
    if annotations := artifact.body.get("annotations"):
        told["annotations"] = annotations
    if artifact.tags and call.request.one("with_tag", "true") == "true":
        told["tags"] = [_tag_json(artifact, tag) for tag in artifact.tags]
    return told


def _of_image(call: Call, artifact: Artifact) -> Json:
    href = f"{call.request.target.partition('?')[0]}/additions/build_history"
    return {
        "addition_links": {"build_history": {"absolute": False, "href": href}},
        "extra_attrs": {
            "architecture": "amd64",
            "author": "",
            "config": {},
            "created": None,
            "os": "linux",
        },
    }


def _references(artifact: Artifact, others: Mapping[str, Artifact]) -> list[Json] | None:
    found = [
        {
            "child_digest": child["digest"],
            "child_id": others[child["digest"]].number,
            "parent_id": artifact.number,
            "platform": {"OsFeatures": None, **child.get("platform", {})},
            "urls": None,
        }
        for child in _children(artifact)
    ]
    return found or None


def _tag_json(artifact: Artifact, tag: str) -> Json:
    return {
        "artifact_id": artifact.number,
        "id": 1,
        "immutable": False,
        "name": tag,
        "pull_time": NOW,
        "push_time": NOW,
        "repository_id": 1,
    }
