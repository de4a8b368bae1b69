"""Which blobs of a bundle were found to have their digest, and which were found not to."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from cube_airgap.errors import IntegrityError

if TYPE_CHECKING:
    from collections.abc import Generator

    from cube_airgap.descriptor import Descriptor
    from cube_airgap.digest import Digest


class Proofs:
    """What is known of each blob; safe for threads.

    Clients check digests themselves. That the first whole transfer of a blob is checked here too
    costs little, and the side that has the bundle learns that it is damaged.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._taken: set[Digest] = set()
        self._damaged: set[Digest] = set()

    def check(self, digest: Digest) -> None:
        """Raise IntegrityError for a blob that is known to be damaged."""
        if digest in self._damaged:
            raise _damage(digest)

    def proven(
        self, blob: Descriptor, pieces: Generator[bytes, None, None]
    ) -> Generator[bytes, None, None]:
        """`pieces`, which are the whole of `blob`; the last only if their digest is right.

        Raises IntegrityError instead of giving the last piece. Only one reader of a blob at a time
        checks it, and none after one has found it right.
        """
        if not self._take(blob.digest):
            yield from pieces
            return
        is_right = False
        try:
            held = b""
            hasher = blob.digest.hasher()
            for piece in pieces:
                hasher.update(piece)
                if held:
                    yield held
                held = piece
            is_right = hasher.hexdigest() == blob.digest.hex
            if not is_right:
                self._damaged.add(blob.digest)
                raise _damage(blob.digest)
            yield held
        finally:
            pieces.close()
            if not is_right:
                self._give_back(blob.digest)

    def _take(self, digest: Digest) -> bool:
        with self._lock:
            free = digest not in self._taken
            self._taken.add(digest)
            return free

    def _give_back(self, digest: Digest) -> None:
        with self._lock:
            self._taken.discard(digest)


def _damage(digest: Digest) -> IntegrityError:
    return IntegrityError(
        f"blob {digest} is damaged in the bundle",
        remedy="verify the bundle, then carry it (or the damaged volume) again",
    )
