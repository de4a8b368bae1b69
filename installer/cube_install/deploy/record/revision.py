"""One entry of a cluster's record: a bundle that was deployed, or is being deployed."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from cube_airgap.digest import Digest
from cube_airgap.errors import IntegrityError
from cube_install.deploy.record.stack_form import key_to_json
from cube_install.kubernetes.object_key import ObjectKey

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


class State(StrEnum):
    """How far a revision came."""

    APPLYING = "applying"  # at work now, or killed
    DONE = "done"
    FAILED = "failed"
    REMOVED = "removed"  # by an uninstallation, but for what that kept


@dataclass(frozen=True)
class Revision:
    """A revision without its stack, which lies in `chunks` parts whose whole is `content`.

    `leftovers` are objects of earlier revisions that may be there still. `told` says why it failed.
    """

    number: int
    bundle: Digest
    platform: str
    content: Digest
    chunks: int
    began: str
    state: State = State.APPLYING
    told: str = ""
    leftovers: tuple[ObjectKey, ...] = ()

    @property
    def is_whole(self) -> bool:
        """Whether all of it was applied, and came up."""
        return self.state is State.DONE


def encode_revisions(revisions: Iterable[Revision]) -> str:
    """The form in the record, oldest first."""
    return json.dumps([_to_json(one) for one in revisions], indent=1)


def decode_revisions(raw: str) -> tuple[Revision, ...]:
    """The revisions of a record, oldest first. Raises IntegrityError."""
    try:
        return tuple(_of(one) for one in json.loads(raw))
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise IntegrityError(
            "the record of deployments in the cluster is not one that this program wrote",
            remedy="delete ConfigMap cube-airgap/record and deploy again; nothing that runs is "
            "touched by that",
        ) from error


def kept(revisions: Sequence[Revision], count: int) -> tuple[Revision, ...]:
    """The newest `count`, and the newest that is whole, which one may have to go back to."""
    newest = revisions[-count:]
    whole = [one for one in revisions if one.is_whole][-1:]
    return tuple(one for one in revisions if one in newest or one in whole)


def _to_json(one: Revision) -> dict[str, Any]:
    return {
        "number": one.number,
        "bundle": str(one.bundle),
        "platform": one.platform,
        "content": str(one.content),
        "chunks": one.chunks,
        "began": one.began,
        "state": one.state,
        "told": one.told,
        "leftovers": [key_to_json(key) for key in one.leftovers],
    }


def _of(told: dict[str, Any]) -> Revision:
    if not _TIME.fullmatch(told["began"]):
        raise ValueError(told["began"])
    return Revision(
        int(told["number"]),
        Digest.parse(told["bundle"]),
        str(told["platform"]),
        Digest.parse(told["content"]),
        int(told["chunks"]),
        told["began"],
        State(told["state"]),
        str(told["told"]),
        tuple(ObjectKey(*key) for key in told["leftovers"]),
    )
