"""What to tell a person who has just started the registry: what is there, and how to pull it."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cube_airgap.catalogue import Catalogue
    from cube_airgap.reference import Reference
    from cube_airgap.relocation import Relocation
    from cube_install.serve.listener import Address

CERTS_D = "/etc/containerd/certs.d"


class PullGuide:
    """How the images of `catalogue` are pulled from a registry at `address`."""

    def __init__(
        self, catalogue: Catalogue, relocation: Relocation, address: Address, *, has_tls: bool
    ) -> None:
        self._catalogue = catalogue
        self._relocation = relocation
        self._address = address
        self._has_tls = has_tls

    @property
    def host(self) -> str:
        """HOST:PORT as clients write it."""
        if self._address.is_every:
            return f"{socket.gethostname()}:{self._address.port}"
        return str(self._address)

    @property
    def url(self) -> str:
        """Scheme, host and port."""
        return f"{'https' if self._has_tls else 'http'}://{self.host}"

    def text(self) -> str:
        """The examples, for an image of the bundle."""
        images = [one for one in self._catalogue.images if not one.has_assets]
        if not images:
            return "the bundle has no image: there is nothing to pull"
        return "\n".join(self._lines(images[0].reference))

    def _lines(self, origin: Reference) -> Iterator[str]:
        target = self._relocation.target(origin, self.host)
        verify = "" if self._has_tls else " --src-tls-verify=false"
        yield "Every image has its name in Harbor and its own; for example"
        yield f"  docker      docker pull {target}"
        if not self._has_tls and not self._address.is_loopback:
            yield f'              with "insecure-registries": ["{self.host}"] in daemon.json'
        yield f"  skopeo      skopeo copy{verify} docker://{target} oci:image"
        yield f"  containerd  ctr images pull --hosts-dir {CERTS_D} {origin}"
        yield f"              with {CERTS_D}/{origin.host}/hosts.toml:"
        yield f'                server = "{self.url}"'
        yield f'                [host."{self.url}"]'
        yield '                  capabilities = ["pull", "resolve"]'

    def warnings(self) -> Iterator[str]:
        """What a person should know before other machines are let in."""
        if not self._address.is_loopback and not self._has_tls:
            yield (
                "other machines can reach this registry, by plain HTTP and without a login: "
                "give --tls-cert and --tls-key, or keep it to a network that you trust"
            )
