"""Waiting for objects to be up, and saying meanwhile what they wait for."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cube_airgap.errors import ClusterError, Interrupted, raise_all
from cube_console.amounts import time_text
from cube_install.deploy.body import Body, text
from cube_install.deploy.endpoints import has_endpoints
from cube_install.deploy.readiness import Readiness, Stage, readiness
from cube_install.kubernetes.object_key import ObjectKey

if TYPE_CHECKING:
    import threading
    from collections.abc import Sequence

    from cube_airgap.progress import Progress
    from cube_install.deploy.deadline import Deadline
    from cube_install.deploy.gathering import Inquiry
    from cube_install.deploy.reasons.evidence import Reason
    from cube_install.deploy.sightings import Sightings


@dataclass(frozen=True)
class Pace:
    """In seconds: between two looks, until a word is said of what is waited for, and the next."""

    look: float = 1.0
    first_word: float = 15.0
    next_word: float = 30.0


USUAL_PACE = Pace()


@dataclass(frozen=True)
class Waiting:
    """Waits for objects of one component."""

    inquiry: Inquiry
    progress: Progress
    stop: threading.Event
    pace: Pace

    def until_up(self, name: str, keys: Sequence[ObjectKey], deadline: Deadline) -> None:
        """Return when all of `keys` are up. `name` is the component's.

        Raises ClusterError with the reasons when one failed, or `deadline` is past; AirgapError.
        """
        told: set[tuple[ObjectKey, str]] = set()
        began = time.monotonic()
        word = self.pace.first_word
        pause = self.pace.look / 8
        while True:
            pending = self._pending(keys, began)
            if not pending:
                return
            if deadline.is_past or any(one.stage is Stage.FAILED for one in pending.values()):
                raise_all([self._error(name, deadline, *one) for one in pending.items()])
            if time.monotonic() - began >= word:
                self._tell(name, pending, told)
                word = time.monotonic() - began + self.pace.next_word
            if self.stop.wait(min(pause, deadline.left)):
                raise stopped(name)
            pause = min(pause * 2, self.pace.look)

    def _pending(self, keys: Sequence[ObjectKey], since: float) -> dict[ObjectKey, Readiness]:
        seen = {key: _readiness(key, self.inquiry.sightings, since) for key in keys}
        return {key: one for key, one in seen.items() if one.stage is not Stage.UP}

    def _tell(
        self, name: str, pending: dict[ObjectKey, Readiness], told: set[tuple[ObjectKey, str]]
    ) -> None:
        for key, seen in pending.items():
            reasons = self.inquiry.reasons(key)
            why = "; ".join(one.what for one in reasons)
            if (key, why) not in told:
                told.add((key, why))
                known = f": {why} -- what to do: {reasons[0].remedy}" if reasons else ""
                self.progress.note(f"{name} waits for {key} ({seen.told}){known}")

    def _error(
        self, name: str, deadline: Deadline, key: ObjectKey, seen: Readiness
    ) -> ClusterError:
        return not_up(name, f"{key} is not up after {time_text(deadline.spent)} ({seen.told})",
                      self.inquiry.reasons(key))  # fmt: skip


def not_up(name: str, what: str, reasons: Sequence[Reason]) -> ClusterError:
    """The error about something of component `name`, with what it may be about."""
    why = "".join(f"; {one.what}" for one in reasons)
    remedies = list(dict.fromkeys(one.remedy for one in reasons))
    remedy = "; or ".join(remedies) or "see: kubectl describe"
    return ClusterError(f"{name}: {what}{why}", remedy=f"{remedy}; then deploy again")


def stopped(name: str) -> Interrupted:
    """The end of a component that another one's failure, or the user, brought about."""
    return Interrupted(f"{name}: stopped while it was waited for", remedy="deploy again")


def _readiness(key: ObjectKey, sightings: Sightings, since: float) -> Readiness:
    if key.kind == "Service" and not key.group:
        if has_endpoints(key, sightings):
            return Readiness(Stage.UP)
        return Readiness(Stage.COMING, "no pod that is ready stands behind it")
    body = sightings.find(key, since)
    found = readiness(key, body)
    if body is not None and key.kind == "PersistentVolumeClaim" and found.stage is Stage.COMING:
        return _of_unused_claim(body, sightings) or found
    return found


def _of_unused_claim(claim: Body, sightings: Sightings) -> Readiness | None:
    """Some classes bind a claim when the first pod uses it, and that may be one of a user's."""
    sort = text(claim, "spec", "storageClassName")
    known = sightings.find(ObjectKey("storage.k8s.io", "StorageClass", "", sort)) if sort else None
    if known and text(known, "volumeBindingMode") == "WaitForFirstConsumer":
        return Readiness(Stage.UP, "bound when a pod uses it")
    return None
