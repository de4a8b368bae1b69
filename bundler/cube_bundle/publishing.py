"""Bringing a bundle into a registry as an artifact, and getting it from there as it was."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cube_airgap.closure import reached_by
from cube_airgap.each import each
from cube_airgap.manifest import Manifest
from cube_airgap.registry.answer import UnexpectedAnswerError
from cube_bundle.build import build_without_lock
from cube_bundle.plan import BundlePlan
from cube_bundle.travelling import cut, read_arrived
from cube_push.stepped_bundle import SteppedBundle

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Mapping

    from cube_airgap.bundle import Bundle
    from cube_airgap.descriptor import Descriptor
    from cube_airgap.digest import Digest
    from cube_airgap.image_source import ImageSource
    from cube_airgap.progress import Progress
    from cube_airgap.reference import Reference
    from cube_airgap.registry.push_repository import PushRepository
    from cube_bundle.build import Built, Target
    from cube_bundle.travelling import Arrived


class _Parts:
    """A BlobSource: what was made for the artifact, and the bundle's own blobs."""

    def __init__(self, made: Mapping[Digest, bytes], bundle: Bundle) -> None:
        self._made = made
        self._bundle = SteppedBundle(bundle)

    def read_blob(
        self, blob: Descriptor, start: int = 0, end: int | None = None
    ) -> Generator[bytes, None, None]:
        if blob.digest in self._made:
            yield self._made[blob.digest][start:end]
        else:
            yield from self._bundle.read_blob(blob, start, end)


def publish(
    bundle: Bundle, repository: PushRepository, tag: str, jobs: int, progress: Progress
) -> Digest:
    """Bring `bundle` into `repository` under `tag`, and return the artifact's digest.

    Blobs that are there are not sent. Raises AirgapError; what was sent stays for the next run.
    """
    travelling = cut(bundle)
    parts = _Parts(travelling.made, bundle)
    blobs = travelling.blobs
    there = each(blobs, lambda one: repository.has_blob(one.digest), jobs)
    missing = [blob for blob, is_there in zip(blobs, there, strict=True) if not is_there]
    progress.start(sum(blob.size for blob in missing), 0, len(missing))

    def send(blob: Descriptor) -> None:
        repository.upload(blob, parts, _steps(progress))
        progress.item_done(str(blob.digest))

    try:
        each(missing, send, jobs)
    finally:
        progress.close()
    repository.put_manifest(travelling.manifest, tag)
    found = repository.manifest_digest(tag)
    if found not in {travelling.manifest.digest, None}:
        raise UnexpectedAnswerError(
            f"{repository}:{tag} was published as {travelling.manifest.digest} and is served as "
            f"{found}",
            remedy="somebody else may publish under the same tag: see who, then run it again",
        )
    return travelling.manifest.digest


def _steps(progress: Progress) -> Callable[[int], None]:
    last = 0

    def told(position: int) -> None:
        nonlocal last
        progress.advance(position - last)
        last = position

    return told


def pull(
    source: ImageSource, reference: Reference, target: Target, jobs: int, progress: Progress
) -> Built:
    """Write the bundle that was published as `reference` to `target`, byte for byte as it was.

    An unfinished one is gone on with. Raises AirgapError, Interrupted too.
    """
    target.check()
    manifest = source.resolve(reference)
    arrived = read_arrived(manifest, source, str(reference))
    plan = _plan(arrived, source)
    return build_without_lock(plan, target, f"pull {manifest.digest}", jobs, progress)


def _plan(arrived: Arrived, source: ImageSource) -> BundlePlan:
    catalogue = arrived.catalogue
    large = {
        blob.digest: source
        for blob in catalogue.blobs
        if blob.digest.layout_path not in arrived.small
    }
    needs = dict(_needs(arrived, large))
    return BundlePlan(catalogue, arrived.small, large, frozenset(), needs, arrived.signature)


def _needs(
    arrived: Arrived, large: Mapping[Digest, ImageSource]
) -> Iterator[tuple[str, frozenset[Digest]]]:
    manifests = {
        one.digest: Manifest.parse(
            arrived.small[one.digest.layout_path],
            media_type=one.media_type,
            where=f"manifest {one.digest}",
        )
        for one in arrived.catalogue.manifests
    }
    for image in arrived.catalogue.images:
        reached = reached_by(image, arrived.catalogue, manifests)
        yield str(image.reference), reached & large.keys()
