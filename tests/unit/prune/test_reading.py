"""Reading records, of which any may be of images that are needed."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from cube_airgap.progress import Silent
from cube_airgap.registry.access import Patience, RegistryAccess
from cube_airgap.registry.registries import Registries
from cube_install.prune.reading import Reading
from tests.support.real_registry import free_port

if TYPE_CHECKING:
    from cube_airgap.errors import AirgapError
    from cube_harbor.api import HarborApi


def test_records_that_cannot_be_listed_are_told_with_their_place() -> None:
    told: list[str] = []

    def unreadable(place: str, error: AirgapError) -> None:
        told.append(f"{place}: {type(error).__name__}")

    harbor = cast("HarborApi", None)  # records are read as any image is
    with Registries(RegistryAccess(patience=Patience(tries=1))) as registries:
        destination = registries.destination(f"127.0.0.1:{free_port()}")
        reading = Reading(destination, harbor, 2, unreadable)
        found = reading.read(["p/cube-airgap/record", "q/sub/cube-airgap/sync"], Silent())

    assert sorted(told) == ["p: NetworkError", "q/sub: NetworkError"]
    assert [one for sets in found.values() for one in sets] == []
