"""Options by which a user says which cluster is meant; a site file can stand for them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from cube_airgap.stack_values import Wishes
from cube_install.cli.site_options import site_file
from cube_install.kubernetes.cluster import Cluster

if TYPE_CHECKING:
    from collections.abc import Callable

_Command = TypeVar("_Command", bound="Callable[..., Any]")

_OPTIONS = (
    click.option(
        "--kubeconfig",
        type=click.Path(dir_okay=False, path_type=Path),
        help="How the cluster is reached.  [default: as kubectl finds it]",
    ),
    click.option(
        "--context",
        help="Which context of the kubeconfig.  [default: its current one]",
    ),
)
_DEPLOYING = (
    click.option(
        "--label-nodes",
        is_flag=True,
        help="Give every node that takes pods the labels that the stack and its users' pods ask "
        "for. Labels that it has stay as they are.",
    ),
    click.option(
        "--make-directories",
        is_flag=True,
        help="Make the stack's directories on every node that may need them, by a short privileged "
        "pod there. Without it they are only looked at.",
    ),
    click.option(
        "--no-database-dump",
        is_flag=True,
        help="Do not dump the platform's database before a new bundle changes it: if that goes "
        "wrong, there is no way back.",
    ),
)


def cluster_options(command: _Command) -> _Command:
    """Add the options; the command takes them with take_cluster()."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def deploying_options(command: _Command) -> _Command:
    """Add what is done for a stack beside applying it; Deploying takes them."""
    for option in reversed(_DEPLOYING):
        command = option(command)
    return command


def names_cluster(values: dict[str, Any]) -> bool:
    """Whether the options or the site file name a cluster, or choose of a stack for one."""
    site = site_file()
    has_stack = site is not None and site.wishes != Wishes()
    return bool(values["kubeconfig"] or values["context"] or has_stack)


def take_cluster(values: dict[str, Any]) -> Cluster:
    """Reach the cluster that the options name. Raises AirgapError."""
    return Cluster.connect(values.pop("kubeconfig"), values.pop("context") or "")
