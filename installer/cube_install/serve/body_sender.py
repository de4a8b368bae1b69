"""Sends blobs to clients as fast as each reads, in bounded memory for all of them together."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING

from cube_airgap.catalogue import Encoding
from cube_install.serve.blob_pieces import stored_pieces

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Generator
    from concurrent.futures import Executor

    from cube_airgap.bundle import Bundle
    from cube_install.serve.exchange import BlobPart
    from cube_install.serve.proofs import Proofs

    Write = Callable[[bytes], Awaitable[None]]

STALL_SECONDS = 300
"""A client that takes no piece for so long is gone, or might as well be."""
_LARGEST_PIECE, _SMALLEST_PIECE = 512 << 10, 64 << 10
_PIECES_TOGETHER = 32 << 20
_DECODED_AT_ONCE = 3
_GRACE_SECONDS = 0.25


class BodySender:
    """Sends blobs of `bundle`; reading, decoding and hashing happen in the threads of `readers`.

    Each client has one small piece in memory, the smaller the more clients there are. Whoever gets
    a compressed blob has a decoded frame too, but only for as long as the client goes on reading:
    few of them fit into memory, and no client may keep another one waiting.
    """

    def __init__(self, bundle: Bundle, proofs: Proofs, readers: Executor) -> None:
        self._bundle = bundle
        self._proofs = proofs
        self._readers = readers
        self._decoding = asyncio.Semaphore(_DECODED_AT_ONCE)
        self._clients = 0

    async def send(self, part: BlobPart, write: Write) -> None:
        """Give `part` to `write`, piece by piece.

        Raises AirgapError where the bundle is damaged, TimeoutError where the client stalls, and
        what `write` raises.
        """
        self._clients += 1
        try:
            if part.blob.encoding is Encoding.STORED:
                await self._send_stored(part, write)
            else:
                position = part.start
                while position < part.stop:
                    position = await self._send_decoded(part, position, write)
        finally:
            self._clients -= 1

    def _piece_size(self) -> int:
        size = _LARGEST_PIECE
        while size > _SMALLEST_PIECE and size * self._clients > _PIECES_TOGETHER:
            size //= 2
        return size

    async def _send_stored(self, part: BlobPart, write: Write) -> None:
        pieces = stored_pieces(self._bundle, part, self._piece_size)
        if part.is_whole:
            pieces = self._proofs.proven(part.blob.descriptor, pieces)
        try:
            while (piece := await self._next(pieces)) is not None:
                async with asyncio.timeout(STALL_SECONDS):
                    await write(piece)
        finally:
            with suppress(ValueError):  # when all is stopped, a thread may just be reading
                pieces.close()

    async def _send_decoded(self, part: BlobPart, position: int, write: Write) -> int:
        """Send what one frame holds from `position` on, or less of it to a slow client.

        Returns where to go on. A frame ends in a checksum, by which damage is noticed; what was
        changed on purpose is noticed by the client, which checks the digest.
        """
        async with self._decoding:
            pieces = self._bundle.read_blob(part.blob.descriptor, position, part.stop)
            content = await self._next(pieces)
            pieces.close()
            for piece in _cut(content or b"", self._piece_size()):
                position += len(piece)
                writing = asyncio.ensure_future(write(piece))
                done, _ = await asyncio.wait({writing}, timeout=_GRACE_SECONDS)
                if not done:
                    break
                await writing
            else:
                return position
            del content, piece
        async with asyncio.timeout(STALL_SECONDS):
            await writing
        return position

    async def _next(self, pieces: Generator[bytes, None, None]) -> bytes | None:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._readers, next, pieces, None)


def _cut(content: bytes, size: int) -> Generator[bytes, None, None]:
    """Copies, which do not keep all of `content` in memory."""
    for start in range(0, len(content), size):
        yield content[start : start + size]
