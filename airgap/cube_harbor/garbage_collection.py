"""When Harbor collects garbage, which deletes blobs that no manifest names for two hours."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cube_harbor.api import API, ApiCall
from cube_harbor.fields import Fields, read_list

if TYPE_CHECKING:
    from cube_harbor.api import HarborApi

_UNFINISHED = {"Pending", "Running", "Scheduled"}


@dataclass(frozen=True)
class GarbageCollection:
    """Whether it runs now, and when it will; `schedule` (cron, six fields) is empty for never.

    `next_at` is a time in ISO 8601, or empty when Harbor does not tell.
    """

    is_running: bool
    schedule: str = ""
    next_at: str = ""


def read_garbage_collection(api: HarborApi) -> GarbageCollection | None:
    """None where the login may not know, as only administrators may. Raises AirgapError."""
    latest = api.ask(ApiCall(f"{API}/system/gc?page=1&page_size=1"))
    planned = api.ask(ApiCall(f"{API}/system/gc/schedule"))
    if {latest.status, planned.status} & {401, 403}:
        return None
    for reply in (latest, planned):
        if reply.status != 200:
            raise api.refusal(reply, "say when it collects garbage")
    runs = read_list(latest.body, "garbage collection")
    # Without a schedule the body is empty.
    plan = Fields(planned.body or {}, "the schedule of garbage collection").inner("schedule")
    return GarbageCollection(
        any(one.text("job_status") in _UNFINISHED for one in runs),
        plan.text("cron"),
        plan.text("next_scheduled_time") if plan.text("cron") else "",
    )
