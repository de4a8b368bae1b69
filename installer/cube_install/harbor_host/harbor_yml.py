"""`harbor.yml`: Harbor's own settings file, with the site's values in it and all else kept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from cube_airgap.errors import UsageError
from cube_airgap.file_range import read_head
from cube_airgap.yaml_document import YamlDocument
from cube_install.harbor_host.yaml_edit import with_value, without

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from cube_harbor.secret import Secret
    from cube_install.harbor_host.certificates import Certified
    from cube_install.harbor_host.settings import HarborHost
    from cube_install.harbor_host.yaml_edit import Value

_LARGEST = 1 << 20
_SHIPPED_PORTS = (80, 443)


@dataclass(frozen=True)
class Current:
    """What a harbor.yml says of what we set; an `https_port` of 0 is plain HTTP.

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


def read_settings(path: Path) -> str:
    """The text of a harbor.yml. Raises MissingError where it cannot be read."""
    return read_head(path, _LARGEST).decode(errors="replace")


@dataclass(frozen=True)
class FirstPasswords:
    """Passwords that Harbor takes from its settings when it is started for the first time."""

    administrator: Secret
    database: Secret


def settings_text(
    text: str, host: HarborHost, certified: Certified | None, first: FirstPasswords | None = None
) -> str:
    """`text`, Harbor's template or a site's own file, with the values of `host` in it.

    `certified` is None for plain HTTP; `first` is given for a Harbor that has no database yet.
    """
    if certified is None:
        text = without(text, "https")
    for path, value in _values(host, certified, first):
        text = with_value(text, path, value)
    return text


def _values(
    host: HarborHost, certified: Certified | None, first: FirstPasswords | None
) -> Iterator[tuple[tuple[str, ...], Value]]:
    yield ("hostname",), host.name
    yield ("http", "port"), host.http_port
    if certified is not None:
        # In the order of the template, where the file has no such block yet.
        yield ("https", "private_key"), str(certified.key)
        yield ("https", "certificate"), str(certified.certificate)
        yield ("https", "port"), host.https_port
    if host.external_url:
        yield ("external_url",), host.external_url
    yield ("data_volume",), str(host.data)
    # Nothing can be fetched here: without these Trivy tries for minutes, then fails.
    for key in ("offline_scan", "skip_java_db_update", "skip_update"):
        yield ("trivy", key), True
    if first is not None:
        yield ("harbor_admin_password",), first.administrator.reveal()
        yield ("database", "password"), first.database.reveal()


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
