"""Judging candidates by what Harbor has of them, and deleting those that nothing holds."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cube_airgap.each import each
from cube_airgap.errors import AirgapError
from cube_harbor.artifacts import HarborRepository, delete_artifact, list_artifacts

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cube_airgap.digest import Digest
    from cube_harbor.api import HarborApi
    from cube_harbor.artifacts import Artifact
    from cube_install.prune.candidates import Candidate
    from cube_install.prune.mentions import Mentions


@dataclass(frozen=True)
class Judged:
    """A candidate that Harbor has, of `size` bytes, and the tags that it has now.

    `held` says what keeps it, if anything does.
    """

    candidate: Candidate
    size: int
    held: str = ""
    tags: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """What it is called now: a tag that moved on is none of its own any more."""
        target = self.candidate.image.target
        return f"{target.name}:{self.tags[0]}" if self.tags else target.name

    def to_json(self) -> dict[str, Any]:
        """For machines."""
        image = self.candidate.image
        return {
            "image": self.name,
            "origin": str(image.origin),
            "digest": str(image.digest),
            "size": self.size,
            "record": self.candidate.record,
            "held": self.held,
        }


@dataclass(frozen=True)
class Deleted:
    """What came of deleting one; `error` is why it is still there."""

    judged: Judged
    error: AirgapError | None = None


def judge(
    candidates: Sequence[Candidate], harbor: HarborApi, mentions: Mentions, jobs: int
) -> tuple[Judged, ...]:
    """What of `candidates` Harbor still has, and what holds it. Raises AirgapError."""
    by_repository: dict[str, list[Candidate]] = defaultdict(list)
    for one in candidates:
        by_repository[one.place[0]].append(one)

    def look(name: str) -> list[Judged]:
        project, _, inside = name.partition("/")
        artifacts = list(list_artifacts(harbor, HarborRepository(project, inside)))
        judging = _Judging(artifacts, by_repository[name], mentions)
        return [judged for one in by_repository[name] if (judged := judging.judged(one))]

    found = each(list(by_repository), look, jobs)
    return tuple(one for some in found for one in some)


class _Judging:
    """Judges the candidates of one repository."""

    def __init__(
        self, artifacts: Sequence[Artifact], candidates: Sequence[Candidate], mentions: Mentions
    ) -> None:
        self._artifacts: Mapping[Digest, Artifact] = {one.digest: one for one in artifacts}
        self._mentions = mentions
        gone = {one.place[1] for one in candidates}
        self._parents = {
            child: one for one in artifacts if one.digest not in gone for child in one.children
        }

    def judged(self, candidate: Candidate) -> Judged | None:
        """None where Harbor lists no such artifact: it was deleted, or is a part of another."""
        artifact = self._artifacts.get(candidate.place[1])
        if artifact is None:
            return None
        held = self._held(candidate, artifact)
        return Judged(candidate, artifact.size, held, artifact.tags)

    def _held(self, candidate: Candidate, artifact: Artifact) -> str:
        parent = self._parents.get(artifact.digest)
        if parent is not None:
            return f"it is a part of {parent.digest}"
        others = sorted(set(artifact.tags) - candidate.tags)
        if others:
            return f"somebody tagged it {', '.join(others)}"
        where = self._mentions.of(candidate, artifact.tags)
        return f"{where} names it" if where else ""


def delete(judged: Sequence[Judged], harbor: HarborApi) -> tuple[Deleted, ...]:
    """Delete those that nothing holds, with their tags and what is attached to them.

    One that cannot be deleted keeps no other one from being.
    """
    return tuple(_deleted(one, harbor) for one in judged if not one.held)


def _deleted(one: Judged, harbor: HarborApi) -> Deleted:
    name, digest = one.candidate.place
    project, _, inside = name.partition("/")
    try:
        delete_artifact(harbor, HarborRepository(project, inside), digest)
    except AirgapError as error:
        return Deleted(one, error)
    return Deleted(one)
