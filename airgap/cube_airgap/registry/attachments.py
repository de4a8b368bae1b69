"""What is attached to a manifest in a registry: signatures, attestations, SBOMs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cube_airgap.descriptor import Descriptor
from cube_airgap.errors import AuthenticationError, IntegrityError, MissingError
from cube_airgap.image_source import Referrer
from cube_airgap.manifest import OCI_INDEX
from cube_airgap.registry.answer import UnexpectedAnswerError
from cube_airgap.registry.pages import read_pages

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cube_airgap.digest import Digest
    from cube_airgap.registry.repository import Repository

_COSIGN_ENDINGS = (".sig", ".att", ".sbom")
# A reference's tag is at most 128 characters long, so the tag schema cuts digests.
_TAG_DIGITS = 64
# A hostile registry lists them without end; whoever takes them along refuses fewer.
_MOST_LISTED = 10_000


def attached_to(repository: Repository, subject: Digest) -> tuple[Referrer, ...]:
    """The referrers of `subject` by the API, or by the fallback tag; and cosign's tags.

    Each digest is told once, as a tag where it has one. Raises AirgapError.
    """
    tag = f"{subject.algorithm}-{subject.hex[:_TAG_DIGITS]}"
    listed = _by_api(repository, subject)
    if listed is None:
        listed = _by_tag(repository, tag)
    found = {descriptor.digest: Referrer(descriptor) for descriptor in listed}
    for ending in _COSIGN_ENDINGS:
        manifest = repository.tagged(f"{tag}{ending}")
        if manifest is not None:
            found[manifest.digest] = Referrer(manifest.descriptor, tag=f"{tag}{ending}")
    return tuple(found.values())


def _by_api(repository: Repository, subject: Digest) -> list[Descriptor] | None:
    """Distribution spec, "Listing Referrers"; None where the registry has no such API.

    Registries without it answer with nearly any status but 200, some with 401 or 403. Whoever got
    this far was let in, so that is no reason to fail.
    """
    call = repository.call(f"referrers/{subject}", OCI_INDEX)
    what = f"referrers of {repository}@{subject}"
    found: list[Descriptor] = []
    try:
        for page in read_pages(repository.endpoint, call, repository.retries, what):
            found += _descriptors(page, what)
            if len(found) > _MOST_LISTED:
                break
    except (MissingError, AuthenticationError, UnexpectedAnswerError):
        return None
    return found


def _descriptors(page: dict[str, Any], what: str) -> Iterable[Descriptor]:
    """Harbor answers with an empty object where there are none."""
    values = page.get("manifests") or []
    if not isinstance(values, list):
        raise IntegrityError(f"the {what} are no list", remedy="tell the registry's operator")
    return [Descriptor.from_json(value, where=what) for value in values]


def _by_tag(repository: Repository, tag: str) -> list[Descriptor]:
    """Distribution spec, "Referrers Tag Schema"."""
    index = repository.tagged(tag)
    return list(index.children) if index else []
