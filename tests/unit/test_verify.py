"""What is in order; tests/unit/test_hostile_bundles.py has all that is not."""

from __future__ import annotations

import io

from cube_airgap.bundle import Bundle
from cube_airgap.progress import Silent
from cube_airgap.verify import verify
from tests.support.bundle_factory import tiny_bundle
from tests.support.image_factory import artifact, attested, image, layer, multi_arch


class Counted(Silent):
    """Adds up what it is told."""

    def __init__(self) -> None:
        self.total = self.expected = self.done = self.items = self.closed = 0

    def start(self, total_bytes: int, done_bytes: int, total_items: int) -> None:
        self.total = total_bytes + done_bytes
        self.expected = total_items

    def advance(self, count: int) -> None:
        self.done += count

    def item_done(self, name: str) -> None:
        self.items += bool(name)

    def close(self) -> None:
        self.closed += 1


def test_images_of_every_kind_are_in_order() -> None:
    tiny = tiny_bundle(
        {
            "docker.io/library/docker:1": image(docker=True),
            "docker.io/library/list:1": multi_arch("linux/amd64", "linux/arm64", docker=True),
            "quay.io/attested:1": attested(image([layer({"a": b"1"}, "zstd")])),
            "quay.io/artifact:1": artifact(),
            "quay.io/empty:1": image([layer({}), layer({}, "none")]),
        }
    )

    assert verify(Bundle.stream(io.BytesIO(tiny.encode())), Silent()) == ()


def test_progress_is_told_of_every_member_and_of_the_end() -> None:
    tiny = tiny_bundle({"quay.io/a:1": image()})
    progress = Counted()

    verify(Bundle.stream(io.BytesIO(tiny.encode())), progress)

    assert progress.items == progress.expected == len(tiny.members)
    assert progress.done == sum(len(one.data) for one in tiny.members) == progress.total
    assert progress.closed == 1
