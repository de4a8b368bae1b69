from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from cube_airgap.digest import Digest
from cube_airgap.reference import Reference
from cube_console.show_push import outcome_text
from cube_push.outcome import ImageOutcome, Outcome, State, Traffic

DIGEST = Digest.of(b"image")


def outcome(there: int) -> Outcome:
    """One image that was pushed, and so many that were there."""
    states = [State.PUSHED, *[State.THERE] * there]
    images = tuple(
        ImageOutcome(
            Reference.parse(f"team/image-{number}:1"),
            Reference.parse(f"harbor.example/p/image-{number}:1"),
            state,
            DIGEST,
        )
        for number, state in enumerate(states)
    )
    return Outcome(DIGEST, images, Traffic(), None)


def test_each_image_is_listed() -> None:
    shown = outcome_text(outcome(3), None, 1.0)

    assert "team/image-0:1" in shown
    assert "team/image-3:1" in shown
    assert "4 images: 1 pushed, 3 already there" in shown


def test_of_very_many_images_those_that_were_there_are_counted() -> None:
    shown = outcome_text(outcome(100), None, 1.0)

    assert "team/image-0:1" in shown
    assert "team/image-1:1" not in shown
    assert "101 images: 1 pushed, 100 already there" in shown


@pytest.mark.parametrize(
    ("there", "told"),
    [
        (2, ["relocation.yaml says where each image is"]),
        (1, ["relocation.yaml says where each image that is there is"]),
        (0, []),
    ],
)
def test_the_relocation_is_said_to_have_what_is_there(there: int, told: list[str]) -> None:
    whole = outcome(1)
    left = tuple(
        image if number < there else replace(image, state=State.FAILED, digest=None)
        for number, image in enumerate(whole.images)
    )

    shown = outcome_text(replace(whole, images=left), Path("relocation.yaml"), 1.0)

    assert [line for line in shown.splitlines() if "relocation.yaml" in line] == told
