"""What a registry has already of what a push would bring: found out by HEAD requests.

Only where a policy of Harbor answers those for all that is there, its API is asked.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from cube_airgap.each import each
from cube_airgap.errors import AuthenticationError
from cube_harbor.artifacts import HarborRepository, find_artifact

if TYPE_CHECKING:
    from collections.abc import Mapping
    from collections.abc import Set as AbstractSet

    from cube_airgap.descriptor import Descriptor
    from cube_airgap.digest import Digest
    from cube_airgap.registry.destination import Destination
    from cube_airgap.registry.push_repository import Hidden
    from cube_harbor.api import HarborApi
    from cube_push.plan import ImagePush, PushPlan


@dataclass(frozen=True)
class Found:
    """What the registry says of one image: the digest that its name has, None without one.

    `is_complete` where that is the image and all that is attached to it is there too.
    """

    digest: Digest | None
    is_complete: bool


@dataclass(frozen=True)
class Standing:
    """`holders` has, for each blob that is known to be somewhere, repositories that have it."""

    found: tuple[Found, ...]
    holders: Mapping[Digest, AbstractSet[str]]
    missing: tuple[Descriptor, ...]

    @property
    def missing_size(self) -> int:
        """The bytes that have to be sent."""
        return sum(blob.size for blob in self.missing)


def look(plan: PushPlan, destination: Destination, jobs: int, harbor: HarborApi | None) -> Standing:
    """Ask for every image by its name, and then for the blobs of those that are not there.

    A name is put last, so that whoever has it has all that is below. Of a blob that several
    repositories need, the first one is asked: into that one it is uploaded. `harbor` is asked for
    what its policies forbid to pull. Raises AirgapError.
    """
    hidden = hidden_in(harbor)
    # The first one is asked for alone, so that wrong credentials are told of once.
    first, others = plan.images[:1], plan.images[1:]
    found = (
        *(_find(image, destination, hidden) for image in first),
        *each(others, lambda image: _find(image, destination, hidden), jobs),
    )
    holders: dict[Digest, set[str]] = defaultdict(set)
    wanted: dict[Digest, tuple[str, Descriptor]] = {}
    for image, one in zip(plan.images, found, strict=True):
        for blob in image.blobs:
            if one.is_complete:
                holders[blob.digest].add(image.repository)
            else:
                wanted.setdefault(blob.digest, (image.repository, blob))
    for digest in plan.assumed & wanted.keys():
        holders.pop(digest, None)  # a delta cannot send it: only the blob's own HEAD will do
    unknown = [place for digest, place in wanted.items() if digest not in holders]
    there = each(unknown, lambda one: destination.repository(one[0]).has_blob(one[1].digest), jobs)
    missing = []
    for (repository, blob), is_there in zip(unknown, there, strict=True):
        if is_there:
            holders[blob.digest].add(repository)
        else:
            missing.append(blob)
    return Standing(found, dict(holders), tuple(missing))


def _find(image: ImagePush, destination: Destination, hidden: Hidden) -> Found:
    repository = destination.repository(image.repository)
    roots = [image.whole.root, *([image.narrow.root] if image.narrow else [])]
    digest = None
    for name in dict.fromkeys(image.name_of(root) for root in roots):
        digest = repository.manifest_digest(name, hidden)
        if digest is not None:
            break
    # A site may have added its own signatures under cosign's tag: any digest there will do.
    is_complete = digest in {root.digest for root in roots} and all(
        repository.manifest_digest(one.tag or str(one.tree.root.digest), hidden)
        for one in image.attached
    )
    return Found(digest, is_complete)


def hidden_in(harbor: HarborApi | None) -> Hidden:
    """Tells what `harbor` has of what its policies let nobody pull."""
    return partial(_hidden_digest, harbor)


def _hidden_digest(harbor: HarborApi | None, repository: str, name: str) -> Digest | None:
    """What Harbor says of a manifest that nobody may pull; None where the login may not know."""
    if harbor is None:
        return None
    project, _, inside = repository.partition("/")
    try:
        artifact = find_artifact(harbor, HarborRepository(project, inside), name)
    except AuthenticationError:
        return None
    return artifact.digest if artifact else None
