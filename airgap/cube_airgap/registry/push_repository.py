"""One repository of one registry, to push into (OCI distribution spec, push)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cube_airgap.digest import Digest
from cube_airgap.errors import AirgapError
from cube_airgap.manifest import MANIFEST_TYPES
from cube_airgap.registry.answer import UnexpectedAnswerError
from cube_airgap.registry.endpoint import Call
from cube_airgap.registry.repository import Repository
from cube_airgap.registry.upload import UploadPlace, drained, upload_blob, upload_rate

if TYPE_CHECKING:
    from cube_airgap.descriptor import Descriptor
    from cube_airgap.image_source import BlobSource
    from cube_airgap.manifest import Manifest
    from cube_airgap.registry.answer import Answer
    from cube_airgap.registry.authorization import Scopes
    from cube_airgap.registry.endpoint import Endpoint
    from cube_airgap.registry.retries import Retries
    from cube_airgap.registry.upload_sizing import UploadSizing

_ACCEPT = ", ".join(MANIFEST_TYPES)
# Harbor says 401 where the source may not be pulled from, 400 where it makes no sense there; the
# upload that follows tells whether it was about the target instead.
_NO_MOUNT = {400, 401, 404, 405}
# Harbor's word for a policy that lets nobody pull: an unsigned or vulnerable image.
_PULL_FORBIDDEN = 412


Hidden = Callable[[str, str], "Digest | None"]
"""Tells by a repository's name and a tag or digest what a registry does not let be pulled."""


def _unknown(_repository: str, _name: str) -> Digest | None:
    return None


@dataclass(frozen=True)
class Pushed:
    """A manifest was taken; `links_subject` where the registry keeps referrers by itself.

    Distribution spec, "Pushing Manifests with Subject".
    """

    links_subject: bool


@dataclass(frozen=True)
class PushRepository:
    """The repository `name` at `endpoint`. Safe to use from several threads.

    `scope_name` is the repository that tokens are asked for: `name`, or another one of its project
    where a token is good for the whole project.
    """

    endpoint: Endpoint
    name: str
    scope_name: str
    retries: Retries
    sizing: UploadSizing

    @property
    def scopes(self) -> Scopes:
        """What a token must allow (spec/auth/scope.md)."""
        return (f"repository:{self.scope_name}:pull,push",)

    def has_blob(self, blob: Digest) -> bool:
        """Whether the blob can be named by manifests here. Raises AirgapError."""
        return self.retries.run(lambda: self._has_blob(blob))

    def _has_blob(self, blob: Digest) -> bool:
        with self._send(f"blobs/{blob}", "HEAD") as answer:
            if answer.status in {200, 404}:
                drained(answer)
                return answer.status == 200
            raise self._place.refusal(answer, f"blob {blob}")

    def manifest_digest(self, name: str, hidden: Hidden = _unknown) -> Digest | None:
        """The digest of the manifest with the tag or digest `name`; None where it is not there.

        Where Harbor's policies forbid to pull it, that is for `hidden` to say. Raises AirgapError.
        """
        return self.retries.run(lambda: self._manifest_digest(name, hidden))

    def _manifest_digest(self, name: str, hidden: Hidden) -> Digest | None:
        with self._send(f"manifests/{name}", "HEAD", Accept=_ACCEPT) as answer:
            if answer.status == 404:
                drained(answer)
                return None
            if answer.status == _PULL_FORBIDDEN:
                drained(answer)
                return hidden(self.name, name)
            if answer.status != 200:
                raise self._place.refusal(answer, f"manifest {name}")
            drained(answer)
            try:
                return Digest.parse(answer.header("Docker-Content-Digest"))
            except AirgapError:
                pass  # the header is optional (distribution spec, "Pulling manifests")
        found = Repository(self.endpoint, self.name, self.retries).tagged(name)
        return found.digest if found else None

    def mount(self, blob: Digest, source: PushRepository) -> str | None:
        """Let the blob of `source` be named here too, without sending it.

        None means done; otherwise it is an upload session that the registry opened in its place,
        or empty where it did not. Raises AirgapError.
        """
        return self.retries.run(lambda: self._mount(blob, source))

    def _mount(self, blob: Digest, source: PushRepository) -> str | None:
        path = f"/v2/{self.name}/blobs/uploads/?mount={blob}&from={source.name}"
        scopes = dict.fromkeys((*self.scopes, f"repository:{source.scope_name}:pull,push"))
        with self.endpoint.send(Call(path, tuple(scopes), "POST")) as answer:
            if answer.status not in {201, 202, *_NO_MOUNT}:
                raise self._place.refusal(answer, f"blob {blob}")
            drained(answer)
            if answer.status == 201:
                return None
            return self._place.opened(answer) if answer.status == 202 else ""

    def upload(
        self,
        blob: Descriptor,
        source: BlobSource,
        told: Callable[[int], None],
        session: str = "",
    ) -> None:
        """Send a blob; see upload_blob()."""
        upload_blob(self._place, blob, source, told, session)

    def check_uploads(self) -> None:
        """Open an upload and forget it again, to see whether we may push. Raises AirgapError."""

        def check() -> None:
            with self._send("blobs/uploads/", "POST") as answer:
                if answer.status != 202:
                    raise self._place.refusal(answer, "blobs")
                drained(answer)
                session = self._place.opened(answer)
            self._place.cancel(session)

        self.retries.run(check)

    def upload_rate(self) -> float:
        """Bytes a second, measured by an upload that is dropped again. Raises AirgapError."""
        return self.retries.run(lambda: upload_rate(self._place))

    def put_manifest(self, manifest: Manifest, name: str) -> Pushed:
        """Put `manifest` under the tag or digest `name`.

        Raises AirgapError; BlobUnknownError where something that it names is not here.
        """
        return self.retries.run(lambda: self._put_manifest(manifest, name))

    def _put_manifest(self, manifest: Manifest, name: str) -> Pushed:
        headers = {"Content-Type": manifest.media_type}
        call = Call(f"/v2/{self.name}/manifests/{name}", self.scopes, "PUT", headers, manifest.raw)
        with self.endpoint.send(call) as answer:
            if answer.status not in {200, 201, 202}:
                raise self._place.refusal(answer, f"manifest {name}")
            drained(answer)
            self._check_digest(answer, manifest)
            return Pushed(bool(answer.header("OCI-Subject")))

    def _check_digest(self, answer: Answer, manifest: Manifest) -> None:
        told = answer.header("Docker-Content-Digest")
        if told and told != str(manifest.digest):
            raise UnexpectedAnswerError(
                f"{self} was given manifest {manifest.digest} and keeps {told[:100]}",
                remedy="a proxy before the registry may change what is sent: tell its operator",
            )

    def delete_manifest(self, digest: Digest) -> None:
        """Delete a manifest, as far as the registry allows that at all. Raises AirgapError."""
        drained(self.retries.run(lambda: self._send(f"manifests/{digest}", "DELETE")))

    @property
    def _place(self) -> UploadPlace:
        return UploadPlace(self.endpoint, self.name, self.scopes, self.retries, self.sizing)

    def _send(self, rest: str, method: str, **headers: str) -> Answer:
        return self.endpoint.send(Call(f"/v2/{self.name}/{rest}", self.scopes, method, headers))

    def __str__(self) -> str:
        return f"{self.endpoint.host}/{self.name}"
