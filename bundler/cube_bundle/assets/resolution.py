"""Resolving assets: from addresses to files whose every digest and size is known."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from cube_airgap.catalogue import BundledAsset
from cube_airgap.each import each
from cube_airgap.errors import AirgapError, IntegrityError, MissingError
from cube_airgap.registry.web_files import WebFile, WebFiles
from cube_bundle.assets.staged import Fetch, Learnt, StagedFile, staged_path

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from cube_airgap.digest import Digest
    from cube_airgap.image_source import BlobSource
    from cube_airgap.progress import Progress
    from cube_airgap.registry.web_stream import FileFacts
    from cube_bundle.assets.request import AssetRequest

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")


@dataclass(frozen=True)
class ResolvedAsset:
    """An asset whose bytes are settled, and where they are to be had."""

    asset: BundledAsset
    source: BlobSource


@dataclass(frozen=True)
class LookedUp:
    """A request, and what its host tells of the file."""

    request: AssetRequest
    facts: FileFacts

    @property
    def pinned(self) -> Learnt | None:
        """Digest and size, if they are known without fetching the file."""
        size = self.request.size if self.facts.size is None else self.facts.size
        if self.request.digest is None or size is None:
            return None
        return Learnt(self.request.digest, size)


@dataclass(frozen=True)
class AssetResolver:
    """Looks assets up, `jobs` at a time.

    A file that nobody pinned is fetched once to learn its digest: to the directory `staging`, from
    where it goes into the bundle; or, where that is None, to nowhere.
    """

    files: WebFiles
    staging: Path | None
    jobs: int
    progress: Progress

    def look(self, requests: Sequence[AssetRequest]) -> tuple[LookedUp, ...]:
        """See that every file is there, and as its list says; nothing is fetched.

        Raises AirgapError, for several SeveralErrors. Optional files that their host lacks are left
        out, and told of.
        """
        return tuple(one for one in self._each(requests, self._look, 0) if one)

    def settle(self, found: Sequence[LookedUp]) -> tuple[ResolvedAsset, ...]:
        """Learn every digest and size: what nobody pinned is fetched. Raises as look()."""
        sizes = sum(one.facts.size or 0 for one in found if not one.pinned)
        return self._each(found, self._settled, sizes)

    def recall(
        self, assets: Sequence[BundledAsset], at_hand: Callable[[Digest], bool]
    ) -> tuple[ResolvedAsset, ...]:
        """The assets of a lock again; each is still there and of its size, or is at hand already.

        Raises as look().
        """
        return self._each(assets, lambda one: self._recall(one, at_hand), 0)

    def _each(
        self, items: Sequence[_Item], work: Callable[[_Item], _Result], total_bytes: int
    ) -> tuple[_Result, ...]:
        if not items:
            return ()
        self.progress.start(total_bytes, 0, len(items))
        try:
            return each(items, work, self.jobs)
        finally:
            self.progress.close()

    def _look(self, request: AssetRequest) -> LookedUp | None:
        try:
            facts = self.files.look(request.url)
            _check_size(request.url, facts, request.size)
        except AirgapError as error:
            if not request.optional or not isinstance(error, MissingError):
                raise _about(request.name, error) from error
            self.progress.note(f"left out, since it is optional: {error.what}")
            return None
        self.progress.item_done(request.name)
        return LookedUp(request, facts)

    def _settled(self, found: LookedUp) -> ResolvedAsset:
        request = found.request
        try:
            learnt = found.pinned or self._fetched(found)
        except AirgapError as error:
            raise _about(request.name, error) from error
        self.progress.item_done(request.name)
        asset = BundledAsset(
            name=request.name,
            url=request.url,
            digest=learnt.digest,
            size=learnt.size,
            component=request.component,
            why=request.why,
        )
        return ResolvedAsset(asset, self._source(asset))

    def _fetched(self, found: LookedUp) -> Learnt:
        request = found.request
        fetch = Fetch(self.files, request.url, found.facts, self.progress.advance)
        learnt = fetch.staged(self.staging) if self.staging else fetch.hashed()
        if learnt.digest != (request.digest or learnt.digest):
            raise IntegrityError(
                f"{request.url} has the digest {learnt.digest}, not the one in {request.where}",
                remedy="find out which of the two is right, and correct the list if it is not",
            )
        _check_size(request.url, found.facts, learnt.size)
        return learnt

    def _recall(self, asset: BundledAsset, at_hand: Callable[[Digest], bool]) -> ResolvedAsset:
        source = self._source(asset)
        if isinstance(source, WebFile) and not at_hand(asset.digest):
            try:
                _check_size(asset.url, self.files.look(asset.url), asset.size)
            except AirgapError as error:
                raise _about(asset.name, error) from error
        self.progress.item_done(asset.name)
        return ResolvedAsset(asset, source)

    def _source(self, asset: BundledAsset) -> BlobSource:
        """What is staged, or else the web; the digest is checked when it goes into the bundle."""
        if self.staging:
            path = staged_path(self.staging, asset.url)
            if path.is_file() and path.stat().st_size == asset.size:
                return StagedFile(path)
        return WebFile(self.files, asset.url)


def _check_size(url: str, facts: FileFacts, size: int | None) -> None:
    if size is not None and facts.size not in {None, size}:
        raise IntegrityError(
            f"{url} has {facts.size:,} bytes now, not {size:,}",
            remedy="it was replaced there: lock it anew, or correct the list, if the new one is "
            "meant",
        )


def _about(name: str, error: AirgapError) -> AirgapError:
    """`error`, with the name by which the user can leave the asset out."""
    return type(error)(
        f"asset {name}: {error.what}",
        remedy=f"{error.remedy}; or leave it out with --skip-asset '{name}=REASON'",
    )
