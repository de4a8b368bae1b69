"""What a site wants of its Harbor, and what that means together with what is there."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from cube_airgap.errors import UsageError

if TYPE_CHECKING:
    from cube_install.harbor_host.current_settings import CurrentSettings

DEFAULT_DIRECTORY = Path("/opt/cube-harbor")
DEFAULT_DATA = Path("/data/harbor")
_LABEL = re.compile(r"[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?")
# Harbor's `prepare` reads the data volume's path with grep and awk: nothing else gets through.
_PLAIN_PATH = re.compile(r"/[A-Za-z0-9._/-]+")
_EXAMPLE = "reg.mydomain.com"  # in Harbor's template, and refused by Harbor


@dataclass(frozen=True)
class HarborWish:
    """What an operator says; None is what harbor.yml has, and for a new Harbor the default.

    `name` is how everyone calls the Harbor: a host name or an address, without a port.
    `certificate` and `key` are the site's own; without them an authority is made, and a certificate
    for `more_names` too. `scans` is whether Trivy runs beside it.
    """

    name: str | None = None
    http_port: int | None = None
    https_port: int | None = None
    is_plain: bool | None = None
    certificate: Path | None = None
    key: Path | None = None
    more_names: tuple[str, ...] = ()
    external_url: str | None = None
    data: Path | None = None
    scans: bool | None = None


@dataclass(frozen=True)
class HarborHost:
    """A Harbor as it is to be. An `https_port` of 0 is plain HTTP.

    `certificate` and `key` are None where both are to be made.
    """

    name: str
    data: Path
    http_port: int = 80
    https_port: int = 443
    certificate: Path | None = None
    key: Path | None = None
    more_names: tuple[str, ...] = ()
    external_url: str = ""
    scans: bool = False

    @property
    def host(self) -> str:
        """HOST[:PORT] as images are named."""
        name = f"[{self.name}]" if ":" in self.name else self.name
        port, usual = (self.https_port, 443) if self.https_port else (self.http_port, 80)
        return name if port == usual else f"{name}:{port}"

    @property
    def url(self) -> str:
        """Where people find its web pages."""
        return f"{'https' if self.https_port else 'http'}://{self.host}"

    @property
    def names(self) -> tuple[str, ...]:
        """All names that its certificate is for."""
        return tuple(dict.fromkeys((self.name, *self.more_names)))

    @property
    def ports(self) -> tuple[int, ...]:
        """The TCP ports that it listens on."""
        return tuple(port for port in (self.http_port, self.https_port) if port)


def resolve(wish: HarborWish, current: CurrentSettings | None, own: Path) -> HarborHost:
    """The Harbor that is to be, where `current` is what harbor.yml has, or None for a new one.

    `own` is the directory of the certificates that are ours to make. Raises UsageError.
    """
    there = current or _NEW
    if current and wish.data and wish.data != Path(current.data):
        raise UsageError(
            f"this Harbor has its data in {current.data}, and --data-volume says {wish.data}",
            remedy="stop Harbor, move its data there by hand, put the path into its harbor.yml, "
            "then run the same command again; or leave --data-volume away",
        )
    is_plain = wish.is_plain if wish.is_plain is not None else not there.https_port
    certificate, key = wish.certificate, wish.key
    if certificate is None and there.certificate and Path(there.certificate).parent != own:
        certificate, key = Path(there.certificate), Path(there.private_key)
    return HarborHost(
        name=checked_name(wish.name or there.name),
        data=checked_data(wish.data or Path(there.data)),
        http_port=wish.http_port or there.http_port,
        https_port=0 if is_plain else wish.https_port or there.https_port or 443,
        certificate=None if is_plain else certificate,
        key=None if is_plain else key,
        more_names=wish.more_names,
        external_url=wish.external_url or there.external_url,
        scans=wish.scans if wish.scans is not None else there.scans,
    )


def checked_name(text: str) -> str:
    """A name or address that others can reach a Harbor by. Raises UsageError for anything else."""
    if not text:
        raise UsageError(
            "nothing says how this Harbor is called",
            remedy="give --hostname with the name or address by which the nodes reach this host",
        )
    address = _address(text)
    if text.lower() in {"localhost", _EXAMPLE} or (address and _leads_nowhere(address)):
        raise _bad_name(text, "nobody else reaches this host by it")
    if address:
        return str(address)
    if "://" in text or "/" in text:
        raise _bad_name(text, "it is an address of web pages")
    if re.search(r":\d*$", text):
        raise _bad_name(text, "it has a port, which belongs into --https-port or --http-port")
    labels = text.rstrip(".").split(".")
    if len(text) > 253 or not all(_LABEL.fullmatch(one) for one in labels) or labels[-1].isdigit():
        raise _bad_name(text, "it is no host name")
    return text.rstrip(".").lower()


def checked_data(path: Path) -> Path:
    """A directory that Harbor's own programs can take. Raises UsageError."""
    if _PLAIN_PATH.fullmatch(str(path)) and ".." not in path.parts:
        return path
    raise UsageError(
        f"Harbor cannot keep its data in {str(path)[:200]!r}",
        remedy="give --data-volume as an absolute path of letters, digits and ._-/",
    )


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(text.removeprefix("[").removesuffix("]"))
    except ValueError:
        return None


def _leads_nowhere(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    return address.is_loopback or address.is_unspecified or address.is_multicast


def _bad_name(text: str, why: str) -> UsageError:
    return UsageError(
        f"{text[:200]!r} cannot be the name of a Harbor: {why}",
        remedy="give --hostname with the name or address by which the nodes reach this host, such "
        "as harbor.example or 10.0.0.5",
    )


@dataclass(frozen=True)
class _New:
    """What a Harbor that is not there yet has, if nothing else is wished."""

    name: str = ""
    http_port: int = 80
    https_port: int = 443
    certificate: str = ""
    private_key: str = ""
    data: str = str(DEFAULT_DATA)
    external_url: str = ""
    scans: bool = False


_NEW = _New()
