"""Making a delta whole: one bundle without gaps, of the delta and the bundles that it builds on."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

from cube_airgap.closure import reached_by
from cube_airgap.errors import IntegrityError, MissingError, UsageError, raise_all
from cube_bundle.build import build_bundle
from cube_bundle.image_progress import ImageProgress
from cube_bundle.order import stopped
from cube_bundle.plan import BundlePlan, in_order, small_blobs
from cube_bundle.writing.journal import JournalHeader
from cube_bundle.writing.wrong_bytes import WrongBytesError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from cube_airgap.bundle import Bundle
    from cube_airgap.catalogue import BundledBlob, Catalogue
    from cube_airgap.digest import Digest
    from cube_airgap.manifest import Manifest
    from cube_airgap.progress import Progress
    from cube_bundle.build import Built, Target


@dataclass(frozen=True)
class Merging:
    """`delta` made whole by blobs of `older`, in whatever order; nothing else of those is taken.

    What comes out is, byte for byte, the bundle that the lock of `delta` gives without a far side.
    """

    older: Sequence[Bundle]
    delta: Bundle

    def carry_out(self, target: Target, jobs: int, progress: Progress) -> Built:
        """Write the whole bundle. Raises AirgapError; what was written stays for the next run."""
        plan = self._plan()
        begun = JournalHeader(
            request=f"merge {self.delta.catalogue.digest}",
            lock="",
            bundle=str(plan.catalogue.digest),
            layout=plan.layout.fingerprint,
        )
        try:
            return build_bundle(plan, target, begun, jobs, ImageProgress(progress, plan.needs))
        except KeyboardInterrupt:
            raise stopped(target.path) from None
        except WrongBytesError as error:
            raise _damaged(f"blob {error.digest}") from error

    def _plan(self) -> BundlePlan:
        delta = self.delta.catalogue
        if not delta.assumes:
            raise UsageError(
                f"bundle {delta.digest.short}, named last, is no delta: it lacks nothing",
                remedy="name the delta last, and before it the bundles that it builds on",
            )
        small = self._small()
        head = {*(blob.digest for blob in delta.manifests), *self._in_head}
        blobs = in_order((*delta.blobs, *delta.assumed.values()), head)
        catalogue = replace(delta, blobs=blobs, assumes=())
        sources = self._sources([blob for blob in blobs if blob.digest not in head])
        needs = dict(self._needs(catalogue, sources))
        return BundlePlan(catalogue, small, sources, frozenset(sources), needs)

    @cached_property
    def _manifests(self) -> Mapping[Digest, Manifest]:
        listed = self.delta.catalogue.manifests
        return {blob.digest: self.delta.manifest(blob.digest) for blob in listed}

    @cached_property
    def _in_head(self) -> frozenset[Digest]:
        blobs = (blob.descriptor for blob in self.delta.catalogue.blobs)
        return frozenset(small_blobs(self._manifests.values(), blobs))

    def _small(self) -> dict[str, bytes]:
        """The members of the head by path, checked; a delta has them all."""
        catalogue = self.delta.catalogue
        paths = [file.path for file in catalogue.files]
        paths += [blob.digest.layout_path for blob in catalogue.manifests]
        paths += [one.digest.layout_path for one in catalogue.blobs if one.digest in self._in_head]
        found = {path: self.delta.read_file(path) for path in paths}
        for path, data in found.items():
            if not catalogue.digests[path].matches(data):
                raise _damaged(path)
        return found

    def _sources(self, blobs: Sequence[BundledBlob]) -> dict[Digest, Bundle]:
        found: dict[Digest, Bundle] = {}
        for bundle in (self.delta, *self.older):
            for blob in blobs:
                if bundle.has(blob.digest):
                    found.setdefault(blob.digest, bundle)
        raise_all([self._lacking(blob) for blob in blobs if blob.digest not in found])
        return found

    def _lacking(self, blob: BundledBlob) -> MissingError:
        carrier = self.delta.catalogue.carrier(blob.digest)
        where = f"bundle {carrier} carries it" if carrier else "no bundle is known to carry it"
        return MissingError(
            f"blob {blob.digest} is in none of the bundles; {where}",
            remedy="name every bundle since the last whole one, the delta last; if one is lost, "
            "build from the delta's lock instead",
        )

    def _needs(
        self, catalogue: Catalogue, large: Mapping[Digest, Bundle]
    ) -> Iterator[tuple[str, frozenset[Digest]]]:
        for image in catalogue.images:
            reached = reached_by(image, catalogue, self._manifests)
            yield str(image.reference), reached & large.keys()
        for asset in catalogue.assets:
            yield f"asset {asset.name}", frozenset([asset.digest])


def _damaged(what: str) -> IntegrityError:
    return IntegrityError(
        f"{what} is damaged in one of the bundles",
        remedy="run `cube-bundle verify` on each, and take a sound copy of what is damaged",
    )
