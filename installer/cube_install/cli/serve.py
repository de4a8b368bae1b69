"""`cube-install serve`: a registry straight from the bundle."""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from cube_airgap.errors import UsageError
from cube_airgap.relocation import DEFAULT_PROJECT
from cube_console.amounts import count_text, size_text
from cube_install.cli.bundle_options import bundle_option, opened
from cube_install.cli.service_unit import install_service
from cube_install.cli.site_options import relocate_option, site_option
from cube_install.serve.listener import Address
from cube_install.serve.service import Where, ready_to_serve
from cube_push.target import parse_target, site_relocation

if TYPE_CHECKING:
    from collections.abc import Callable

    from cube_install.serve.service import Service

_Command = TypeVar("_Command", bound="Callable[..., Any]")

_HELP = """Serve the images of a bundle as a read-only registry.

Nothing is unpacked and nothing is written: docker, containerd, skopeo and all that speaks the OCI
distribution protocol pull straight from the bundle file or its volumes. Every image has the name
that it will have in Harbor, and its own name for those who use this registry as a mirror. Ctrl-C
stops it.

The default address can be reached from this machine only, which needs neither TLS nor any setting
in Docker. For other machines give --listen :5000, and a certificate.

\b
Examples:
  cube-install serve --bundle site.tar.zst
  cube-install serve --bundle site.tar.zst --listen :5000 --tls-cert r.crt --tls-key r.key
  cube-install serve --bundle site.tar.zst --install-unit
"""


_LISTENING = (
    click.option(
        "--listen",
        default="127.0.0.1:5000",
        show_default=True,
        metavar="HOST:PORT",
        help="The address to listen on; :PORT is every address of this machine, port 0 any free "
        "one.",
    ),
    click.option(
        "--tls-cert",
        type=click.Path(dir_okay=False, path_type=Path),
        help="Certificate in PEM, its chain behind it.",
    ),
    click.option(
        "--tls-key", type=click.Path(dir_okay=False, path_type=Path), help="Its key, in PEM."
    ),
)


def listening_options(command: _Command) -> _Command:
    """Add the options that say where and how to listen."""
    for option in reversed(_LISTENING):
        command = option(command)
    return command


@click.command(help=_HELP)
@bundle_option
@click.option(
    "--to",
    metavar="HOST[:PORT][/PROJECT]",
    help="The Harbor that it stands in for: images have the names that they have there.  "
    f"[default project: {DEFAULT_PROJECT}]",
)
@relocate_option
@site_option
@listening_options
@click.option("--quiet", is_flag=True, help="Tell on stderr only of requests that went wrong.")
@click.option(
    "--install-unit",
    is_flag=True,
    help="Have systemd serve it, now and from each boot on; where no systemd runs, only show how.",
)
def serve(**values: Any) -> None:  # noqa: ANN401 - click's
    """See _HELP."""
    path: Path = values["bundle"]
    if str(path) == "-":
        raise UsageError(
            "a bundle that comes from a pipe cannot be served",
            remedy="save it to a file, and give that file's path",
        )
    where = Where(Address.parse(values["listen"]), values["tls_cert"], values["tls_key"])
    if values["install_unit"]:
        install_service(path, where, values)
        return
    _, project = parse_target(values["to"]) if values["to"] else ("", DEFAULT_PROJECT)
    relocation = site_relocation(project, values["relocate"])
    # Being stopped is how this work ends: a service manager must not take it for a failure.
    with (
        opened(path) as bundle,
        ready_to_serve(bundle, where, relocation, _note) as service,
        suppress(KeyboardInterrupt),
    ):
        for warning in service.guide.warnings():
            _note(warning)
        _hand_on_warnings()
        click.echo(_greeting(path, service))
        asyncio.run(service.run(_log_trouble if values["quiet"] else _log))


def _greeting(path: Path, service: Service) -> str:
    catalogue = service.bundle.catalogue
    size = sum(blob.size for blob in (*catalogue.manifests, *catalogue.blobs))
    return (
        f"serving {path}: {count_text(len(catalogue.images), 'image')}, {size_text(size)}, "
        f"at {service.guide.url}\n\n{service.guide.text()}\n"
    )


def _hand_on_warnings() -> None:
    """Show what the server library has to say of broken requests and refused certificates."""
    handler = logging.Handler()
    handler.emit = lambda record: _note(record.getMessage())  # type: ignore[method-assign]
    logger = logging.getLogger("tornado.general")
    logger.addHandler(handler)
    logger.propagate = False


def _note(text: str) -> None:
    click.echo(f"note: {text}", err=True)


def _log(line: str, trouble: str) -> None:
    click.echo(f"{line} - {trouble}" if trouble else line, err=True)


def _log_trouble(line: str, trouble: str) -> None:
    if trouble:
        _log(line, trouble)
