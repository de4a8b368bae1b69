"""What an installed Harbor's `harbor.yml` says of what we set."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

from cube_airgap.errors import UsageError
from cube_airgap.yaml_document import YamlDocument

_SHIPPED_PORTS = (80, 443)


@dataclass(frozen=True)
class CurrentSettings:
    """What was found there; an `https_port` of 0 is plain HTTP.

    `scans` is not in that file: Harbor's programs are told by an option.
    """

    name: str
    http_port: int
    https_port: int
    certificate: str
    private_key: str
    data: str
    external_url: str
    scans: bool

    @classmethod
    def parse(cls, text: str, origin: str, *, scans: bool) -> Self:
        """Read a harbor.yml; `origin` names it in errors. Raises UsageError."""
        data = YamlDocument(text.encode(), origin).data
        if not isinstance(data, dict) or not isinstance(data.get("hostname"), str):
            raise UsageError(
                f"{origin} is no settings file of Harbor: it has no hostname",
                remedy="put back the one that Harbor was installed with, or give another --dir",
            )
        http, https = _mapping(data, "http"), _mapping(data, "https")
        return cls(
            name=data["hostname"],
            http_port=_port(http, _SHIPPED_PORTS[0], origin),
            https_port=_port(https, _SHIPPED_PORTS[1], origin) if https else 0,
            certificate=str(https.get("certificate") or ""),
            private_key=str(https.get("private_key") or ""),
            data=str(data.get("data_volume") or "/data"),
            external_url=str(data.get("external_url") or ""),
            scans=scans,
        )


def _mapping(data: dict[str, Any], key: str) -> dict[str, Any]:
    value = data.get(key)
    return value if isinstance(value, dict) else {}


def _port(block: dict[str, Any], usual: int, origin: str) -> int:
    value = block.get("port", usual)
    if not isinstance(value, int) or not 0 < value < 1 << 16:
        raise UsageError(
            f"{origin} has {str(value)[:50]!r} where a port belongs",
            remedy="correct it there, or give --http-port and --https-port",
        )
    return value
