"""A container runtime of this host that images are loaded into."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cube_airgap.platforms import Platform
    from cube_install.runtime.image_archive import LoadableImage


class Runtime(Protocol):
    """Docker or containerd. All methods raise AirgapError."""

    @property
    def platform(self) -> Platform:
        """What images have to be for."""

    def named(self, one: LoadableImage) -> bool:
        """Whether it has the image under all of its names already, or could give it them."""

    def load(self, one: LoadableImage, archive: Iterator[bytes]) -> None:
        """Take the image from `archive`, under all of its names."""
