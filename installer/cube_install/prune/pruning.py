"""Judging candidates by what Harbor has of them, and deleting those that nothing holds."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from cube_airgap.each import each_shown
from cube_airgap.errors import AirgapError
from cube_harbor.artifacts import (
    delete_artifact,
    list_artifacts,
    list_project,
    parse_repository,
)
from cube_install.prune.mentions import sought

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from cube_airgap.digest import Digest
    from cube_airgap.progress import Progress
    from cube_harbor.api import HarborApi
    from cube_harbor.artifacts import Artifact
    from cube_install.prune.candidates import Candidate, Needs
    from cube_install.prune.mentions import Mentions

_Listed = Mapping[str, "tuple[Artifact, ...]"]
_FEW = 10  # repositories of a project, beyond which its own list is asked for


@dataclass(frozen=True)
class Judged:
    """A candidate that Harbor has, as `artifact`, and the indexes that it is a part of.

    `held` says what keeps it, if anything does.
    """

    candidate: Candidate
    artifact: Artifact
    parents: tuple[Digest, ...] = ()
    held: str = ""

    @property
    def name(self) -> str:
        """What it is called now: a tag that moved on is none of its own any more."""
        target = self.candidate.image.target
        tags = self.artifact.tags
        return f"{target.name}:{tags[0]}" if tags else target.name

    @property
    def words(self) -> frozenset[str]:
        """What in a text means it, or a part that would be deleted with it."""
        return sought(self.candidate, self.artifact.tags, self.artifact.children)

    def to_json(self) -> dict[str, Any]:
        """For machines."""
        return {
            "image": self.name,
            "origin": str(self.candidate.image.origin),
            "digest": str(self.artifact.digest),
            "size": self.artifact.size,
            "record": self.candidate.record,
            "held": self.held,
        }


@dataclass(frozen=True)
class Deleted:
    """What came of deleting one; `error` is why it is still there."""

    judged: Judged
    error: AirgapError | None = None


@dataclass(frozen=True)
class Looker:
    """Looks what Harbor has, of which `needs` have to stay, with `jobs` requests at once."""

    harbor: HarborApi
    needs: Needs
    jobs: int

    def look(self, candidates: Sequence[Candidate], progress: Progress) -> tuple[Judged, ...]:
        """What of `candidates` is there, and what in Harbor holds it. Raises AirgapError."""
        by_repository: dict[str, list[Candidate]] = defaultdict(list)
        for one in candidates:
            by_repository[one.place[0]].append(one)
        listed = self._projects(by_repository)

        def look(name: str) -> list[Judged]:
            known = listed.get(name.partition("/")[0])
            if known is None:
                found = list_artifacts(self.harbor, parse_repository(name))
            else:
                found = iter(known.get(name, ()))
            artifacts = {one.digest: one for one in found}
            # What Harbor does not list was deleted, or is a part of another and has no tag.
            there = [one for one in by_repository[name] if one.place[1] in artifacts]
            return [self._judged(one, artifacts) for one in there]

        judged = each_shown(list(by_repository), look, self.jobs, progress)
        return tuple(one for some in judged for one in some)

    def _projects(self, repositories: Iterable[str]) -> dict[str, _Listed]:
        """What is in projects of which so much is asked that they are better listed whole."""
        asked = Counter(name.partition("/")[0] for name in repositories)
        many = [project for project, count in asked.items() if count > _FEW]
        found = {project: list_project(self.harbor, project) for project in many}
        return {project: listed for project, listed in found.items() if listed is not None}

    def _judged(self, candidate: Candidate, listed: Mapping[Digest, Artifact]) -> Judged:
        artifact = listed[candidate.place[1]]
        parents = (one.digest for one in listed.values() if artifact.digest in one.children)
        return Judged(candidate, artifact, tuple(parents), self._held(candidate, artifact, listed))

    def _held(
        self, candidate: Candidate, artifact: Artifact, listed: Mapping[Digest, Artifact]
    ) -> str:
        repository = candidate.place[0]
        for tag in artifact.tags:
            if (repository, tag) in self.needs.tags:
                return f"its tag {tag} is needed: somebody moved it here"
        for child in artifact.children:
            # Harbor keeps parts that have tags, which are those that it lists.
            if (repository, child) in self.needs.places and child not in listed:
                return f"{child} is needed, and a part of it"
        others = sorted(set(artifact.tags) - candidate.tags)
        return f"somebody tagged it {', '.join(others)}" if others else ""


def judge(found: Sequence[Judged], mentions: Mentions) -> tuple[Judged, ...]:
    """`found`, where what is mentioned is held, and what is a part of something that stays."""
    judged = []
    for one in found:
        where = None if one.held else mentions.of(one.words)
        judged.append(replace(one, held=f"{where} names it") if where else one)
    return _with_parts(tuple(judged))


def _with_parts(judged: tuple[Judged, ...]) -> tuple[Judged, ...]:
    going = {one.candidate.place for one in judged if not one.held}
    found = []
    for one in judged:
        repository = one.candidate.place[0]
        staying = [parent for parent in one.parents if (repository, parent) not in going]
        is_part = staying and not one.held
        found.append(replace(one, held=f"it is a part of {staying[0]}") if is_part else one)
    return judged if judged == tuple(found) else _with_parts(tuple(found))


def delete(judged: Sequence[Judged], harbor: HarborApi, progress: Progress) -> tuple[Deleted, ...]:
    """Delete those that nothing holds, with their tags and what is attached to them.

    One that cannot be deleted keeps no other one from being.
    """

    def deleted(one: Judged) -> Deleted:
        repository, digest = one.candidate.place
        try:
            delete_artifact(harbor, parse_repository(repository), digest)
        except AirgapError as error:
            return Deleted(one, error)
        return Deleted(one)

    free = [one for one in judged if not one.held]
    # Harbor deletes no part of an index that is there.
    free.sort(key=lambda one: bool(one.parents))
    return each_shown(free, deleted, 1, progress)
