"""Files on the web: one client that shares connections and patience, and knows mirrors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from cube_airgap.closing import Closing
from cube_airgap.errors import UsageError
from cube_airgap.registry.hosts import host_of, shown
from cube_airgap.registry.places import first_answer, streamed
from cube_airgap.registry.retries import Retries
from cube_airgap.registry.transport import Transport
from cube_airgap.registry.web_stream import FileFacts, WebStream

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from cube_airgap.descriptor import Descriptor
    from cube_airgap.registry.access import Mirror, RegistryAccess


class WebFiles(Closing):
    """Reads files by http and https, without any login. Safe to use from several threads.

    Mirrors are asked first, as they are for images.
    """

    def __init__(self, access: RegistryAccess) -> None:
        """Raises UsageError when the CA file cannot be used."""
        self._mirrors = access.mirrors
        self._transport = Transport(access)
        self._retries = Retries(access.patience)

    def look(self, url: str) -> FileFacts:
        """What the first host that has the file tells of it, and which that is.

        Raises AirgapError.
        """
        return first_answer(self._places(url), lambda place: self._stream(place).look())

    def read(
        self, url: str, facts: FileFacts, start: int = 0, end: int | None = None
    ) -> Generator[bytes, None, None]:
        """The file's bytes from `start` to `end`; one of another size or version is not taken.

        Where `facts` name a place, they come from there alone, since two hosts may have different
        files of one size; else the next host goes on where one gave up.
        """
        stop = facts.size if end is None else end
        places = (facts.place,) if facts.place else self._places(url)
        return streamed(
            places, lambda place, position: self._stream(place, facts).read(position, stop), start
        )

    def _stream(self, url: str, facts: FileFacts | None = None) -> WebStream:
        return WebStream(self._transport, self._retries, url, facts or FileFacts(None))

    def _places(self, url: str) -> Iterator[str]:
        """Where the file is to be had, in the order in which hosts are asked."""
        host, rest = _host_and_rest(url)
        for mirror in self._mirrors:
            if mirror.origin == host:
                yield from self._mirrored(mirror, rest)
        yield url

    def _mirrored(self, mirror: Mirror, rest: str) -> Iterator[str]:
        place = f"{mirror.host}/{mirror.repository(rest)}"
        yield f"https://{place}"
        if self._transport.is_insecure(mirror.host):
            yield f"http://{place}"

    def close(self) -> None:
        """Close idle connections, and end every wait."""
        self._retries.stop()
        self._transport.close()


@dataclass(frozen=True)
class WebFile:
    """A BlobSource: the file at `url`."""

    files: WebFiles
    url: str

    def read_blob(
        self, blob: Descriptor, start: int = 0, end: int | None = None
    ) -> Generator[bytes, None, None]:
        """The file's bytes from `start` to `end` (see image_source.BlobSource)."""
        return self.files.read(self.url, FileFacts(blob.size), start, end)


def _host_and_rest(url: str) -> tuple[str, str]:
    """The host, and path and query without the first slash. Raises UsageError."""
    try:
        parts = urlsplit(url)
        host = host_of(url) if parts.scheme in {"http", "https"} else ""
    except ValueError:
        host = ""
    if not host:
        raise UsageError(
            f"{shown(url)[:200]!r} is not an address that can be fetched",
            remedy="write it as https://HOST/PATH",
        )
    return host, parts.path.lstrip("/") + (f"?{parts.query}" if parts.query else "")
