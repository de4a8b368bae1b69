"""What came of a push, image by image, and in numbers."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cube_airgap.digest import Digest
    from cube_airgap.errors import AirgapError
    from cube_airgap.reference import Reference

_NAMED = 3


class State(StrEnum):
    """How an image fared; LEFT where the push was stopped before it."""

    PUSHED = "pushed"
    THERE = "already there"
    FAILED = "failed"
    LEFT = "not pushed"


@dataclass(frozen=True)
class ImageOutcome:
    """One image; `digest` is what its target shows now, None where that is not the image.

    `origin_digest` is another one where the index was narrowed to what the bundle carries.
    """

    origin: Reference
    target: Reference
    state: State
    digest: Digest | None = None
    origin_digest: Digest | None = None
    error: AirgapError | None = None

    @property
    def is_narrowed(self) -> bool:
        """Whether the target names fewer platforms than the origin does."""
        return self.digest != self.origin_digest

    def to_json(self) -> dict[str, Any]:
        """For machines."""
        told: dict[str, Any] = {
            "origin": str(self.origin),
            "target": str(self.target),
            "state": self.state,
        }
        if self.digest:
            told |= {"digest": str(self.digest), "originDigest": str(self.origin_digest)}
        if self.error:
            told |= {"error": self.error.what, "remedy": self.error.remedy}
        return told


@dataclass
class Traffic:
    """What was sent. `sent` counts the bytes of blobs, repeated ones too; `uploaded` those kept."""

    sent: int = 0
    uploaded: int = 0
    blobs: int = 0
    mounted: int = 0


@dataclass(frozen=True)
class Outcome:
    """A push that came to its end; `stopped` is why it could not go on, if so.

    `bundle` is None where the images came from their origins.
    """

    bundle: Digest | None
    images: tuple[ImageOutcome, ...]
    traffic: Traffic
    stopped: AirgapError | None = None

    @property
    def errors(self) -> tuple[AirgapError, ...]:
        """Everything that went wrong; one thing that several images failed for is told once."""
        names: dict[int, list[str]] = defaultdict(list)
        errors: dict[int, AirgapError] = {}
        for image in self.images:
            if image.error:
                errors[id(image.error)] = image.error
                names[id(image.error)].append(str(image.origin))
        told = [_of_images(error, names[key]) for key, error in errors.items()]
        return (*([self.stopped] if self.stopped else []), *told)

    def of_state(self, state: State) -> tuple[ImageOutcome, ...]:
        """The images that fared so."""
        return tuple(image for image in self.images if image.state is state)

    def to_json(self) -> dict[str, Any]:
        """For machines; sizes in bytes."""
        return {
            **({"bundle": str(self.bundle)} if self.bundle else {}),
            "images": [image.to_json() for image in self.images],
            "uploadedSize": self.traffic.uploaded,
            "sentSize": self.traffic.sent,
            "uploadedBlobs": self.traffic.blobs,
            "mountedBlobs": self.traffic.mounted,
        }


def _of_images(error: AirgapError, names: list[str]) -> AirgapError:
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    shown = f"{', '.join(names[:_NAMED])}{more}"
    return type(error)(f"{shown} not pushed: {error.what}", remedy=error.remedy)
