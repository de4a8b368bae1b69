"""Recording a push in the registry that it went to."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from cube_push.outcome import State
from cube_push.record.record import Installed

if TYPE_CHECKING:
    from cube_airgap.catalogue import Catalogue
    from cube_push.outcome import Outcome
    from cube_push.record.record import Records


def keep_record(
    outcome: Outcome, catalogue: Catalogue, relocation: bytes, records: Records
) -> str | None:
    """Record what of a bundle is in the registry now, and return the tag of the record.

    None where there is nothing to record: no image is there, the push was stopped by something
    that would stop this too, or the newest record says the same. Raises AirgapError.
    """
    there = [*outcome.of_state(State.PUSHED), *outcome.of_state(State.THERE)]
    if outcome.stopped or not there:
        return None
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    installed = Installed(catalogue.digest, now, len(there), len(outcome.images), catalogue.follows)
    return records.add(installed, relocation, catalogue.raw)
