"""Uploading one blob: a session is opened and filled, in one request or in chunks, and closed.

Distribution spec, "Pushing a blob in chunks" and "Pushing a blob monolithically". An upload that
broke cannot be gone on with: before distribution 3 the registry keeps what came, and no client can
learn how much it is (distribution#3755). So a blob is the unit that is tried again.
"""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

from cube_airgap.errors import AirgapError, NetworkError
from cube_airgap.registry.blob_part import BlobPart
from cube_airgap.registry.endpoint import Call
from cube_airgap.registry.faults import TemporaryFault
from cube_airgap.registry.push_refusals import TooLargeError, UploadLostError, push_refusal
from cube_airgap.registry.retries import Attempts

if TYPE_CHECKING:
    from collections.abc import Callable

    from cube_airgap.descriptor import Descriptor
    from cube_airgap.image_source import BlobSource
    from cube_airgap.registry.answer import Answer
    from cube_airgap.registry.authorization import Scopes
    from cube_airgap.registry.endpoint import Endpoint
    from cube_airgap.registry.retries import Retries
    from cube_airgap.registry.upload_sizing import UploadSizing

# A send may wait for a registry that flushes its disk, and the last answer for one that copies the
# blob within its object store. Harbor's own proxy waits just as long (900 s).
_TIMEOUT = (60.0, 900.0)
_SMALL_ANSWER = 64 << 10
# So many broken connections in a row, and a proxy that cuts large requests is thought of.
_BREAKS_BEFORE_CHUNKS = 2
# Below what proxies usually let through, and enough to fill a link's pipe.
_MEASURED = 1_000_000
_TIME_LIMITS = {408, 504, 524}


@dataclass(frozen=True)
class UploadPlace:
    """Where blobs go: a repository's uploads at `endpoint`, and what its requests need."""

    endpoint: Endpoint
    name: str
    scopes: Scopes
    retries: Retries
    sizing: UploadSizing

    def call(self, rest: str, method: str) -> Call:
        """The call for `rest` of the repository."""
        return Call(f"/v2/{self.name}/{rest}", self.scopes, method)

    def refusal(self, answer: Answer, what: str) -> AirgapError:
        """The error for an answer that does not take `what`."""
        return push_refusal(answer, f"{what} into {self}", self.endpoint.login)

    def opened(self, answer: Answer) -> str:
        """The session that `answer` opens or goes on with, as a path with its query.

        Behind a proxy a registry may name a wrong scheme or host, so both are ours always (harbor
        issues 14893, 14308).
        """
        location = answer.header("Location")
        try:
            parts = urlsplit(urljoin(answer.url, location))
        except ValueError:
            parts = urlsplit("")
        # A path that does not begin with a slash would become part of the host's name.
        if not location or not parts.path.startswith("/"):
            raise NetworkError(
                f"{self.endpoint.host} opens an upload and does not say where",
                remedy="a proxy before the registry may drop the Location header: tell its "
                "operator",
            )
        return f"{parts.path}?{parts.query}" if parts.query else parts.path

    def cancel(self, session: str) -> None:
        """Tell the registry to forget `session`; whether it does is of no consequence."""
        with suppress(AirgapError, TemporaryFault):
            drained(self.endpoint.send(Call(session, self.scopes, "DELETE")))

    def __str__(self) -> str:
        return f"{self.endpoint.host}/{self.name}"


def upload_blob(
    place: UploadPlace,
    blob: Descriptor,
    source: BlobSource,
    told: Callable[[int], None],
    session: str = "",
) -> None:
    """Send `blob` from `source` into an upload `session` that is open, or into new ones.

    `told` hears how many of its bytes are on their way; less than before when it begins anew. What
    is temporary is tried again. Raises AirgapError; IntegrityError for a damaged blob.
    """
    _Upload(place, blob, source, told).run(session)


class _Upload:
    def __init__(
        self,
        place: UploadPlace,
        blob: Descriptor,
        source: BlobSource,
        told: Callable[[int], None],
    ) -> None:
        self._place = place
        self._blob = blob
        self._whole = BlobPart(source, blob, told)
        self._told = told
        self._session = ""
        self._breaks = 0

    def run(self, session: str) -> None:
        attempts = Attempts(self._place.retries)
        self._session = session
        while True:
            limit = self._place.sizing.limit
            try:
                if self._sent(limit, attempts):
                    return
            except AirgapError:
                self._told(0)
                self._cancel()
                raise
            self._cancel()

    def _sent(self, limit: int | None, attempts: Attempts) -> bool:
        """Try once, and tell whether the blob is there; otherwise another try makes sense."""
        try:
            self._send(limit)
        except TooLargeError:
            if not self._place.sizing.shrink(limit or self._blob.size):
                raise
            return False
        except UploadLostError as error:
            attempts.failed(TemporaryFault(error))
        except TemporaryFault as fault:
            self._learn(fault, limit)
            attempts.failed(fault)
        else:
            return True
        return self._is_there()

    def _is_there(self) -> bool:
        """Whether only the answer was lost, as when a proxy's time was up before the registry's."""
        call = self._place.call(f"blobs/{self._blob.digest}", "HEAD")
        try:
            with self._place.endpoint.send(call) as answer:
                drained(answer)
        except TemporaryFault:
            return False
        if answer.status == 200:
            self._told(self._blob.size)
        return answer.status == 200

    def _cancel(self) -> None:
        """Free what the registry keeps of the session, as far as it lets us."""
        if self._session:
            self._place.cancel(self._session)
        self._session = ""

    def _learn(self, fault: TemporaryFault, limit: int | None) -> None:
        """Smaller requests pass a proxy that limits their time, or that just hangs up."""
        self._breaks += fault.status is None and not fault.unreached
        is_cut = limit is None and self._breaks >= _BREAKS_BEFORE_CHUNKS
        if fault.status in _TIME_LIMITS or is_cut:
            self._place.sizing.shrink(limit or self._blob.size)

    def _send(self, limit: int | None) -> None:
        if not self._session:
            self._open()
        if limit is None or self._blob.size <= limit:
            self._close(self._whole)
            return
        left = self._whole
        while len(left):
            part = left.first(limit)
            self._append(part)
            left = left.rest(part)
        # Harbor takes a last request's size for the blob's, so that one has to be empty.
        self._close(None)

    def _open(self) -> None:
        with self._place.endpoint.send(self._place.call("blobs/uploads/", "POST")) as answer:
            if answer.status != 202:
                raise self._refusal(answer)
            drained(answer)
            self._session = self._place.opened(answer)

    def _append(self, part: BlobPart) -> None:
        headers = {
            "Content-Type": "application/octet-stream",
            "Content-Range": f"{part.start}-{part.end - 1}",
        }
        call = Call(self._session, self._place.scopes, "PATCH", headers, part, _TIMEOUT)
        with self._place.endpoint.send(call) as answer:
            if answer.status not in {202, 204}:
                raise self._refusal(answer)
            drained(answer)
            self._session = self._place.opened(answer)

    def _close(self, body: BlobPart | None) -> None:
        joint = "&" if "?" in self._session else "?"
        call = Call(
            f"{self._session}{joint}digest={self._blob.digest}",
            self._place.scopes,
            "PUT",
            {"Content-Type": "application/octet-stream"},
            body if body else b"",
            _TIMEOUT,
        )
        with self._place.endpoint.send(call) as answer:
            if answer.status not in {201, 204}:
                raise self._refusal(answer)
            drained(answer)

    def _refusal(self, answer: Answer) -> AirgapError:
        return self._place.refusal(answer, f"blob {self._blob.digest}")


def upload_rate(place: UploadPlace) -> float:
    """Bytes a second into an upload that is cancelled then, so that nothing is kept.

    Raises AirgapError, TemporaryFault.
    """
    with place.endpoint.send(place.call("blobs/uploads/", "POST")) as answer:
        if answer.status != 202:
            raise place.refusal(answer, "a measurement")
        drained(answer)
        session = place.opened(answer)
    headers = {"Content-Type": "application/octet-stream", "Content-Range": f"0-{_MEASURED - 1}"}
    call = Call(session, place.scopes, "PATCH", headers, bytes(_MEASURED), _TIMEOUT)
    began = time.monotonic()
    with place.endpoint.send(call) as answer:
        drained(answer)
        seconds = time.monotonic() - began
        if answer.status in {202, 204}:
            session = place.opened(answer)
    place.cancel(session)
    return _MEASURED / max(seconds, 1e-6)


def drained(answer: Answer) -> Answer:
    """The answer with its body read, so that its connection can be used again.

    Raises TemporaryFault.
    """
    answer.read(_SMALL_ANSWER)
    return answer
