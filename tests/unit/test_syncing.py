"""Where images are after a sync, also one that could not bring all."""

from __future__ import annotations

from cube_airgap.digest import Digest
from cube_airgap.errors import NetworkError
from cube_airgap.progress import Silent
from cube_airgap.reference import Reference
from cube_bundle.syncing import Outlook
from cube_push.outcome import ImageOutcome, State
from cube_push.relocation_record import RelocatedImage


def target(origin: str) -> Reference:
    return Reference.parse(f"h.example/p/{origin}")


def known(*origins: str) -> dict[Reference, RelocatedImage]:
    found = [
        RelocatedImage(Reference.parse(one), target(one), Digest.of(b"1"), Digest.of(b"1"))
        for one in origins
    ]
    return {one.origin: one for one in found}


def failed(origin: str) -> ImageOutcome:
    error = NetworkError("gone", remedy="wait")
    return ImageOutcome(Reference.parse(origin), target(origin), State.FAILED, error=error)


def there(before: dict[Reference, RelocatedImage], *images: ImageOutcome) -> list[str]:
    outlook = Outlook(before, {}, images, (), (), None)
    return sorted(str(one.origin) for one in outlook.in_place(outlook.carry_out(Silent())))


def test_what_could_not_be_brought_now_and_was_before_is_still_there() -> None:
    before = known("quay.io/team/app:1", "quay.io/team/web:1")
    assert there(before, failed("quay.io/team/app:1")) == ["quay.io/team/app:1"]


def test_as_long_as_a_newer_version_could_not_be_brought_the_earlier_one_is_needed() -> None:
    before = known("quay.io/team/app:1", "quay.io/team/web:1")
    assert there(before, failed("quay.io/team/app:2")) == ["quay.io/team/app:1"]
