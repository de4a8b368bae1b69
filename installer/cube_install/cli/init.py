"""`cube-install init`: a site file by asking."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import click

from cube_airgap.disk import write_atomically
from cube_airgap.errors import UsageError
from cube_airgap.relocation import DEFAULT_PROJECT
from cube_console.trusted_keys import trusted_key_option, trusted_key_paths
from cube_install.site.site_file import DEFAULT_NAME, check_site_text
from cube_install.site.site_writing import Answers, site_text
from cube_push.target import parse_target

_HELP = """Write a commented site file, asking for what is not given by options.

A file that is there is never overwritten. With --yes nothing is asked: what is not given stays an
example in a comment. Passwords are not asked for: the file only says where they are.

\b
Examples:
  cube-install init
  cube-install init --yes --to harbor.example/cube-studio --username admin \\
      --password-file harbor-password --create-project -o /etc/cube/site.yaml
"""


@click.command(help=_HELP)
@click.option(
    "-o",
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    default=Path(DEFAULT_NAME),
    show_default=True,
    help="The file to write.",
)
@click.option("--to", metavar="HOST[:PORT][/PROJECT]", help="The registry, and the project in it.")
@click.option("--username", help="Who logs in to the registry.")
@click.option("--password-file", help="The file that holds the password.")
@click.option("--ca-file", help="A file of certificates to trust.")
@click.option("--bundle", help="The bundle to install.")
@trusted_key_option
@click.option("--insecure", is_flag=True, default=None, help="Allow unverified TLS or plain HTTP.")
@click.option("--create-project", is_flag=True, default=None, help="Make the project in Harbor.")
@click.option("--kubeconfig", help="How the cluster is reached.")
@click.option("--entry-address", help="The address by which users reach the platform.")
@click.option("--storage-root", help="The directory of the shared storage, on every node.")
@click.option("--gpu", is_flag=True, default=None, help="Nodes have NVIDIA GPUs.")
@click.option("--yes", is_flag=True, help="Ask nothing.")
def init(**values: Any) -> None:  # noqa: ANN401 - click's
    """See _HELP."""
    path: Path = values["out"]
    values["trusted_keys"] = tuple(map(str, trusted_key_paths()))
    if os.path.lexists(path):
        raise UsageError(
            f"{path} is there already",
            remedy="edit it, or write another one with -o; nothing was changed",
        )
    text = site_text(_given(values) if values["yes"] else _asked(values))
    check_site_text(text, str(path))
    write_atomically(path, text.encode())
    click.echo(f"{path} written: look through its comments, then run cube-install preflight")


def _given(values: dict[str, Any]) -> Answers:
    host, project = parse_target(values["to"]) if values["to"] else ("", DEFAULT_PROJECT)
    texts = (
        "username",
        "password_file",
        "ca_file",
        "bundle",
        "kubeconfig",
        "entry_address",
        "storage_root",
    )
    return Answers(
        host,
        project,
        **{name: values[name] or "" for name in texts},
        is_insecure=bool(values["insecure"]),
        creates_project=bool(values["create_project"]),
        has_gpus=bool(values["gpu"]),
        trusted_keys=values["trusted_keys"],
    )


def _asked(values: dict[str, Any]) -> Answers:
    """Ask for what was not given; nothing more about a registry where there is none."""
    _ask(values, "bundle", "Bundle to install (empty: say so each time)")
    if not values["trusted_keys"]:
        key = _answer("Public key that bundles have to be signed with (empty: none is needed)")
        values["trusted_keys"] = (key,) if key else ()
    _ask(values, "to", f"Registry HOST[:PORT][/PROJECT] (project: {DEFAULT_PROJECT}; empty: none)")
    if values["to"]:
        parse_target(values["to"])
        _ask(values, "username", "User name there (empty: logins of docker login)")
        if values["username"]:
            _ask(values, "password_file", "File with the password (empty: $CUBE_INSTALL_PASSWORD)")
        _ask(values, "ca_file", "File with the CA's certificate (empty: the system's CAs)")
        _confirm(values, "insecure", "Allow unverified TLS or plain HTTP?")
        _confirm(values, "create_project", "Make the project, if it is a Harbor and lacks it?")
        _ask_about_platform(values)
    return _given(values)


def _ask_about_platform(values: dict[str, Any]) -> None:
    _ask(values, "kubeconfig", "Kubeconfig of the cluster (empty: as kubectl finds it)")
    _ask(values, "entry_address", "Address by which users reach the platform (empty: later)")
    _ask(values, "storage_root", "Shared storage on every node (empty: /data/k8s)")
    _confirm(values, "gpu", "Do nodes have NVIDIA GPUs?")


def _ask(values: dict[str, Any], name: str, question: str) -> None:
    if values[name] is None:
        values[name] = _answer(question)


def _answer(question: str) -> str:
    answer: str = click.prompt(question, default="", show_default=False, err=True)
    return answer.strip()


def _confirm(values: dict[str, Any], name: str, question: str) -> None:
    if values[name] is None:
        values[name] = click.confirm(question, default=False, err=True)
