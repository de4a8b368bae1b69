"""What neither a bundle nor the registry has of the images that are to be pushed."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from cube_airgap.errors import MissingError, raise_all

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from cube_airgap.digest import Digest
    from cube_push.content import Listing
    from cube_push.plan import ImagePush
    from cube_push.seeking import Survey

_IMAGES_NAMED = 5
_BLOBS_NAMED = 50


def check_bundle(surveyed: Survey, bundle: Listing) -> None:
    """Raise MissingError for every blob and image that neither the bundle nor the registry has.

    Each is told with the images that need it and the bundle that carries it; of very many, as where
    a delta is pushed without its base, only some are, and the rest by number.
    """
    needing: dict[Digest, list[ImagePush]] = {
        blob.digest: [] for blob in surveyed.standing.missing if not bundle.has(blob.digest)
    }
    for image, _ in surveyed.pending:
        for blob in image.blobs:
            if blob.digest in needing:
                needing[blob.digest].append(image)
    raise_all([*_told_images([one.error for one in surveyed.lost]), *_errors(needing, bundle)])


def _told_images(lost: Sequence[MissingError]) -> Iterator[MissingError]:
    """Of very many, as where the base was never pushed, some by name and the rest by number."""
    yield from lost[:_BLOBS_NAMED]
    more = lost[_BLOBS_NAMED:]
    if more:
        what = f"{len(more):,} more images that the bundle, a delta, assumes are not there either"
        yield MissingError(what, remedy=more[0].remedy)


def _errors(
    needing: Mapping[Digest, Sequence[ImagePush]], bundle: Listing
) -> Iterator[MissingError]:
    carriers = {digest: bundle.catalogue.carrier(digest) for digest in needing}
    named, others = list(needing)[:_BLOBS_NAMED], list(needing)[_BLOBS_NAMED:]
    for digest in named:
        images = needing[digest]
        yield _lacking(f"{_told(images)} blob {digest}", images[0], carriers[digest])
    for carrier, count in Counter(carriers[digest] for digest in others).items():
        image = next(needing[digest][0] for digest in others if carriers[digest] == carrier)
        yield _lacking(f"the images need {count:,} more blobs", image, carrier)


def _told(images: Sequence[ImagePush]) -> str:
    names = sorted(str(image.origin) for image in images)
    more = len(names) - _IMAGES_NAMED
    others = f" and {more:,} more" if more > 0 else ""
    return f"{', '.join(names[:_IMAGES_NAMED])}{others} {'needs' if len(names) == 1 else 'need'}"


def _lacking(what: str, image: ImagePush, carrier: Digest | None) -> MissingError:
    where = f"but in bundle {carrier}" if carrier else "and in no bundle that is known"
    push = f"push bundle {carrier.short} first" if carrier else "push the older bundles first"
    return MissingError(
        f"{what}, not in the bundle and not in the project at {image.target.host}, {where}",
        remedy=f"{push}; where it was pushed already, the blob was deleted since: then build "
        "again, with a new have-list (`cube-install have`) or without --since and --have",
    )
