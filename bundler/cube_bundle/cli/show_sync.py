"""What a sync found and did, for people and for machines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cube_console.amounts import count_text, size_text
from cube_console.tables import table
from cube_push.outcome import State

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cube_airgap.digest import Digest
    from cube_bundle.syncing import Moved, Outlook
    from cube_push.outcome import Outcome


def outlook_json(outlook: Outlook) -> dict[str, Any]:
    """What would be brought; sizes in bytes."""
    size, blobs = _to_send(outlook)
    return {
        "unchanged": len(outlook.unchanged),
        "moved": [_moved_json(one) for one in outlook.moved],
        "failed": [one.to_json() for one in outlook.failed],
        "uploadSize": size,
        "uploadBlobs": blobs,
    }


def outlook_text(outlook: Outlook) -> str:
    """The same for people."""
    size, blobs = _to_send(outlook)
    counts = [f"{count_text(len(outlook.unchanged), 'image')} unchanged"]
    counts += [f"{len(outlook.moved)} to bring"] if outlook.moved else []
    sent = f"{size_text(size)} to send in {count_text(blobs, 'blob')}"
    counts += [sent if blobs else "nothing to send"]
    return "\n".join(
        [
            *_moved_lines(outlook.moved),
            ", ".join(counts),
            "nothing was sent (dry run)",
        ]
    )


def outcome_json(outlook: Outlook, outcome: Outcome, record: str | None) -> dict[str, Any]:
    """What was brought, and how everything stands now."""
    moved = [_moved_json(one) for one in outlook.moved]
    return outcome.to_json() | {"moved": moved, "record": record}


def outcome_text(outlook: Outlook, outcome: Outcome, record: str | None) -> str:
    """The same for people; what is as it was is only counted."""
    rows = [
        (one.state, one.origin.familiar, str(one.target), _short(one.digest))
        for one in outcome.images
        if one.state is not State.THERE
    ]
    counts = [f"{len(outcome.of_state(state))} {state}" for state in State]
    shown = ", ".join(one for one in counts if not one.startswith("0 "))
    traffic = outcome.traffic
    sent = f"{size_text(traffic.uploaded)} sent in {count_text(traffic.blobs, 'blob')}"
    lines = [table(("STATE", "IMAGE", "TARGET", "DIGEST"), rows), ""] if rows else []
    lines.append(f"{count_text(len(outcome.images), 'image')}: {shown}")
    if outlook.moved:
        lines.append(f"{sent}, {traffic.mounted} mounted")
    return "\n".join([*lines, *([f"recorded as {record}"] if record else [])])


def _to_send(outlook: Outlook) -> tuple[int, int]:
    if outlook.prepared is None:
        return 0, 0
    return outlook.prepared.standing.missing_size, len(outlook.prepared.standing.missing)


def _moved_json(one: Moved) -> dict[str, Any]:
    return {
        "origin": str(one.request.origin.reference),
        "was": str(one.was) if one.was else None,
        "now": str(one.now) if one.now else None,
    }


def _moved_lines(moved: Iterable[Moved]) -> list[str]:
    rows = [
        (one.request.component, one.request.origin.reference.familiar, *map(_short, _digests(one)))
        for one in moved
    ]
    return [table(("COMPONENT", "IMAGE", "WAS", "IS"), rows), ""] if rows else []


def _digests(one: Moved) -> tuple[Digest | None, Digest | None]:
    return one.was, one.now


def _short(digest: Digest | None) -> str:
    return digest.short if digest else "-"
