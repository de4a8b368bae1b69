"""The record of a push, `relocation.yaml`: what became of every origin, for whoever rewrites."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import yaml

from cube_push.outcome import State

if TYPE_CHECKING:
    from cube_push.outcome import ImageOutcome, Outcome

_VERSION = 1


def encode_relocation(outcome: Outcome, registry: str) -> bytes:
    """The record of the images that are in `registry` now, sorted by origin.

    `origin_digest` is there where the target has another one, since its index was narrowed.
    """
    images = [*outcome.of_state(State.PUSHED), *outcome.of_state(State.THERE)]
    body = {
        "version": _VERSION,
        "bundle": str(outcome.bundle),
        "registry": registry,
        "images": [_entry(image) for image in sorted(images, key=lambda one: str(one.origin))],
    }
    text: str = yaml.safe_dump(body, sort_keys=False, allow_unicode=True, width=200)
    return text.encode()


def _entry(image: ImageOutcome) -> dict[str, Any]:
    entry = {
        "origin": str(image.origin),
        "target": str(image.target),
        "digest": str(image.digest),
    }
    return entry | ({"origin_digest": str(image.origin_digest)} if image.is_narrowed else {})
