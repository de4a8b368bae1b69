"""What a free thread does next: which blob goes where, and when an image's manifests can go out."""

from __future__ import annotations

import threading
from collections import defaultdict, deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from collections.abc import Set as AbstractSet

    from cube_airgap.descriptor import Descriptor
    from cube_airgap.digest import Digest
    from cube_airgap.errors import AirgapError
    from cube_push.plan import ImagePush
    from cube_push.standing import Standing


@dataclass(frozen=True)
class Delivery:
    """A blob that `repository` has to get; it is mounted from `holder` where there is one."""

    repository: str
    blob: Descriptor
    holder: str | None = None

    @property
    def key(self) -> tuple[str, Digest]:
        """What is delivered where."""
        return self.repository, self.blob.digest


class Schedule:
    """Gives out deliveries image by image, and an image as soon as all of its blobs are there.

    A blob that is on its way to one repository is not sent to a second one: what else needs it
    waits, and is mounted. Safe to use from several threads.
    """

    def __init__(
        self,
        images: Iterable[ImagePush],
        standing: Standing,
        arriving: AbstractSet[Digest] | None = None,
    ) -> None:
        """`images` are those that have to be pushed, in that order.

        Where blobs are `arriving`, those are sent when they do, and only mounted from here.
        """
        self._arriving = arriving or frozenset()
        self._changed = threading.Condition()
        self._holders = {digest: sorted(names) for digest, names in standing.holders.items()}
        self._needing: dict[tuple[str, Digest], list[ImagePush]] = defaultdict(list)
        self._lacking: dict[ImagePush, set[tuple[str, Digest]]] = {}
        self._waiting: deque[Delivery] = deque()
        self._parked: dict[Digest, list[Delivery]] = defaultdict(list)
        self._ready: deque[ImagePush] = deque()
        self._running = 0
        self._failed: dict[ImagePush, AirgapError] = {}
        self._pushed: set[ImagePush] = set()
        self._stopped: AirgapError | None = None
        for image in images:
            self._add(image)
        if arriving is not None:
            self._running = 1  # what arrives may bring work until it ends

    def _add(self, image: ImagePush) -> None:
        lacking = set()
        for blob in image.blobs:
            if image.repository in self._holders.get(blob.digest, ()):
                continue
            delivery = Delivery(image.repository, blob)
            if delivery.key not in self._needing:
                self._wait_for(delivery)
            self._needing[delivery.key].append(image)
            lacking.add(delivery.key)
        self._lacking[image] = lacking
        if not lacking:
            self._ready.append(image)

    def _wait_for(self, delivery: Delivery) -> None:
        digest = delivery.blob.digest
        if digest in self._arriving and not self._holders.get(digest):
            self._parked[digest].append(delivery)
        else:
            self._waiting.append(delivery)

    def arrived(self, digest: Digest) -> Delivery | None:
        """The first place where a blob that is at hand now has to go; None where nowhere."""
        with self._changed:
            parked = self._parked.get(digest, [])
            while parked:
                delivery = parked.pop(0)
                if not self._is_in_vain(delivery):
                    self._running += 1
                    return delivery
            return None

    def arrivals_ended(self) -> None:
        """Nothing arrives any more: what has not come by now is not pushed."""
        with self._changed:
            self._done()

    def _is_in_vain(self, delivery: Delivery) -> bool:
        return all(image in self._failed for image in self._needing[delivery.key])

    def take(self) -> Delivery | ImagePush | None:
        """The next thing to do; None when there is nothing left. Waits while that is not known."""
        with self._changed:
            while True:
                if self._stopped:
                    return None
                work = self._next()
                if work is not None:
                    self._running += 1
                    return work
                if not self._running:
                    self._changed.notify_all()
                    return None
                self._changed.wait()

    def _next(self) -> Delivery | ImagePush | None:
        if self._ready:
            return self._ready.popleft()
        while self._waiting:
            delivery = self._waiting.popleft()
            digest = delivery.blob.digest
            if self._is_in_vain(delivery):
                continue
            holders = self._holders.get(digest)
            if holders:
                return Delivery(delivery.repository, delivery.blob, holders[0])
            if digest in self._parked:
                self._parked[digest].append(delivery)
            else:
                self._parked[digest] = []
                return delivery
        return None

    def delivered(self, delivery: Delivery) -> None:
        """The blob is there."""
        with self._changed:
            self._holders.setdefault(delivery.blob.digest, []).append(delivery.repository)
            for image in self._needing[delivery.key]:
                lacking = self._lacking[image]
                lacking.discard(delivery.key)
                if not lacking and image not in self._failed:
                    self._ready.append(image)
            self._settle(delivery)

    def undelivered(self, delivery: Delivery, error: AirgapError, *, everywhere: bool) -> None:
        """The blob cannot be had there, or `everywhere` not; the images that need it fail."""
        with self._changed:
            for key, images in self._needing.items():
                if key == delivery.key or (everywhere and key[1] == delivery.blob.digest):
                    for image in images:
                        self._failed.setdefault(image, error)
            self._settle(delivery)

    def _settle(self, delivery: Delivery) -> None:
        """Go on with what waited for this blob, before all else."""
        self._waiting.extendleft(reversed(self._parked.pop(delivery.blob.digest, [])))
        self._done()

    def _done(self) -> None:
        self._running -= 1
        self._changed.notify_all()

    def finished(self, image: ImagePush) -> None:
        """An image that was taken is there."""
        with self._changed:
            self._pushed.add(image)
            self._done()

    def failed(self, image: ImagePush, error: AirgapError) -> None:
        """An image that was taken cannot be pushed."""
        with self._changed:
            self._failed[image] = error
            self._done()

    def stop(self, error: AirgapError) -> None:
        """Nothing more can be done, for this reason; the first one counts."""
        with self._changed:
            self._stopped = self._stopped or error
            self._done()

    @property
    def stopped(self) -> AirgapError | None:
        """Why nothing more could be done, if so."""
        return self._stopped

    @property
    def pushed(self) -> frozenset[ImagePush]:
        """The images that are there now."""
        return frozenset(self._pushed)

    @property
    def failures(self) -> dict[ImagePush, AirgapError]:
        """The images that failed by themselves."""
        return dict(self._failed)
