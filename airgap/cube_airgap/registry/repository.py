"""One repository of one registry, read as an image source (OCI distribution spec, pull)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from cube_airgap.digest import Digest
from cube_airgap.errors import AirgapError, IntegrityError, MissingError
from cube_airgap.manifest import LARGEST_MANIFEST, MANIFEST_TYPES, OCI_INDEX, Manifest
from cube_airgap.registry.answer import web_page
from cube_airgap.registry.attachments import attached_to
from cube_airgap.registry.blob_stream import BlobStream
from cube_airgap.registry.endpoint import Call
from cube_airgap.registry.pages import read_pages
from cube_airgap.registry.tags import close_tags, tags_in

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from cube_airgap.descriptor import Descriptor
    from cube_airgap.image_source import Referrer
    from cube_airgap.reference import Reference
    from cube_airgap.registry.answer import Answer
    from cube_airgap.registry.authorization import Scopes
    from cube_airgap.registry.endpoint import Endpoint
    from cube_airgap.registry.retries import Retries

_ARTIFACT_MANIFEST = "application/vnd.oci.artifact.manifest.v1+json"
_ACCEPT = ", ".join((*MANIFEST_TYPES, _ARTIFACT_MANIFEST))
_PROXY_OR_ORIGIN = (
    "if a proxy stands in between, it may have spoiled it; otherwise push the image to its "
    "registry again"
)


@dataclass(frozen=True)
class Repository:
    """A RegistrySource: the repository `name` at `endpoint`, whatever host a reference names.

    `scope_name` is the repository that tokens are asked for, where that is another one.
    """

    endpoint: Endpoint
    name: str
    retries: Retries
    scope_name: str = ""

    @property
    def scopes(self) -> Scopes:
        """What a token must allow (spec/auth/scope.md)."""
        return (f"repository:{self.scope_name or self.name}:pull",)

    def _call(self, rest: str, accept: str = "") -> Call:
        headers = {"Accept": accept} if accept else {}
        return Call(f"/v2/{self.name}/{rest}", self.scopes, headers=headers)

    def _pages(self, call: Call, what: str) -> Iterator[dict[str, Any]]:
        return read_pages(self.endpoint, call, self.retries, what)

    def resolve(self, reference: Reference) -> Manifest:
        """The manifest by its digest, else by its tag. Raises MissingError naming close tags."""
        if reference.digest:
            return self._by_digest(reference.digest)
        tag = reference.tag or "latest"
        found = self.tagged(tag)
        if found is None:
            raise self._no_such_tag(tag)
        return found

    def _no_such_tag(self, tag: str) -> MissingError:
        """It names close ones if the registry lists them."""
        try:
            tags = self.tags()
        except MissingError:
            return MissingError(
                f"{self.endpoint.host} has no repository {self.name}",
                remedy="check the name; some registries say the same of what one may not see",
            )
        except AirgapError:
            tags = ()
        named = close_tags(tag, tags)
        return MissingError(
            f"{self} has no tag {tag}",
            remedy=f"there are: {', '.join(named)}" if named else "check the tag and the name",
        )

    def tags(self) -> tuple[str, ...]:
        """All tags, or the first 100,000. Raises MissingError where there is no such repository."""
        return tags_in(self._pages(self._call("tags/list?n=1000"), f"repository {self.name}"))

    def digest_of(self, reference: Reference) -> Digest:
        """The digest that resolve() would find; a HEAD counts as no pull where those are counted.

        A registry that does not tell it by HEAD, or not at all, is asked by GET.
        """
        name = str(reference.digest) if reference.digest else reference.tag or "latest"
        return self.retries.run(lambda: self._head(name)) or self.resolve(reference).digest

    def _head(self, name: str) -> Digest | None:
        """One try; None where the answer does not tell, whatever the reason."""
        call = replace(self._call(f"manifests/{name}", _ACCEPT), method="HEAD")
        with self.endpoint.send(call) as answer:
            answer.discard()
            if answer.status != 200:
                return None
            try:
                return Digest.parse(answer.header("Docker-Content-Digest"))
            except AirgapError:
                return None  # the header is optional (distribution spec, "Pulling manifests")

    def manifest(self, descriptor: Descriptor) -> Manifest:
        """The manifest that `descriptor` points at."""
        found = self._by_digest(descriptor.digest, descriptor.media_type)
        if len(found.raw) != descriptor.size:
            raise IntegrityError(
                f"manifest {descriptor.digest} at {self} has {len(found.raw)} bytes, and "
                f"{descriptor.size} by what points at it",
                remedy="the index is damaged at its origin: push it there again",
            )
        return found

    def read_blob(
        self, blob: Descriptor, start: int = 0, end: int | None = None
    ) -> Generator[bytes, None, None]:
        """The blob's bytes from `start` up to `end`, through broken connections."""
        stream = BlobStream(self.endpoint, self._call(f"blobs/{blob.digest}"), blob, self.retries)
        return stream.read(start, blob.size if end is None else end)

    def referrers(self, subject: Digest) -> tuple[Referrer, ...]:
        """What is attached to `subject`."""
        what = f"referrers of {self}@{subject}"
        pages = self._pages(self._call(f"referrers/{subject}", OCI_INDEX), what)
        return attached_to(subject, pages, self.tagged, what)

    def tagged(self, tag: str) -> Manifest | None:
        """The manifest that has `tag`, or None. Raises AirgapError."""
        where = f"{self}:{tag}"
        return self.retries.run(lambda: self._fetch(tag, where, None))

    def _by_digest(self, digest: Digest, media_type: str = "") -> Manifest:
        where = f"{self}@{digest}"
        found = self.retries.run(lambda: self._fetch(str(digest), where, digest, media_type))
        if found is None:
            raise MissingError(
                f"{self} has no manifest {digest}",
                remedy="it may have been deleted there: resolve the tag anew, or use the registry "
                "that still has it",
            )
        return found

    def _fetch(
        self, name: str, where: str, digest: Digest | None, media_type: str = ""
    ) -> Manifest | None:
        """One try to get a manifest; None when the registry says that there is none."""
        with self.endpoint.send(self._call(f"manifests/{name}", _ACCEPT)) as answer:
            if answer.status == 404 and not answer.is_web_page:
                answer.discard()
                return None
            if answer.status != 200:
                raise self.endpoint.refusal(answer, f"manifest {where}")
            raw = _read(answer, where)
            _check_digest(raw, digest, answer, where)
            carried = answer.header("Content-Type") or media_type
            return Manifest.parse(raw, media_type=carried, where=where)

    def __str__(self) -> str:
        return f"{self.endpoint.host}/{self.name}"


def _read(answer: Answer, where: str) -> bytes:
    if answer.is_web_page:
        raise web_page(answer)
    if (answer.length or 0) <= LARGEST_MANIFEST:
        raw = answer.read(LARGEST_MANIFEST)
        if len(raw) <= LARGEST_MANIFEST:
            return raw
    raise IntegrityError(
        f"the manifest {where} is larger than a manifest may be ({LARGEST_MANIFEST >> 20} MiB)",
        remedy="check that the name is an image's; no registry should serve this",
    )


def _check_digest(raw: bytes, digest: Digest | None, answer: Answer, where: str) -> None:
    """Against what was asked for, else against what the registry says that it sends."""
    if digest is None:
        try:
            digest = Digest.parse(answer.header("Docker-Content-Digest"))
        except AirgapError:
            return  # the header is optional (distribution spec, "Pulling manifests")
    if not digest.matches(raw):
        raise IntegrityError(
            f"the manifest {where} came with other bytes than its digest {digest} says",
            remedy=_PROXY_OR_ORIGIN,
        )
