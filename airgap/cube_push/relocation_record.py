"""`relocation.yaml`: what became of every origin, for whoever rewrites, and for the next look."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import yaml

from cube_airgap.digest import Digest
from cube_airgap.errors import AirgapError, IntegrityError
from cube_airgap.json_values import read_list, read_number, read_text
from cube_airgap.reference import Reference
from cube_push.outcome import State

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cube_push.outcome import Outcome

_VERSION = 1


@dataclass(frozen=True)
class RelocatedImage:
    """An image and where it is; `digest` is what its target shows, `origin_digest` what its origin.

    They differ where the index was narrowed to the platforms that were brought. `keep` says how
    many versions of the repository are to stay.
    """

    origin: Reference
    target: Reference
    digest: Digest
    origin_digest: Digest
    keep: int = 1


def relocated(outcome: Outcome) -> tuple[RelocatedImage, ...]:
    """The images of `outcome` that are in the registry now."""
    images = [*outcome.of_state(State.PUSHED), *outcome.of_state(State.THERE)]
    return tuple(
        RelocatedImage(one.origin, one.target, one.digest, one.origin_digest or one.digest)
        for one in images
        if one.digest
    )


def encode_relocation(
    images: Iterable[RelocatedImage], registry: str, bundle: Digest | None = None
) -> bytes:
    """The file for `images` in `registry`, sorted by origin; `bundle` is named if they are of one.

    `origin_digest` is there where the target has another one, since its index was narrowed.
    """
    body = {
        "version": _VERSION,
        **({"bundle": str(bundle)} if bundle else {}),
        "registry": registry,
        "images": [_entry(image) for image in sorted(images, key=lambda one: str(one.origin))],
    }
    text: str = yaml.safe_dump(body, sort_keys=False, allow_unicode=True, width=200)
    return text.encode()


def _entry(image: RelocatedImage) -> dict[str, Any]:
    entry = {
        "origin": str(image.origin),
        "target": str(image.target),
        "digest": str(image.digest),
    }
    is_narrowed = image.digest != image.origin_digest
    more: dict[str, Any] = {"origin_digest": str(image.origin_digest)} if is_narrowed else {}
    return entry | more | ({"keep": image.keep} if image.keep > 1 else {})


def parse_relocation(raw: bytes, where: str) -> tuple[RelocatedImage, ...]:
    """Read what encode_relocation() wrote; `where` names it in errors. Raises IntegrityError."""
    try:
        body = yaml.load(raw, _Loader)  # noqa: S506 - it is a safe one
        _check_version(body["version"])
        return tuple(_image(entry) for entry in read_list(body["images"]))
    except (yaml.YAMLError, AirgapError, ValueError, KeyError, TypeError, RecursionError) as error:
        # What Python says of a missing key or a wrong type tells a reader nothing.
        is_unformed = isinstance(error, KeyError | TypeError)
        why = "it does not have the form of one" if is_unformed else str(error)[:200]
        raise IntegrityError(
            f"the relocation in {where} cannot be read: {why}",
            remedy="it was damaged or made by something else: the next push or sync writes a new "
            "one, and its tag can then be deleted",
        ) from None


def _check_version(version: object) -> None:
    if version != _VERSION:
        raise ValueError(f"its version is {version!r}")


# Ten times as fast where PyYAML was built with libyaml.
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def _image(entry: dict[str, Any]) -> RelocatedImage:
    digest = Digest.parse(read_text(entry["digest"]))
    narrowed_from = entry.get("origin_digest")
    return RelocatedImage(
        Reference.parse(read_text(entry["origin"])),
        Reference.parse(read_text(entry["target"])),
        digest,
        Digest.parse(read_text(narrowed_from)) if narrowed_from else digest,
        read_number(entry.get("keep", 1)),
    )
