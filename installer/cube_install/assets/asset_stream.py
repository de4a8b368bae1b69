"""An asset read straight from the bundle, and checked at its end."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from cube_airgap.closure_entries import ASSET_TYPE
from cube_airgap.descriptor import Descriptor
from cube_airgap.errors import IntegrityError

if TYPE_CHECKING:
    from typing_extensions import Buffer

    from cube_airgap.bundle import Bundle
    from cube_airgap.closure_entries import BundledAsset


class AssetStream(io.RawIOBase):
    """The bytes of `asset`, once, from the first to the last.

    The read that comes to the end raises IntegrityError where they are not what the bundle's
    catalogue says; check() reads up to there.
    """

    def __init__(self, bundle: Bundle, asset: BundledAsset) -> None:
        super().__init__()
        self._asset = asset
        self._pieces = bundle.read_blob(Descriptor(ASSET_TYPE, asset.digest, asset.size))
        self._hasher = asset.digest.hasher()
        self._left = memoryview(b"")

    def readable(self) -> bool:
        """Always."""
        return True

    def readinto(self, buffer: Buffer) -> int:
        """See io.RawIOBase."""
        if not self._left:
            piece = next(self._pieces, b"")
            self._hasher.update(piece)
            self._left = memoryview(piece)
        if not self._left and self._hasher.hexdigest() != self._asset.digest.hex:
            raise IntegrityError(
                f"{self._asset.name} is damaged in the bundle",
                remedy="verify the bundle, then carry it (or the damaged volume) again",
            )
        target = memoryview(buffer).cast("B")
        count = min(len(target), len(self._left))
        target[:count] = self._left[:count]
        self._left = self._left[count:]
        return count

    def check(self) -> None:
        """Read what is left. Raises IntegrityError."""
        while self.read(1 << 20):
            pass
