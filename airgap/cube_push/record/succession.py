"""Which of two bundles is newer: what a bundle says that it follows is kept in its record."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cube_airgap.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cube_airgap.catalogue import Catalogue
    from cube_push.record.record import Record, Records


def check_not_older(catalogue: Catalogue, records: Records) -> None:
    """Raise UsageError where a bundle is installed that takes the place of `catalogue`'s.

    Raises AirgapError too where the records cannot be read.
    """
    newer = newer_than(catalogue, records.history(lambda _: None))
    if newer:
        raise UsageError(
            f"bundle {catalogue.digest} is older than {newer.installed.bundle}, which is installed "
            f"here as {newer.tag} and takes its place: its tags would go back",
            remedy="if the newest images are wanted, nothing has to be done; to go back all the "
            "same, give --allow-older",
        )


def newer_than(catalogue: Catalogue, history: Sequence[Record]) -> Record | None:
    """The last record of a bundle that follows that of `catalogue`, if it was installed since.

    Whoever went back on purpose, by pushing an older one later, may go on from there.
    """
    for record in reversed(history):
        if record.installed.bundle == catalogue.digest:
            return None
        if catalogue.digest in record.installed.follows:
            return record
    return None
