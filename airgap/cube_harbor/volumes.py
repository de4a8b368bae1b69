"""The disk that Harbor keeps its data on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cube_harbor.api import API, ApiCall
from cube_harbor.fields import Fields

if TYPE_CHECKING:
    from cube_harbor.api import HarborApi


def free_space(api: HarborApi) -> int | None:
    """The free bytes, or None: only administrators may know, and Harbor itself may not.

    It looks at a directory of its container, so the number means nothing for object storage, nor
    where the registry runs elsewhere. Raises AirgapError.
    """
    reply = api.ask(ApiCall(f"{API}/systeminfo/volumes"))
    if reply.status in {401, 403}:
        return None
    if reply.status != 200:
        raise api.refusal(reply, "tell its free space")
    volumes = Fields(reply.body, "its volumes").objects("storage")
    known = [one.number("free") for one in volumes if one.number("total")]
    return min(known) if known else None
