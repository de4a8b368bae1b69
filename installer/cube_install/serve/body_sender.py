"""Sends a blob to a client no faster than it reads, in bounded memory for all clients together."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING

from cube_airgap.catalogue import Encoding
from cube_install.serve.blob_pieces import blob_pieces

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Generator
    from concurrent.futures import Executor

    from cube_airgap.bundle import Bundle
    from cube_install.serve.exchange import BlobPart
    from cube_install.serve.proofs import Proofs

STALL_SECONDS = 300
"""A client that takes no piece for so long is gone, or might as well be."""
# Each of these has two pieces in memory at most: together less than 100 MB.
_STORED_AT_ONCE = 48
_COMPRESSED_AT_ONCE = 6


class BodySender:
    """Sends blobs of `bundle`; reading, decoding and hashing happen in the threads of `readers`."""

    def __init__(self, bundle: Bundle, proofs: Proofs, readers: Executor) -> None:
        self._bundle = bundle
        self._proofs = proofs
        self._readers = readers
        self._stored = asyncio.Semaphore(_STORED_AT_ONCE)
        self._compressed = asyncio.Semaphore(_COMPRESSED_AT_ONCE)

    async def send(self, part: BlobPart, write: Callable[[bytes], Awaitable[None]]) -> None:
        """Give `part` to `write`, piece by piece.

        Raises AirgapError where the bundle is damaged, TimeoutError where the client stalls, and
        what `write` raises.
        """
        is_stored = part.blob.encoding is Encoding.STORED
        turn = self._stored if is_stored else self._compressed
        pieces = self._pieces(part)
        try:
            while await self._send_one(pieces, write, turn):
                pass
        finally:
            with suppress(ValueError):  # when all is stopped, a thread may just be reading
                pieces.close()

    async def _send_one(
        self,
        pieces: Generator[bytes, None, None],
        write: Callable[[bytes], Awaitable[None]],
        turn: asyncio.Semaphore,
    ) -> bool:
        """Read and send the next piece; whether there was one."""
        loop = asyncio.get_running_loop()
        async with turn:
            piece = await loop.run_in_executor(self._readers, next, pieces, None)
            if piece is None:
                return False
            async with asyncio.timeout(STALL_SECONDS):
                await write(piece)
            return True

    def _pieces(self, part: BlobPart) -> Generator[bytes, None, None]:
        pieces = blob_pieces(self._bundle, part)
        if not part.is_whole:
            return pieces
        return self._proofs.proven(part.blob.descriptor, pieces)
