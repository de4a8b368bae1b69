"""A planned push and what came of one, for people and for machines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cube_console.amounts import count_text, size_text, time_text
from cube_console.tables import table
from cube_push.outcome import State

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from cube_push.assumed_images import PresentImage
    from cube_push.outcome import Outcome
    from cube_push.push import Prepared

_MOST_THERE = 20


def plan_json(ready: Prepared) -> dict[str, Any]:
    """What a push would send; sizes in bytes."""
    pairs = zip(ready.plan.images, ready.standing.found, strict=True)
    return {
        "bundle": str(ready.plan.bundle),
        "images": [
            {
                "origin": str(image.origin),
                "target": str(image.target),
                "digest": str(image.whole.root.digest),
                "there": found.is_complete,
                "absentPlatforms": [str(one.platform) for one in image.absent if one.platform],
            }
            for image, found in pairs
        ]
        + [_present_json(one) for one in ready.surveyed.present],
        "unusable": [
            {"origin": str(one.origin), "error": one.error.what} for one in ready.plan.failures
        ],
        "contentSize": ready.plan.size,
        "uploadSize": ready.standing.missing_size,
        "uploadBlobs": len(ready.standing.missing),
        "assumedBlobs": len(ready.plan.assumed),
        "expectedSeconds": round(ready.expected_seconds(), 1),
    }


def _present_json(one: PresentImage) -> dict[str, Any]:
    return {
        "origin": str(one.image.origin),
        "target": str(one.image.target),
        "digest": str(one.image.digest),
        "there": True,
        "absentPlatforms": [],
    }


def plan_text(ready: Prepared) -> str:
    """The same for people."""
    told = plan_json(ready)
    rows = [
        ("there" if one["there"] else "to push", one["origin"], one["target"])
        for one in told["images"]
    ]
    rows += [("unusable", one["origin"], one["error"]) for one in told["unusable"]]
    there = sum(one["there"] for one in told["images"])
    narrow = [one["origin"] for one in told["images"] if one["absentPlatforms"]]
    images = count_text(len(rows), "image")
    lines = [
        table(("STATE", "IMAGE", "TARGET"), rows),
        "",
        f"{images}, {there} of them there already; {size_text(told['contentSize'])} in all",
        _to_upload(told),
    ]
    if told["assumedBlobs"]:
        assumed = count_text(told["assumedBlobs"], "blob")
        lines.append(f"a delta: of {assumed} that it leaves out, all that are needed are there")
    if narrow:
        lines.append(
            f"{count_text(len(narrow), 'image')} without all platforms in the bundle: where the "
            "registry refuses such an index, a narrower one is pushed (--sparse-index)"
        )
    lines.append("nothing was sent (dry run)")
    return "\n".join(lines)


def _to_upload(told: dict[str, Any]) -> str:
    size, blobs = size_text(told["uploadSize"]), count_text(told["uploadBlobs"], "blob")
    if not told["uploadBlobs"]:
        return "to upload: nothing"
    return f"to upload: {size} in {blobs}, {time_text(told['expectedSeconds'])} at the rate of now"


def outcome_text(outcome: Outcome, relocation: Path | None, seconds: float) -> str:
    """What became of every image, what it took, and the file that has it, if it was written.

    Images that were there are not listed one by one where they would hide the others.
    """
    hides = len(outcome.of_state(State.THERE)) > _MOST_THERE
    rows = [
        (
            image.state,
            image.origin.familiar,
            str(image.target),
            image.digest.short if image.digest else "-",
        )
        for image in outcome.images
        if not (hides and image.state is State.THERE)
    ]
    counts = [f"{len(outcome.of_state(state))} {state}" for state in State]
    shown = ", ".join(one for one in counts if not one.startswith("0 "))
    traffic = outcome.traffic
    sent = f"{size_text(traffic.uploaded)} uploaded in {count_text(traffic.blobs, 'blob')}"
    return "\n".join(
        [
            *([table(("STATE", "IMAGE", "TARGET", "DIGEST"), rows), ""] if rows else []),
            f"{count_text(len(outcome.images), 'image')}: {shown}",
            f"{sent}, {traffic.mounted} mounted, in {time_text(seconds)}",
            *_where_told(outcome, relocation),
        ]
    )


def _where_told(outcome: Outcome, relocation: Path | None) -> Iterator[str]:
    there = sum(image.digest is not None for image in outcome.images)
    if relocation and there:
        which = "each image" if there == len(outcome.images) else "each image that is there"
        yield f"{relocation} says where {which} is"
