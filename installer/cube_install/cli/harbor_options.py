"""Options that say which Harbor is to be on this host."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from cube_airgap.errors import UsageError
from cube_install.cli.bundle_options import optional_bundle_option
from cube_install.cli.site_options import site_file, site_option
from cube_install.harbor_host.settings import DEFAULT_DATA, DEFAULT_DIRECTORY, HarborWish
from cube_push.target import parse_target

if TYPE_CHECKING:
    from collections.abc import Callable

_Command = TypeVar("_Command", bound="Callable[..., Any]")
DEFAULT_CA_FILE = Path("harbor-ca.crt")
_FILE = click.Path(dir_okay=False, path_type=Path)
_PORT = click.IntRange(1, 65_535)
_OPTIONS = (
    optional_bundle_option("The bundle that has Harbor's installer."),
    click.option(
        "--archive", type=_FILE, help="Harbor's offline installer.  [default: the bundle's]"
    ),
    click.option(
        "--hostname", help="How all nodes call this Harbor.  [default: the site file's registry]"
    ),
    click.option("--http-port", type=_PORT, help="[default: 80]"),
    click.option("--https-port", type=_PORT, help="[default: 443, or the site file's]"),
    click.option(
        "--plain-http/--tls", default=None, help="Go without TLS, which nodes have to be told."
    ),
    click.option("--certificate", type=_FILE, help="The site's own certificate, then its chain."),
    click.option("--private-key", type=_FILE, help="The key of --certificate."),
    click.option(
        "--ca-file",
        type=_FILE,
        help="What --certificate is trusted by; without that option, where the certificate of the "
        f"authority goes that is made.  [default: {DEFAULT_CA_FILE}]",
    ),
    click.option("--san", multiple=True, help="Another name for the certificate. Repeatable."),
    click.option("--external-url", metavar="URL", help="Where a proxy in front is reached."),
    click.option(
        "--password-file",
        type=_FILE,
        default=Path("harbor-password"),
        show_default=True,
        help="The administrator's password; it is made where the file is not there.",
    ),
    click.option(
        "--data-volume",
        type=click.Path(file_okay=False, path_type=Path),
        help=f"Where images and the database go.  [default: {DEFAULT_DATA}]",
    ),
    click.option(
        "--dir",
        "harbor_directory",
        type=click.Path(file_okay=False, path_type=Path),
        default=DEFAULT_DIRECTORY,
        show_default=True,
        help="Where Harbor's programs and settings go.",
    ),
    click.option("--trivy/--no-trivy", default=None, help="Have Trivy beside it, offline."),
    click.option("--take-over", is_flag=True, help="Look after a Harbor installed by hand."),
    click.option(
        "--wait",
        "seconds",
        type=click.IntRange(1, 86_400),
        default=600,
        show_default=True,
        help="Seconds until all of it has to be well.",
    ),
    click.option("--dry-run", is_flag=True, help="Change nothing; tell what would be done."),
    site_option,
)


def harbor_options(command: _Command) -> _Command:
    """Add the options; the command takes them with take_wish() and by their names."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def take_wish(values: dict[str, Any]) -> HarborWish:
    """What the options say of the Harbor. Raises UsageError."""
    certificate, key = values.pop("certificate"), values.pop("private_key")
    is_plain = values.pop("plain_http")
    _check_certificate_options(certificate, key, is_plain=bool(is_plain))
    name, port = _name_and_port(values.pop("hostname"))
    if certificate is not None and is_plain is None:
        is_plain = False
    ports = {"http_port": values.pop("http_port"), "https_port": values.pop("https_port")}
    of_name = "http_port" if is_plain else "https_port"
    ports[of_name] = ports[of_name] or port
    data = values.pop("data_volume")
    return HarborWish(
        name=name,
        is_plain=is_plain,
        certificate=certificate.absolute() if certificate else None,
        key=key.absolute() if key else None,
        more_names=tuple(values.pop("san")),
        external_url=_checked_url(values.pop("external_url")),
        data=data.absolute() if data else None,
        scans=values.pop("trivy"),
        **ports,
    )


def _check_certificate_options(
    certificate: Path | None, key: Path | None, *, is_plain: bool
) -> None:
    if (certificate is None) != (key is None):
        raise UsageError(
            "a certificate needs its key, and a key its certificate",
            remedy="give both --certificate and --private-key, or neither",
        )
    if certificate is not None and is_plain:
        raise UsageError(
            "a certificate is given, and --plain-http",
            remedy="leave one of the two away",
        )


def _name_and_port(hostname: str | None) -> tuple[str | None, int | None]:
    """The name that is given, or that of the site file's registry with its port."""
    file = site_file()
    to = file.settings.get("to") if file else None
    if hostname is not None or to is None:
        return hostname, None
    host = parse_target(to)[0]
    name, colon, port = host.rpartition(":")
    if colon and port.isdigit() and not host.endswith("]"):
        return name, int(port)
    return host, None


def _checked_url(url: str | None) -> str | None:
    if url and not url.startswith(("http://", "https://")):
        raise UsageError(
            f"{url[:200]!r} is no address (--external-url)",
            remedy="write it as https://HOST[:PORT]",
        )
    return url
