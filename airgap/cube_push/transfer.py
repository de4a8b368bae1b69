"""Carrying out a push: threads that take what the schedule gives out, and sort what goes wrong."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from cube_airgap.errors import (
    AirgapError,
    AuthenticationError,
    IntegrityError,
    MissingError,
    NetworkError,
    SpaceError,
)
from cube_airgap.registry.answer import UnexpectedAnswerError
from cube_airgap.registry.push_refusals import BlobUnknownError
from cube_push.outcome import Traffic
from cube_push.publication import publish
from cube_push.schedule import Delivery

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from cube_airgap.descriptor import Descriptor
    from cube_airgap.progress import Progress
    from cube_airgap.registry.destination import Destination
    from cube_airgap.registry.push_repository import PushRepository
    from cube_push.content import Content
    from cube_push.narrowing import ManifestTree
    from cube_push.plan import ImagePush
    from cube_push.schedule import Schedule


class Transfer:
    """Brings blobs and manifests of `content` to `destination`; run() is for several threads.

    `trees` says for each image whether all of it or its narrowed form is put; one that is refused
    whole is narrowed where it can be, and `trees` then says so.
    """

    def __init__(
        self,
        content: Content,
        destination: Destination,
        schedule: Schedule,
        trees: Mapping[ImagePush, ManifestTree],
        progress: Progress,
    ) -> None:
        self._content = content
        self._destination = destination
        self._schedule = schedule
        self._progress = progress
        self._lock = threading.Lock()
        self.trees = dict(trees)
        self.traffic = Traffic()

    def run(self) -> None:
        """Work until nothing is left, or nothing more can be done."""
        while (work := self._schedule.take()) is not None:
            if isinstance(work, Delivery):
                self.deliver(work)
            else:
                self._publish(work)

    def deliver(self, delivery: Delivery) -> None:
        """Bring one blob where it has to go, and tell the schedule how that went."""
        try:
            self._bring(delivery)
        except AirgapError as error:
            if _concerns_all(error):
                self._schedule.stop(error)
            else:
                is_damage = isinstance(error, IntegrityError)
                self._schedule.undelivered(delivery, error, everywhere=is_damage)
        else:
            self._schedule.delivered(delivery)

    def _bring(self, delivery: Delivery) -> None:
        repository = self._destination.repository(delivery.repository)
        blob, session = delivery.blob, ""
        if delivery.holder is not None:
            holder = self._destination.repository(delivery.holder)
            found = repository.mount(blob.digest, holder)
            if found is None:
                with self._lock:
                    self.traffic.mounted += 1
                return
            session = found
            if not session and repository.has_blob(blob.digest):
                return
        self._upload(repository, blob, session)

    def _upload(self, repository: PushRepository, blob: Descriptor, session: str = "") -> None:
        if not self._content.has(blob.digest):
            raise _not_mounted(blob, repository)
        repository.upload(blob, self._content, self._counting(), session)
        with self._lock:
            self.traffic.blobs += 1
            self.traffic.uploaded += blob.size

    def _counting(self) -> Callable[[int], None]:
        """Counts the bytes of one blob; a position behind the last one takes some back."""
        last = 0

        def told(position: int) -> None:
            nonlocal last
            step, last = position - last, position
            if step:
                self._progress.advance(step)
            if step > 0:
                with self._lock:
                    self.traffic.sent += step

        return told

    def _publish(self, image: ImagePush) -> None:
        repository = self._destination.repository(image.repository)
        try:
            self._put(image, repository)
        except AirgapError as error:
            if _concerns_all(error):
                self._schedule.stop(error)
            else:
                self._schedule.failed(image, error)
        else:
            self._progress.item_done(str(image.origin))
            self._schedule.finished(image)

    def _put(self, image: ImagePush, repository: PushRepository) -> None:
        try:
            publish(image, self.trees[image], repository)
        except BlobUnknownError:
            if image.narrow and self.trees[image] is image.whole:
                self.trees[image] = image.narrow
            else:
                self._bring_again(image, repository)
            publish(image, self.trees[image], repository)

    def _bring_again(self, image: ImagePush, repository: PushRepository) -> None:
        """Storage that is shared by several replicas may forget, or a garbage collection came."""
        for blob in image.blobs:
            if not repository.has_blob(blob.digest):
                self._upload(repository, blob)


def _not_mounted(blob: Descriptor, repository: PushRepository) -> MissingError:
    return MissingError(
        f"{repository} has no blob {blob.digest} and does not take it over from the repository "
        "that has it, and the bundle, a delta, does not carry it",
        remedy="push with a login that may pull from every project of the registry, or push a "
        "whole bundle: `cube-bundle merge OLD DELTA -o WHOLE`",
    )


def _concerns_all(error: AirgapError) -> bool:
    """Whether other images would fare alike, so that trying them makes no sense."""
    is_alike = isinstance(error, AuthenticationError | NetworkError | SpaceError)
    return is_alike and not isinstance(error, UnexpectedAnswerError)
