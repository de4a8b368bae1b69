"""The pull side of the distribution spec, over a bundle."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from cube_airgap.digest import Digest
from cube_airgap.errors import IntegrityError
from cube_airgap.manifest import OCI_INDEX
from cube_install.serve.accept import accepts
from cube_install.serve.byte_range import requested_range
from cube_install.serve.exchange import Answer, BlobPart, Request
from cube_install.serve.pages import page
from cube_install.serve.refusal import Code, Refusal

if TYPE_CHECKING:
    from cube_airgap.bundle import Bundle
    from cube_install.serve.proofs import Proofs
    from cube_install.serve.repository import Repository
    from cube_install.serve.served_names import ServedNames

_CONTENT = re.compile(r"/v2/(.+)/(manifests|blobs|referrers)/([^/]+)")
_TAGS = re.compile(r"/v2/(.+)/tags/list")
_JSON = "application/json"
_FOR_EVER = "max-age=31536000"
_SOME_TAGS = 10


class Registry:
    """Answers requests for the images of `bundle` by their `names`. Safe for threads."""

    def __init__(self, bundle: Bundle, names: ServedNames, proofs: Proofs) -> None:
        self._bundle = bundle
        self._names = names
        self._proofs = proofs
        self._manifests = {blob.digest for blob in bundle.catalogue.manifests}

    def answer(self, request: Request) -> Answer:
        """The answer to `request`; of a HEAD request, too, with the body that GET would have."""
        try:
            return self._answer(request)
        except Refusal as refusal:
            headers = {"Content-Type": _JSON, **refusal.headers}
            return Answer(refusal.status, headers, refusal.body)
        except IntegrityError as error:
            failure = Refusal(500, Code.UNKNOWN, f"{error.what}; {error.remedy}")
            return Answer(500, {"Content-Type": _JSON}, failure.body)

    def _answer(self, request: Request) -> Answer:
        if request.method not in {"GET", "HEAD"}:
            allowed = {"Allow": "GET, HEAD"}
            raise Refusal(405, Code.UNSUPPORTED, "this registry is read-only", allowed)
        if request.path in {"/v2", "/v2/"}:
            return _json({})
        if request.path == "/v2/_catalog":
            found, link = page(self._names.catalog, request)
            return _json({"repositories": found}, link)
        if match := _TAGS.fullmatch(request.path):
            repository = self._repository(match[1], request)
            found, link = page(sorted(repository.tags), request)
            return _json({"name": match[1], "tags": found}, link)
        if match := _CONTENT.fullmatch(request.path):
            repository = self._repository(match[1], request)
            kinds = {"manifests": self._manifest, "blobs": self._blob, "referrers": _referrers}
            return kinds[match[2]](repository, match[3], request)
        raise Refusal(404, Code.UNSUPPORTED, f"there is nothing at {request.path[:300]}")

    def _repository(self, name: str, request: Request) -> Repository:
        return self._names.find(name, request.query.get("ns", ""))

    def _manifest(self, repository: Repository, reference: str, request: Request) -> Answer:
        digest = _digest(reference) if ":" in reference else repository.tags.get(reference)
        if digest is None:
            raise Refusal(404, Code.MANIFEST_UNKNOWN, _no_tag(reference, repository))
        if digest not in repository.digests or digest not in self._manifests:
            raise Refusal(404, Code.MANIFEST_UNKNOWN, _absent(digest, repository))
        manifest = self._bundle.manifest(digest)
        if not accepts(request.headers.get("Accept", ""), manifest.media_type):
            raise Refusal(
                404,
                Code.MANIFEST_UNKNOWN,
                f"{reference} is of type {manifest.media_type}, which Accept leaves out",
            )
        headers = _content_headers(digest) | {"Content-Type": manifest.media_type}
        if _is_known(request, headers["ETag"]):
            return Answer(304, headers)
        return Answer(200, headers, manifest.raw)

    def _blob(self, repository: Repository, reference: str, request: Request) -> Answer:
        digest = _digest(reference)
        if digest not in repository.digests:
            raise Refusal(404, Code.BLOB_UNKNOWN, _absent(digest, repository))
        self._proofs.check(digest)
        blob = self._bundle.catalogue.by_digest[digest]
        headers = _content_headers(digest) | {
            "Content-Type": "application/octet-stream",
            "Cache-Control": _FOR_EVER,
            "Accept-Ranges": "bytes",
        }
        etag = headers["ETag"]
        if _is_known(request, etag):
            return Answer(304, headers)
        asked = requested_range(request.headers, etag, blob.size)
        if asked is None or request.method == "HEAD":  # a range is of GET only
            return Answer(200, headers, BlobPart(blob, 0, blob.size))
        part = BlobPart(blob, *asked)
        headers["Content-Range"] = f"bytes {part.start}-{part.stop - 1}/{blob.size}"
        return Answer(206, headers, part)


def _referrers(repository: Repository, reference: str, request: Request) -> Answer:
    listed = repository.referrers.get(_digest(reference), [])
    headers = {"Content-Type": OCI_INDEX}
    wanted = request.query.get("artifactType")
    if wanted:
        listed = [one for one in listed if one.get("artifactType") == wanted]
        headers["OCI-Filters-Applied"] = "artifactType"
    index = {"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": listed}
    return _json(index, headers)


def _json(value: dict[str, Any], headers: dict[str, str] | None = None) -> Answer:
    return Answer(200, {"Content-Type": _JSON} | (headers or {}), json.dumps(value).encode())


def _content_headers(digest: Digest) -> dict[str, str]:
    return {"Docker-Content-Digest": str(digest), "ETag": f'"{digest}"'}


def _is_known(request: Request, etag: str) -> bool:
    """Whether the client has it already (RFC 9110 section 13.1.2)."""
    known = request.headers.get("If-None-Match", "")
    return etag in [one.strip().removeprefix("W/") for one in known.split(",")]


def _digest(text: str) -> Digest:
    try:
        return Digest.parse(text)
    except IntegrityError as error:
        raise Refusal(400, Code.DIGEST_INVALID, error.what) from None


def _absent(digest: Digest, repository: Repository) -> str:
    why = repository.left_out.get(digest)
    if why is not None:
        return f"{digest} was left out of the bundle: {why}"
    return f"{digest} is not in this repository"


def _no_tag(tag: str, repository: Repository) -> str:
    tags = sorted(repository.tags)
    more = ", …" if len(tags) > _SOME_TAGS else ""
    there = f"there are {', '.join(tags[:_SOME_TAGS])}{more}" if tags else "ask by digest"
    return f"there is no tag {tag[:128]} in the bundle; {there}"
