"""Progress by images: an image is done when the last of its blobs is."""

from __future__ import annotations

import threading
from collections import defaultdict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from collections.abc import Set as AbstractSet

    from cube_airgap.digest import Digest
    from cube_airgap.progress import Progress


class ImageProgress:
    """Told of blobs by a build, it tells `inner` of images; `needs` has each image's large blobs.

    An image that shares all its blobs with others, or has none that is large, counts like any.
    """

    def __init__(self, inner: Progress, needs: Mapping[str, AbstractSet[Digest]]) -> None:
        self._inner = inner
        self._lock = threading.Lock()
        self._missing = {name: {str(one) for one in digests} for name, digests in needs.items()}
        self._users: dict[str, list[str]] = defaultdict(list)
        for name, digests in self._missing.items():
            for digest in digests:
                self._users[digest].append(name)

    def start(self, total_bytes: int, done_bytes: int, total_items: int) -> None:  # noqa: ARG002
        """The build counts blobs; images are counted here."""
        self._inner.start(total_bytes, done_bytes, len(self._missing))
        for name, missing in self._missing.items():
            if not missing:
                self._inner.item_done(name)

    def advance(self, count: int) -> None:
        """See cube_airgap.progress.Progress."""
        self._inner.advance(count)

    def item_done(self, name: str) -> None:
        """The blob of that digest is done."""
        with self._lock:
            for image in self._users.pop(name, ()):
                self._missing[image].discard(name)
                if not self._missing[image]:
                    self._inner.item_done(image)

    def note(self, text: str) -> None:
        """See cube_airgap.progress.Progress."""
        self._inner.note(text)

    def close(self) -> None:
        """See cube_airgap.progress.Progress."""
        self._inner.close()
