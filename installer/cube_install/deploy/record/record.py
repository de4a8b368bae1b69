"""The record in the cluster: a ConfigMap that lists revisions, and Secrets that hold their stacks.

All of a revision is written before the first of its objects is applied, so that wherever a run is
killed nothing is in the cluster that the record does not name.
"""

from __future__ import annotations

import base64
import gzip
import time
import zlib
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from cube_airgap.digest import Digest
from cube_airgap.errors import IntegrityError, MissingError
from cube_install.deploy.body import Body, labels, text
from cube_install.deploy.ownership import OUR_LABELS
from cube_install.deploy.record.revision import (
    Revision,
    State,
    decode_revisions,
    encode_revisions,
    kept,
)
from cube_install.deploy.record.stack_form import decode_stack, encode_stack
from cube_install.kubernetes.object_key import ObjectKey
from cube_install.kubernetes.refusals import OutdatedError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cube_install.kubernetes.cluster import Cluster
    from cube_install.stack.rendered import RenderedStack

NAMESPACE = "cube-airgap"
KEPT = 5
_HEAD = ObjectKey("", "ConfigMap", NAMESPACE, "record")
_ENTRY = "revisions.json"
_PART = "part"
_NUMBER_LABEL = "cube-airgap/revision"
# A Secret holds 1 MiB.
_CHUNK = 700_000


@dataclass
class Record:
    """The record of one cluster; what is read stays as it was until read() is called again."""

    cluster: Cluster
    revisions: tuple[Revision, ...] = ()
    _version: str = ""

    @classmethod
    def read(cls, cluster: Cluster) -> Record:
        """What is there; no revisions where nothing ever was deployed. Raises AirgapError."""
        head = cluster.get(_HEAD)
        if head is None:
            return cls(cluster)
        revisions = decode_revisions(text(head, "data", _ENTRY))
        return cls(cluster, revisions, text(head, "metadata", "resourceVersion"))

    @property
    def latest(self) -> Revision | None:
        """The newest revision."""
        return self.revisions[-1] if self.revisions else None

    def revision(self, number: int) -> Revision:
        """The revision of that number. Raises MissingError."""
        for one in self.revisions:
            if one.number == number:
                return one
        known = ", ".join(str(one.number) for one in self.revisions) or "none"
        raise MissingError(
            f"the cluster's record has no revision {number}",
            remedy=f"name one that it has ({known}); cube-install status shows them",
        )

    def stack(self, revision: Revision) -> RenderedStack:
        """The stack of a revision; its Secrets lack their contents. Raises IntegrityError."""
        parts = []
        for number in range(revision.chunks):
            found = self.cluster.get(_chunk_key(revision.number, number))
            parts.append(base64.b64decode(text(found or {}, "data", _PART)))
        try:
            raw = gzip.decompress(b"".join(parts))
        except (OSError, EOFError, zlib.error):
            raw = b""
        if Digest.of(raw) != revision.content:
            raise IntegrityError(
                f"the record of revision {revision.number} in the cluster is damaged",
                remedy="deploy the bundle itself in its place",
            )
        return decode_stack(raw)

    def begin(self, stack: RenderedStack) -> Revision:
        """Write down what is about to be applied. Raises AirgapError.

        The namespace is there, and whoever calls this has the cluster's lease. A stack that is the
        latest revision already stays that; if all of it was applied, nothing is written.
        """
        raw = encode_stack(stack)
        content = Digest.of(raw)
        latest = self.latest
        if latest and latest.content == content and latest.state is not State.REMOVED:
            if latest.state is not State.DONE:
                self._update(replace(latest, state=State.APPLYING, told=""))
            return self.revisions[-1]
        number = latest.number + 1 if latest else 1
        self._delete_chunks(exempt={one.number for one in self.revisions})
        packed = gzip.compress(raw, mtime=0)
        chunks = [packed[at : at + _CHUNK] for at in range(0, len(packed), _CHUNK)]
        for at, chunk in enumerate(chunks):
            self.cluster.apply(_chunk(number, at, chunk))
        now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        leftovers = tuple(sorted(self._earlier_objects() - stack.keys))
        made = Revision(number, stack.bundle, stack.platform, content, len(chunks), now,
                        leftovers=leftovers)  # fmt: skip
        self._write(kept((*self.revisions, made), KEPT))
        self._delete_chunks(exempt={one.number for one in self.revisions})
        return made

    def end(
        self, state: State, told: str = "", leftovers: tuple[ObjectKey, ...] | None = None
    ) -> None:
        """Write down how far the latest revision came. Raises AirgapError."""
        latest = self.revisions[-1]
        left = latest.leftovers if leftovers is None else leftovers
        ended = replace(latest, state=state, told=told[:2000], leftovers=left)
        if ended != latest:
            self._update(ended)

    def forget(self) -> None:
        """Delete the record, namespace and all. Raises AirgapError."""
        self.cluster.delete(ObjectKey("", "Namespace", "", NAMESPACE))

    def _earlier_objects(self) -> set[ObjectKey]:
        if self.latest is None:
            return set()
        with suppress(IntegrityError):  # a damaged record must not keep anyone from a new one
            return {*self.stack(self.latest).keys, *self.latest.leftovers}
        return {*self.latest.leftovers}

    def _update(self, latest: Revision) -> None:
        self._write((*self.revisions[:-1], latest))

    def _write(self, revisions: tuple[Revision, ...]) -> None:
        """Raises OutdatedError where a run that lost the lease would go over another's record."""
        content = encode_revisions(revisions)
        body = _head(content, self._version)
        try:
            written = self.cluster.replace(body) if self._version else self.cluster.create(body)
        except OutdatedError:
            written = self.cluster.get(_HEAD) or {}
            if text(written, "data", _ENTRY) != content:  # else only the answer was lost
                raise
        self.revisions = revisions
        self._version = text(written, "metadata", "resourceVersion")

    def _delete_chunks(self, exempt: Iterable[int]) -> None:
        exempted = {str(number) for number in exempt}
        there = self.cluster.list("", "Secret", namespace=NAMESPACE, labels=_NUMBER_LABEL)
        for one in there:
            if labels(one).get(_NUMBER_LABEL) not in exempted:
                self.cluster.delete(
                    ObjectKey("", "Secret", NAMESPACE, text(one, "metadata", "name"))
                )


def _head(revisions: str, version: str) -> Body:
    metadata: Body = {"name": _HEAD.name, "namespace": NAMESPACE, "labels": OUR_LABELS}
    if version:
        metadata["resourceVersion"] = version
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": metadata,
        "data": {_ENTRY: revisions},
    }


def _chunk_key(revision: int, number: int) -> ObjectKey:
    return ObjectKey("", "Secret", NAMESPACE, f"revision-{revision:04d}-{number}")


def _chunk(revision: int, number: int, content: bytes) -> Body:
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {
            "name": _chunk_key(revision, number).name,
            "namespace": NAMESPACE,
            "labels": OUR_LABELS | {_NUMBER_LABEL: str(revision)},
        },
        "data": {_PART: base64.b64encode(content).decode()},
    }
