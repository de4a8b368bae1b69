"""Docker as what images are loaded into."""

from __future__ import annotations

import os
import re
from contextlib import contextmanager
from typing import TYPE_CHECKING

from cube_airgap.closing import Closing
from cube_airgap.errors import AirgapError, AuthenticationError, NetworkError, UsageError
from cube_airgap.platforms import Platform

if TYPE_CHECKING:
    from collections.abc import Iterator

    from docker.models.images import Image

    from cube_install.runtime.image_archive import LoadableImage

_PATIENCE = 3600
_FIRST_WITH_ZSTD = 23


class DockerRuntime(Closing):
    """The daemon that DOCKER_HOST and its companions name, else the local one; see Runtime."""

    def __init__(self) -> None:
        """Raises NetworkError where none answers."""
        # The SDK takes longer to load than most commands take to run.
        import docker  # noqa: PLC0415

        with _translated("answer"):
            self._client = docker.from_env(timeout=_PATIENCE)
            self._told = self._client.version()

    @property
    def platform(self) -> Platform:
        """See Runtime."""
        return Platform.parse(f"{self._told['Os']}/{self._told['Arch']}")

    def named(self, one: LoadableImage) -> bool:
        """See Runtime."""
        image = self._find(one)
        if image is None:
            return False
        for name in _tagged(one):
            with _translated(f"name an image {name}"):
                image.tag(*_split(name))
        return True

    def load(self, one: LoadableImage, archive: Iterator[bytes]) -> None:
        """See Runtime."""
        version = str(self._told["Version"])
        major = re.match(r"\d+", version)
        if one.has_zstd and major and int(major[0]) < _FIRST_WITH_ZSTD:
            raise UsageError(
                f"layers of {one.image.reference} are compressed with zstd, which Docker {version} "
                "does not read",
                remedy=f"use Docker {_FIRST_WITH_ZSTD} or newer, or push the bundle to a registry",
            )
        with _translated(f"load {one.image.reference}"):
            # An error in the middle of the archive ends the request, and Docker keeps nothing.
            list(self._client.api.load_image(archive, quiet=True))  # type: ignore[no-untyped-call]
        if self._find(one) is None:
            raise NetworkError(
                f"Docker took {one.image.reference} and does not have it",
                remedy="see what its daemon says (journalctl -u docker); its disk may be full",
            )

    def _find(self, one: LoadableImage) -> Image | None:
        """By the digest of the configuration, or, where containerd keeps images, of the root."""
        from docker.errors import ImageNotFound  # noqa: PLC0415

        for digest in (one.config_digest, str(one.root.digest)):
            with _translated(f"look for {one.image.reference}"):
                try:
                    return self._client.images.get(digest)
                except ImageNotFound:
                    continue
        return None

    def close(self) -> None:
        """End the connections."""
        self._client.close()


def _tagged(one: LoadableImage) -> list[str]:
    return [name for name in one.names if "@" not in name]


def _split(name: str) -> tuple[str, str]:
    repository, _, tag = name.rpartition(":")
    return repository, tag


@contextmanager
def _translated(work: str) -> Iterator[None]:
    from docker.errors import DockerException  # noqa: PLC0415
    from requests import RequestException  # noqa: PLC0415

    try:
        yield
    except AirgapError:
        raise
    except (DockerException, RequestException) as error:
        if "ermission denied" in str(error):
            raise AuthenticationError(
                "this user may not speak to the Docker daemon",
                remedy="run this as root, or as a user in the group docker",
            ) from None
        told = " ".join(str(_cause(error)).split())[:300]
        named = os.environ.get("DOCKER_HOST")
        raise NetworkError(
            f"the Docker daemon{f' at {named}' if named else ''} does not {work}: {told}",
            remedy="check that it runs, that DOCKER_HOST is right and that its disk has room",
        ) from None


def _cause(error: BaseException) -> object:
    """What the system said, where the SDK wraps that several times; else `error` itself."""
    inner: BaseException | None = error
    while inner is not None:
        if isinstance(inner, OSError) and inner.strerror:
            return inner.strerror
        inner = inner.__cause__ or inner.__context__
    return error
