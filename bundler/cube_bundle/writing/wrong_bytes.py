"""A blob that came again and again with other bytes than its digest says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cube_airgap.errors import IntegrityError

if TYPE_CHECKING:
    from cube_airgap.digest import Digest


class WrongBytesError(IntegrityError):
    """Whoever knows what the blob `digest` is can tell more of it."""

    def __init__(self, digest: Digest) -> None:
        super().__init__(
            f"blob {digest} came twice with other bytes than its digest says",
            remedy="its origin or a proxy on the way is damaged: push the image there again, "
            "or use another --mirror",
        )
        self.digest = digest
