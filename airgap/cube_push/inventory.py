"""What a registry holds: all manifests and blobs below some projects, found out by asking it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from cube_airgap.digest import Digest
from cube_airgap.each import each_shown
from cube_airgap.errors import MissingError, UsageError
from cube_airgap.registry.answer import UnexpectedAnswerError
from cube_airgap.registry.endpoint import Call
from cube_airgap.registry.pages import read_pages
from cube_harbor.artifacts import list_artifacts, list_project, list_repositories
from cube_harbor.projects import project_exists

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from cube_airgap.manifest import Manifest
    from cube_airgap.progress import Progress
    from cube_airgap.registry.destination import Destination
    from cube_harbor.api import HarborApi

Holdings = frozenset[tuple[str, Digest]]
"""Manifests and blobs, each with a repository that has it."""
_Pairs = tuple[tuple[str, Digest], ...]
_CATALOG = "/v2/_catalog?n=1000"


class _Named(NamedTuple):
    """A manifest, by the repository that has it and its digest or tag."""

    repository: str
    name: str

    def __str__(self) -> str:
        return f"{self.repository}:{self.name}"


class Inventory:
    """Looks into the registry `destination`, with `jobs` requests at once.

    `show` makes the progress of a step, by its verb and what its items are.
    """

    def __init__(
        self, destination: Destination, jobs: int, show: Callable[[str, str], Progress]
    ) -> None:
        self._destination = destination
        self._jobs = jobs
        self._show = show

    def of_harbor(self, api: HarborApi, projects: Sequence[str]) -> Holdings:
        """What is in `projects`, as far as Harbor lets it be pulled. Raises AirgapError."""
        there = [name for name in projects if project_exists(api, name)]
        return self._read([one for name in there for one in self._project(api, name)])

    def _project(self, api: HarborApi, name: str) -> Iterator[_Named]:
        listed = list_project(api, name)
        if listed is None:
            repositories = list(list_repositories(api, name))
            work = lambda one: tuple(list_artifacts(api, one))  # noqa: E731
            progress = self._show("listing", "repositories")
            found = each_shown(repositories, work, self._jobs, progress)
            listed = dict(zip(map(str, repositories), found, strict=True))
        for repository, artifacts in listed.items():
            # Children are reached from their index.
            children = {child for one in artifacts for child in one.children}
            tops = (one.digest for one in artifacts if one.digest not in children)
            yield from (_Named(repository, str(digest)) for digest in tops)

    def of_registry(self, projects: Sequence[str]) -> Holdings:
        """What is in repositories whose paths begin with `projects`. Raises AirgapError."""
        names = [name for name in self._catalogue() if name.partition("/")[0] in projects]
        progress = self._show("listing", "repositories")
        found = each_shown(names, self._tagged, self._jobs, progress)
        return self._read([one for some in found for one in some])

    def _catalogue(self) -> Iterator[str]:
        """Distribution API, "Listing Repositories"; not every registry has it."""
        endpoint = self._destination.endpoint
        call = Call(_CATALOG, ("registry:catalog:*",))
        try:
            for page in read_pages(endpoint, call, self._destination.retries, "a catalog"):
                yield from (str(name) for name in page.get("repositories") or ())
        except (MissingError, UnexpectedAnswerError) as error:
            raise UsageError(
                f"{self._destination.host} does not list its repositories: {error.what}",
                remedy="carry a full bundle, or one that is built with --since the last one, "
                "which needs no have-list",
            ) from None

    def _tagged(self, name: str) -> tuple[_Named, ...]:
        try:
            return tuple(_Named(name, tag) for tag in self._destination.source(name).tags())
        except MissingError:  # all of its tags were deleted
            return ()

    def _read(self, manifests: Sequence[_Named]) -> Holdings:
        progress = self._show("reading", "manifests")

        def blobs(named: _Named) -> _Pairs:
            return tuple((named.repository, digest) for digest in self._below(named, progress))

        pairs = each_shown(manifests, blobs, self._jobs, progress)
        return frozenset(pair for some in pairs for pair in some)

    def _below(self, named: _Named, progress: Progress) -> Iterator[Digest]:
        """A manifest, the blobs of it and of all below it; none where it may not be pulled."""
        waiting, seen = [named.name], {named.name}
        while waiting:
            manifest = self._manifest(named._replace(name=waiting.pop()), progress)
            if manifest is None:
                continue
            yield manifest.digest
            yield from (blob.digest for blob in manifest.blobs if not blob.is_foreign)
            children = [str(child.digest) for child in manifest.children if manifest.is_index]
            waiting += [child for child in dict.fromkeys(children) if child not in seen]
            seen.update(children)

    def _manifest(self, named: _Named, progress: Progress) -> Manifest | None:
        try:
            return self._destination.source(named.repository).tagged(named.name)
        except UnexpectedAnswerError as error:
            # Harbor's policies may forbid pulling what is unsigned or vulnerable.
            progress.note(f"{named} is left out: {error.what}")
            return None
