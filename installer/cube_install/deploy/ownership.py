"""What belongs to whom: pods to the workload that made them, objects to this program."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cube_install.deploy.body import Body, field_managers, labels, parts, text
from cube_install.kubernetes.ownership import CLIENT_SIDE
from cube_install.kubernetes.target import MANAGER

if TYPE_CHECKING:
    from collections.abc import Iterable

MANAGED_BY = "app.kubernetes.io/managed-by"
OUR_LABELS = {MANAGED_BY: MANAGER}


def is_ours(body: Body) -> bool:
    """Whether an object carries our label, and was applied by us: a label alone may be copied."""
    return labels(body).get(MANAGED_BY) == MANAGER and field_managers(body).get(MANAGER) == "Apply"


def other_managers(body: Body) -> set[str]:
    """Who else has written more than the status of an object: people and operators.

    What kubectl made on the client's side is taken over as a whole, and is no news.
    """
    return {
        text(entry, "manager")
        for entry in parts(body, "metadata", "managedFields")
        if text(entry, "subresource") != "status"
    } - {MANAGER, *CLIENT_SIDE}


def owned(bodies: Iterable[Body], owners: Iterable[Body]) -> list[Body]:
    """Those of `bodies` that one of `owners` made."""
    known = {text(one, "metadata", "uid") for one in owners}
    return [
        one
        for one in bodies
        if any(text(ref, "uid") in known for ref in parts(one, "metadata", "ownerReferences"))
    ]
