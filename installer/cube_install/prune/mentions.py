"""Where images are mentioned: in what runs, and in files that may start something."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from cube_airgap.digest import Digest
    from cube_airgap.reference import Reference
    from cube_install.kubernetes.cluster import Cluster
    from cube_install.prune.candidates import Candidate

_WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/:@-]*")
_KINDS = (
    ("", "Pod"),
    ("apps", "Deployment"),
    ("apps", "StatefulSet"),
    ("apps", "DaemonSet"),
    ("apps", "ReplicaSet"),
    ("batch", "Job"),
    ("batch", "CronJob"),
    ("", "ConfigMap"),
)
_OVER = {"Succeeded", "Failed"}


class Mentions:
    """Words of texts that may name images, each with the first place that has it."""

    def __init__(self) -> None:
        self._places: dict[str, str] = {}

    def add(self, where: str, text: str) -> None:
        """Take in a text; `where` tells people what it is."""
        for word in _WORD.findall(text):
            for part in _parts(word):
                self._places.setdefault(part, where)

    def add_cluster(self, cluster: Cluster) -> None:
        """Take in what runs, what may be started, and configuration. Raises AirgapError."""
        for group, kind in _KINDS:
            for body in cluster.list(group, kind):
                if not _is_over(kind, body):
                    name = body["metadata"]
                    where = f"{kind} {name.get('namespace', '')}/{name['name']}"
                    self.add(where, json.dumps(body, ensure_ascii=False))

    def of(self, candidate: Candidate, tags: Iterable[str]) -> str | None:
        """Where an image is mentioned that has `tags` now; None where nowhere.

        Its digests count, and its names, ours and the origin's, with these tags.
        """
        image = candidate.image
        digests: tuple[Digest, ...] = (image.digest, image.origin_digest)
        words = [digest.hex for digest in digests]
        for tag in tags:
            for name in (image.target, image.origin):
                words += _names(name.tagged(tag))
        return next((self._places[word] for word in words if word in self._places), None)


def _names(reference: Reference) -> tuple[str, str]:
    return str(reference), reference.familiar


def _parts(word: str) -> Iterator[str]:
    """The word without what surrounds names, the name before a digest, and the digest's digits."""
    bare = word.rstrip(".:-/@").rpartition("//")[2]
    name, _, digest = bare.partition("@")
    yield name
    for text in (digest, name):
        if "sha256:" in text:
            yield text.partition("sha256:")[2]


def _is_over(kind: str, body: dict[str, Any]) -> bool:
    """Whether it neither runs nor will: an old ReplicaSet, a pod or job that came to its end."""
    status, spec = body.get("status") or {}, body.get("spec") or {}
    if kind == "Pod":
        return status.get("phase") in _OVER
    if kind == "ReplicaSet":
        return spec.get("replicas") == 0
    return kind == "Job" and bool(status.get("completionTime"))
