"""Progress by images: an image is done when the last of its blobs is."""

from __future__ import annotations

from cube_airgap.digest import Digest
from cube_airgap.progress import Silent
from cube_bundle.image_progress import ImageProgress


class Recorder(Silent):
    """Keeps what it was told."""

    def __init__(self) -> None:
        self.items = 0
        self.done: list[str] = []

    def start(self, total_bytes: int, done_bytes: int, total_items: int) -> None:  # noqa: ARG002
        self.items = total_items

    def item_done(self, name: str) -> None:
        self.done.append(name)


BASE, TOP = Digest.of(b"base"), Digest.of(b"top")


def test_a_shared_blob_finishes_each_image_that_waited_for_it() -> None:
    recorder = Recorder()
    progress = ImageProgress(recorder, {"a": {BASE}, "b": {BASE, TOP}, "c": {BASE}})
    progress.start(10, 0, 2)
    progress.item_done(str(BASE))
    assert (recorder.items, recorder.done) == (3, ["a", "c"])
    progress.item_done(str(TOP))
    assert recorder.done == ["a", "c", "b"]


def test_an_image_without_large_blobs_is_done_at_once() -> None:
    recorder = Recorder()
    ImageProgress(recorder, {"tiny": frozenset()}).start(0, 0, 0)
    assert recorder.done == ["tiny"]
