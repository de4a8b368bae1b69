"""`harbor.yml`: Harbor's own settings file, with the site's values in it and all else kept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cube_airgap.file_range import read_head
from cube_install.harbor_host.yaml_edit import with_value, without

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from cube_harbor.secret import Secret
    from cube_install.harbor_host.certificates import Certified
    from cube_install.harbor_host.settings import HarborHost
    from cube_install.harbor_host.yaml_edit import Value

_LARGEST = 1 << 20


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
