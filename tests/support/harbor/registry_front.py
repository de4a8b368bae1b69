"""The double's /v2/: Harbor's rules in front of a real registry."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from tests.support.harbor.answers import (
    ERROR_JSON,
    Answer,
    error,
    json_answer,
    refuse,
)
from tests.support.harbor.manifests import (
    check_deleting,
    check_manifest,
    check_moving,
    keep_artifact,
)
from tests.support.harbor.referrers import list_referrers
from tests.support.harbor.registry_access import (
    check_access,
    check_catalog,
    check_greeting,
    check_path,
)
from tests.support.harbor.registry_paths import Address, Matter, mount_source, parse_address
from tests.support.harbor.upstream import pass_on

if TYPE_CHECKING:
    from tests.support.harbor.request import Request
    from tests.support.harbor.state import Project, State


class RegistryFront:
    """`host` is the real registry's. A lock of the server's keeps requests' changes apart."""

    def __init__(self, state: State, host: str) -> None:
        self._state = state
        self._host = host

    def serve(self, request: Request) -> Answer:
        """Raises Refused."""
        if request.path == "/v2/":
            check_greeting(self._state, request)
            return json_answer({}, kind=ERROR_JSON)
        if request.path == "/v2/_catalog":
            return self._catalog(request)
        address = parse_address(request, self._state)
        if address is None:
            raise check_path(request)
        check_access(self._state, request, address)
        project = self._state.project(address.project)
        serve = {
            Matter.MANIFEST: self._manifest,
            Matter.TAGS: self._tags,
            Matter.BLOB: lambda request, *_: pass_on(request, self._host),
            Matter.UPLOAD: self._upload,
            Matter.REFERRERS: self._referrers,
        }[address.matter]
        return serve(request, address, project)

    def _catalog(self, request: Request) -> Answer:
        check_catalog(self._state, request)
        names = [
            f"{project.name}/{repository}"
            for project in self._state.projects.values()
            for repository in project.repositories
        ]
        return json_answer({"repositories": sorted(names)}, kind=ERROR_JSON)

    def _upload(self, request: Request, address: Address, project: Project) -> Answer:
        session = request.path.rpartition("/")[2]
        if request.method == "POST":
            return self._begin(request, address, project)
        if request.method == "PUT":
            return self._end(request, project, session)
        answer = pass_on(request, self._host)
        if request.method == "PATCH" and answer.status == 202:
            end = int(answer.headers["Range"].rpartition("-")[2])
            self._state.accepted[session] = end + 1 if end else 0
        return answer

    def _begin(self, request: Request, address: Address, project: Project) -> Answer:
        source, digest = mount_source(request, address), request.one("mount")
        size = self._known_size(digest)
        if size is not None and digest not in project.blobs:
            project.take(size)
        # A digest without a mount begins an upload like any other, and its body is dropped.
        target = request.target
        if request.one("digest"):
            request.body.read()
            target = request.target.partition("?")[0]
        answer = pass_on(request, self._host, b"", target)
        if answer.status == 201 and source and size is not None:
            project.blobs[digest] = size
        return answer

    def _known_size(self, digest: str) -> int | None:
        for project in self._state.projects.values():
            if digest in project.blobs:
                return project.blobs[digest]
        return None

    def _end(self, request: Request, project: Project, session: str) -> Answer:
        """What counts is the length of this request, even if more came before it."""
        size = request.body.length or self._state.accepted.get(session, 0)
        if request.one("digest") not in project.blobs:
            project.take(size)
        answer = pass_on(request, self._host)
        if answer.status == 201:
            project.blobs.setdefault(answer.headers["Docker-Content-Digest"], size)
        return answer

    def _manifest(self, request: Request, address: Address, project: Project) -> Answer:
        if request.method == "PUT":
            return self._put_manifest(request, address, project)
        if request.method == "DELETE":
            return self._delete_manifest(request, address, project)
        project.repository(address.repository)
        artifact = project.artifact(address.repository, address.reference)
        self._check_trust(project, address, artifact.digest)
        target = f"/v2/{address.name}/manifests/{artifact.digest}"
        answer = pass_on(request, self._host, target=target)
        if answer.status == 404 and request.method == "GET":
            told = json.loads(answer.whole().body)["errors"][0]
            raise refuse(404, told["code"], told["message"])
        return answer

    def _check_trust(self, project: Project, address: Address, digest: str) -> None:
        if project.metadata.get("enable_content_trust_cosign") != "true":
            return
        signature = f"{digest.replace(':', '-')}.sig"
        tags = {
            tag for one in project.repositories[address.repository].values() for tag in one.tags
        }
        if signature not in tags:
            raise refuse(412, "PROJECTPOLICYVIOLATION", "The image is not signed by cosign.")

    def _put_manifest(self, request: Request, address: Address, project: Project) -> Answer:
        raw = request.body.read()
        check_moving(project, address)
        media_type = request.headers.get("Content-Type", "")
        body = check_manifest(raw, media_type)
        passed = pass_on(request, self._host, raw).whole()
        if passed.status != 201:
            return _as_harbor_says(passed)
        digest = passed.headers["Docker-Content-Digest"]
        if digest not in project.blobs:
            project.take(len(raw))
        subject = keep_artifact(self._state, project, address, (digest, raw, media_type, body))
        headers = dict(passed.headers)
        if subject:
            headers["OCI-Subject"] = subject
        return Answer(201, headers)

    def _delete_manifest(self, request: Request, address: Address, project: Project) -> Answer:
        if ":" not in address.reference:
            what = f"unsupported digest {address.reference}: invalid checksum digest format"
            raise refuse(400, "UNSUPPORTED", what)
        artifacts = project.repository(address.repository)
        artifact = project.artifact(address.repository, address.reference)
        check_deleting(artifacts, artifact)
        del artifacts[artifact.digest]
        return pass_on(request, self._host)

    def _tags(self, request: Request, address: Address, project: Project) -> Answer:
        artifacts = project.repository(address.repository).values()
        tags = sorted(tag for one in artifacts for tag in one.tags)
        last, count = request.one("last"), int(request.one("n") or len(tags))
        rest = [tag for tag in tags if tag > last]
        headers = {}
        if count < len(rest):
            after = rest[count - 1]
            where = f"/v2/{address.name}/tags/list?last={after}&n={count}"
            headers["Link"] = f'<{where}>; rel="next"'
        return json_answer({"name": address.name, "tags": rest[:count]}, 200, headers, ERROR_JSON)

    def _referrers(self, request: Request, address: Address, project: Project) -> Answer:
        artifacts = project.repositories.get(address.repository, {})
        return list_referrers(self._state, artifacts, address.reference, request)


def _as_harbor_says(answer: Answer) -> Answer:
    """Its errors, of which Harbor leaves some details out."""
    if "json" not in answer.headers.get("Content-Type", ""):
        return answer
    first = json.loads(answer.body)["errors"][0]
    if first["code"] == "DIGEST_INVALID":
        return error(answer.status, first["code"], first["message"])
    return answer
