"""Plans of bundles whose blobs a test makes up, and building them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cube_airgap.bundle import Bundle
from cube_airgap.catalogue import BundledBlob, BundledFile, Catalogue, Encoding
from cube_airgap.digest import Digest
from cube_airgap.progress import Silent
from cube_bundle.build import Built, Target, build_bundle
from cube_bundle.plan import BundlePlan
from cube_bundle.writing.journal import JournalHeader

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from cube_airgap.image_source import BlobSource
    from cube_airgap.progress import Progress

_FILES = {
    "oci-layout": b'{"imageLayoutVersion":"1.0.0"}\n',
    "index.json": b'{"schemaVersion":2,"manifests":[]}\n',
}


def plan_of(
    source: BlobSource, stored: Sequence[bytes], compressed: Sequence[bytes] = ()
) -> BundlePlan:
    """A plan of those blobs, all large, in that order; no image needs them."""
    blobs = [(blob, Encoding.STORED) for blob in stored]
    blobs += [(blob, Encoding.ZSTD) for blob in compressed]
    catalogue = Catalogue(
        images=(),
        files=tuple(BundledFile(path, Digest.of(data), len(data)) for path, data in _FILES.items()),
        manifests=(),
        blobs=tuple(
            BundledBlob(Digest.of(blob), len(blob), "application/x", encoding, "test")
            for blob, encoding in blobs
        ),
    )
    sources = {Digest.of(blob): source for blob, _ in blobs}
    return BundlePlan(catalogue, _FILES, sources, frozenset(), {})


def header_of(plan: BundlePlan) -> JournalHeader:
    return JournalHeader("request", "lock", str(plan.catalogue.digest), plan.layout.fingerprint)


def build(
    plan: BundlePlan, target: Path | Target, jobs: int = 2, progress: Progress | None = None
) -> Built:
    to = target if isinstance(target, Target) else Target(target)
    return build_bundle(plan, to, header_of(plan), jobs, progress or Silent())


def assert_holds(path: Path, blobs: Sequence[bytes]) -> None:
    """The bundle at `path` gives back just these blobs."""
    with Bundle.open(path) as bundle:
        for blob in blobs:
            descriptor = bundle.catalogue.by_digest[Digest.of(blob)].descriptor
            assert b"".join(bundle.read_blob(descriptor)) == blob
        assert len(bundle.catalogue.blobs) == len(blobs)
