"""What is attached to a manifest in a registry: signatures, attestations, SBOMs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cube_airgap.descriptor import Descriptor
from cube_airgap.errors import AuthenticationError, IntegrityError, MissingError
from cube_airgap.image_source import Referrer
from cube_airgap.registry.answer import UnexpectedAnswerError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from cube_airgap.digest import Digest
    from cube_airgap.manifest import Manifest

_COSIGN_ENDINGS = (".sig", ".att", ".sbom")
# A reference's tag is at most 128 characters long, so the tag schema cuts digests.
_TAG_DIGITS = 64
# A hostile registry lists them without end; whoever takes them along refuses fewer.
_MOST_LISTED = 10_000


def fallback_tag(subject: Digest) -> str:
    """The tag under which referrers are listed without the API (spec, "Referrers Tag Schema")."""
    return f"{subject.algorithm}-{subject.hex[:_TAG_DIGITS]}"


def attached_to(
    subject: Digest,
    pages: Iterable[dict[str, Any]],
    tagged: Callable[[str], Manifest | None],
    what: str,
) -> tuple[Referrer, ...]:
    """The referrers of `subject` by the API, or by the fallback tag; and cosign's tags.

    `pages` are the API's, and `what` names them in errors; `tagged` gives what has a tag. Each
    digest is told once, as a tag where it has one. Raises AirgapError.
    """
    tag = fallback_tag(subject)
    listed: Iterable[Descriptor] | None = _by_api(pages, what)
    if listed is None:
        index = tagged(tag)
        listed = index.children if index else ()
    found = {descriptor.digest: Referrer(descriptor) for descriptor in listed}
    for ending in _COSIGN_ENDINGS:
        manifest = tagged(f"{tag}{ending}")
        if manifest is not None:
            found[manifest.digest] = Referrer(manifest.descriptor, tag=f"{tag}{ending}")
    return tuple(found.values())


def _by_api(pages: Iterable[dict[str, Any]], what: str) -> list[Descriptor] | None:
    """Distribution spec, "Listing Referrers"; None where the registry has no such API.

    Registries without it answer with nearly any status but 200, some with 401 or 403. Whoever got
    this far was let in, so that is no reason to fail.
    """
    found: list[Descriptor] = []
    try:
        for page in pages:
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
