"""`cube-install harbor`: Harbor on this host."""

from __future__ import annotations

import json
import os
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cube_airgap.errors import UsageError
from cube_airgap.file_range import read_head
from cube_console.output_option import output_option
from cube_console.trusted_keys import trusted_key_paths
from cube_install.cli.bundle_options import opened
from cube_install.cli.harbor_options import DEFAULT_CA_FILE, harbor_options, take_wish
from cube_install.cli.show_findings import show_findings
from cube_install.cli.show_harbor import (
    Handed,
    done_json,
    done_text,
    plan_json,
    plan_text,
)
from cube_install.cli.site_options import site_file
from cube_install.harbor_host.archive_source import archive_file, bundled_archive
from cube_install.harbor_host.passwords import ADMINISTRATOR
from cube_install.harbor_host.public_file import write_for_everyone
from cube_install.site.site_file import DEFAULT_NAME
from cube_install.site.site_writing import Answers, site_text

if TYPE_CHECKING:
    from cube_airgap.bundle import Bundle
    from cube_install.harbor.finding import Finding
    from cube_install.harbor_host.archive_source import ArchiveSource
    from cube_install.harbor_host.set_up import Outlook

_LARGEST = 1 << 20
_HELP = """Bring Harbor up on this host, from its offline installer.

The host needs Docker 20.10.10 or newer with its compose plugin. The installer is the one that the
bundle has (profile kit), or --archive FILE. Nothing is asked, and nothing fetched. TLS is by
the site's own certificate, or by an authority that is made here; the administrator's password is
made where --password-file is not there yet. A site.yaml is written where there is none, so that the
other commands know of this Harbor.

It may be run again at any time. What is as it should be is left alone, and nothing restarted;
changed settings and a newer installer are taken, and what an upgrade changes is kept before. What
no option says stays as harbor.yml has it.

\b
Examples:
  cube-install harbor --bundle site.tar.zst --hostname harbor.example --dry-run
  cube-install harbor --bundle site.tar.zst --hostname harbor.example
  cube-install harbor --archive harbor-offline-installer-v2.11.1.tgz --hostname 10.0.0.5
"""


@click.command(help=_HELP)
@harbor_options
@output_option
def harbor(**values: Any) -> None:  # noqa: ANN401 - click's
    """See _HELP."""
    # Making certificates takes longer to load than most commands to run.
    from cube_install.harbor_host.bringing_up import BringingUp, Work  # noqa: PLC0415
    from cube_install.harbor_host.set_up import Order, look  # noqa: PLC0415

    in_json = values["output"] == "json"
    with ExitStack() as stack:
        bundle = stack.enter_context(opened(values["bundle"])) if values["bundle"] else None
        order = Order(
            take_wish(values),
            values["harbor_directory"].absolute(),
            _archive(values["archive"], bundle),
            values["ca_file"],
            values["take_over"],
        )
        outlook = look(order)
        _check_authority_file(outlook, values["ca_file"])
        findings = [*_notes(outlook, bundle)]
        show_findings(findings)
        password_file: Path = values["password_file"]
        if values["dry_run"]:
            plan = plan_json if in_json else plan_text
            told = plan(outlook, password_file)
            click.echo(json.dumps(told, indent=1) if in_json else told)
            return
        BringingUp(outlook, Work(password_file, values["seconds"], _say)).run()
    handed = _hand_over(outlook, values)
    if in_json:
        click.echo(json.dumps(done_json(outlook, handed, findings), indent=1))
    else:
        click.echo(done_text(outlook, handed))


def _archive(path: Path | None, bundle: Bundle | None) -> ArchiveSource | None:
    if path is not None:
        return archive_file(path)
    from cube_install.cli.this_machine import architecture  # noqa: PLC0415

    return bundled_archive(bundle, architecture()) if bundle is not None else None


def _notes(outlook: Outlook, bundle: Bundle | None) -> list[Finding]:
    from cube_install.harbor_host import host_checks  # noqa: PLC0415 - see harbor()

    found = [*host_checks.note_name(outlook.host)]
    if bundle is not None:
        size = sum(blob.size for blob in bundle.catalogue.blobs)
        found += host_checks.note_room(outlook.host.data, size)
    return found


def _check_authority_file(outlook: Outlook, given: Path | None) -> None:
    """Raise UsageError where the authority's certificate would overwrite something else."""
    own = outlook.certified.authority if outlook.certified else None
    path = given or DEFAULT_CA_FILE
    if own is None or not os.path.lexists(path):
        return
    if not own.exists() or read_head(own, _LARGEST) != read_head(path, _LARGEST):
        raise UsageError(
            f"{path} is there, and is not the certificate of this Harbor's authority",
            remedy="name another file with --ca-file, where that certificate is to go, or move "
            "this one away",
        )


def _hand_over(outlook: Outlook, values: dict[str, Any]) -> Handed:
    """Write what the operator goes on with. Raises SpaceError."""
    ca_file: Path | None = values["ca_file"]
    own = outlook.certified.authority if outlook.certified else None
    if own is not None:
        ca_file = ca_file or DEFAULT_CA_FILE
        if not ca_file.exists():
            write_for_everyone(ca_file, read_head(own, _LARGEST))
    site = site_file()
    if site is None:
        answers = Answers(
            host=outlook.host.host,
            username=ADMINISTRATOR,
            password_file=str(values["password_file"]),
            ca_file=str(ca_file or ""),
            bundle=str(values["bundle"] or ""),
            trusted_keys=tuple(map(str, trusted_key_paths())),
            is_insecure=not outlook.host.https_port,
            creates_project=True,
        )
        write_for_everyone(Path(DEFAULT_NAME), site_text(answers).encode())
    return Handed(values["password_file"], ca_file, values["bundle"], site)


def _say(text: str) -> None:
    click.echo(f"harbor: {text}", err=True)
