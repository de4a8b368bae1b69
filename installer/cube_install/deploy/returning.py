"""Going back to an earlier revision: which one, and what of it cannot be had again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cube_airgap.errors import MissingError
from cube_install.deploy.record.revision import State

if TYPE_CHECKING:
    from cube_install.deploy.record.record import Record
    from cube_install.deploy.record.revision import Revision


def earlier_revision(record: Record, number: int | None) -> Revision:
    """The revision of that number, or the newest before the latest all of which came up.

    Raises MissingError.
    """
    if number is not None:
        return record.revision(number)
    latest = record.latest
    found = [
        one
        for one in record.revisions[:-1]
        if one.is_whole and latest is not None and one.content != latest.content
    ]
    if found:
        return found[-1]
    if latest is None or latest.state is State.REMOVED:
        raise MissingError(
            "nothing is deployed on this cluster", remedy="deploy a bundle: cube-install deploy"
        )
    raise MissingError(
        "the cluster's record has no earlier revision that came up",
        remedy="deploy an older bundle in its place; cube-install status shows the revisions",
    )
