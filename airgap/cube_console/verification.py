"""Verifying a bundle and showing what came out: the same for both commands."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from cube_airgap.errors import IntegrityError
from cube_airgap.verify import verify
from cube_console.amounts import count_text
from cube_console.plain_text import plain_text
from cube_console.progress import shown_progress
from cube_console.show_inspection import assumed_text
from cube_console.trusted_keys import signature_text, signer

if TYPE_CHECKING:
    from pathlib import Path

    from cube_airgap.bundle import Bundle
    from cube_airgap.catalogue import Catalogue


def show_verification(bundle: Bundle, path: Path, output: str) -> int:
    """Read the whole of `bundle`, show the result on stdout, and return the exit code.

    `path` is what the user called it; `output` is `text` or `json`. Raises AirgapError;
    UntrustedError, before the bundle is read, where none of the user's keys signed it.
    """
    signed_by = signer(bundle)
    findings = verify(bundle, shown_progress("verifying", "members"))
    catalogue = bundle.catalogue
    if output == "json":
        found = [
            {"problem": one.problem, "subject": one.subject, "detail": one.detail}
            for one in findings
        ]
        told = {
            "bundle": str(catalogue.digest),
            "signed": bool(bundle.signature),
            "signedBy": signed_by,
            "findings": found,
        }
        assumed = {
            "assumedImages": len(catalogue.assumed_images),
            "assumedBlobs": len(catalogue.assumed),
        }
        click.echo(json.dumps(told | assumed, indent=1))
    elif findings:
        click.echo("\n".join(plain_text(str(one)) for one in findings))
    else:
        click.echo(f"{path} is whole: {_counted(catalogue)}\nbundle {catalogue.digest}")
        if bundle.signature:
            click.echo(signature_text(bundle))
    if not findings:
        return 0
    click.echo(
        f"error: {count_text(len(findings), 'finding')}\n"
        "  what to do: carry the file (or the damaged volume) again; if it is the same then, "
        "build it again",
        err=True,
    )
    return IntegrityError.exit_code


def _counted(catalogue: Catalogue) -> str:
    counts = [
        count_text(len(catalogue.images), "image"),
        count_text(len(catalogue.members()), "member"),
    ]
    if catalogue.assumes:
        assumed = assumed_text(len(catalogue.assumed_images), catalogue.assumed.values())
        counts.append(f"and {assumed} that the registry has to have already")
    return ", ".join(counts)
