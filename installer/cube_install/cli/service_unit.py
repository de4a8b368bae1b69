"""`cube-install serve --install-unit`: the same service, by systemd."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cube_airgap.errors import UsageError
from cube_console.trusted_keys import trusted_key_paths
from cube_install.cli.bundle_options import opened
from cube_install.serve.listener import tls_context
from cube_install.serve.unit import NAME, ServiceWish, unit_text
from cube_install.serve.unit_installing import install_unit, systemd_version

if TYPE_CHECKING:
    from cube_install.serve.service import Where

_OLDEST = 219  # CentOS 7's


def install_service(bundle: Path, where: Where, values: dict[str, Any]) -> None:
    """Install the unit for what the options of `serve` say, once all of it is looked at.

    Raises AirgapError.
    """
    tls_context(where.certificate, where.key)
    with opened(bundle) as served:
        served.catalogue.refuse_delta("served")
    if where.address.port == 0:
        raise UsageError(
            "a service needs a port that stays the same",
            remedy="give one with --listen, as :5000",
        )
    version = systemd_version()
    text = unit_text(_wish(bundle, where, values), version or _OLDEST)
    if version is None:
        click.echo(text, nl=False)
        click.echo(f"note: no systemd runs here: this is what {NAME} would be", err=True)
        return
    path = install_unit(text)
    click.echo(f"{path} serves {bundle} at {where.address} now and from each boot on")


def _wish(bundle: Path, where: Where, values: dict[str, Any]) -> ServiceWish:
    arguments = ["--listen", values["listen"]]
    if values["to"]:
        arguments += ["--to", values["to"]]
    for rule in values["relocate"]:
        arguments += ["--relocate", rule]
    if values["quiet"]:
        arguments.append("--quiet")
    # The self-contained program says itself which file it came from.
    program = os.environ.get("CUBE_INSTALL_PROGRAM") or shutil.which(sys.argv[0]) or sys.argv[0]
    return ServiceWish(
        Path(program).absolute(),
        bundle.parent.resolve() / bundle.name,  # systemd takes no `..`; a link to a bundle stays
        tuple(arguments),
        where.address.port,
        where.certificate and where.certificate.absolute(),
        where.key and where.key.absolute(),
        tuple(path.absolute() for path in trusted_key_paths()),
    )
