"""Hosts of the internet, stood for by a local registry and a local file server."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from cube_airgap.reference import Reference
from tests.support.faulty_registry import ScriptedRegistry, ranged
from tests.support.image_factory import ImageBlobs, image, layer, push

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.support.real_registry import RealRegistry


@dataclass
class StandIns:
    """Any image and file, by the name that it has on the internet; commands take options()."""

    registry: RealRegistry
    files: ScriptedRegistry
    prefix: str
    _hosts: set[str] = field(default_factory=set)
    _web_hosts: set[str] = field(default_factory=set)

    def hold(self, references: Iterable[str], one: ImageBlobs | None = None) -> None:
        """Have an image for each of `references`: a small one of its own, or `one` for all."""
        for text in references:
            reference = Reference.parse(text)
            self._hosts.add(reference.host)
            own = one or image([layer({"name.txt": str(reference).encode()})])
            repository = f"{self.prefix}/{reference.host}/{reference.repository}"
            push(self.registry.url, repository, reference.tag or "latest", own)

    def serve(self, url: str, content: bytes) -> None:
        """Have a file at `url`."""
        self._web_hosts.add(urlsplit(url).netloc)
        self.files.always(self.path_of(url), ranged(content))

    @staticmethod
    def path_of(url: str) -> str:
        """Where the file server has what is at `url`."""
        parts = urlsplit(url)
        return f"/{parts.netloc}{parts.path}"

    def options(self) -> list[str]:
        """What makes a command ask here and not on the internet."""
        hosts = [f"{host}={self.registry.host}/{self.prefix}/{host}" for host in self._hosts]
        hosts += [f"{host}={self.files.host}/{host}" for host in self._web_hosts]
        insecure = ["--insecure", self.registry.host, "--insecure", self.files.host]
        return [*insecure, *(word for host in sorted(hosts) for word in ("--mirror", host))]
