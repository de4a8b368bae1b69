"""Everything that would keep a stack from coming up, looked for before anything is changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cube_airgap.errors import AirgapError, AuthenticationError, NetworkError, SeveralErrors
from cube_install.deploy.body import field_managers
from cube_install.deploy.ownership import is_ours
from cube_install.deploy.prerequisites.architectures import architecture_findings
from cube_install.deploy.prerequisites.directories import directory_findings
from cube_install.deploy.prerequisites.namespaces import namespace_findings
from cube_install.deploy.prerequisites.node_labels import label_findings
from cube_install.deploy.prerequisites.rights import rights_findings
from cube_install.deploy.prerequisites.versions import (
    api_findings,
    definition_findings,
    kind_findings,
)
from cube_install.harbor.finding import Finding, Severity

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from cube_install.deploy.sightings import Sightings
    from cube_install.stack.rendered import RenderedStack

Platforms = tuple[tuple[str, frozenset[str]], ...]


def look_at_cluster(
    stack: RenderedStack, sightings: Sightings, platforms: Platforms = ()
) -> tuple[Finding, ...]:
    """All findings but those about directories, errors first.

    `platforms` has images and their architectures.
    What cannot be found out is a finding too. Raises NetworkError, AuthenticationError.
    """
    cluster = sightings.cluster
    looks: tuple[Callable[[], Iterable[Finding]], ...] = (
        lambda: api_findings(cluster.version),
        lambda: kind_findings(stack, cluster),
        lambda: rights_findings(cluster, stack),
        lambda: label_findings(stack, sightings.list("", "Node")),
        lambda: architecture_findings(platforms, sightings.list("", "Node")),
        lambda: namespace_findings(stack, sightings),
        lambda: definition_findings(stack, sightings),
        lambda: adoption_findings(stack, sightings),
    )
    found = [one for look in looks for one in _guarded(look)]
    order = list(Severity)
    return tuple(sorted(dict.fromkeys(found), key=lambda one: order.index(one.severity)))


def look_at_directories(stack: RenderedStack, sightings: Sightings) -> tuple[Finding, ...]:
    """What nodes need that is not made for them. Raises NetworkError, AuthenticationError."""
    return tuple(_guarded(lambda: directory_findings(stack, sightings)))


def adoption_findings(stack: RenderedStack, sightings: Sightings) -> Iterator[Finding]:
    """A note where an installation that was made by hand is taken over. Raises AirgapError."""
    theirs = 0
    for one in stack.objects:
        there = sightings.find(one.key)
        if there is not None and not is_ours(there):
            theirs += any(name.startswith("kubectl") for name in field_managers(there))
    if theirs:
        yield Finding(
            Severity.NOTE,
            f"{theirs} objects of the stack are there already, made with kubectl: they are taken "
            "over, and what users made is left as it is",
        )


def _guarded(look: Callable[[], Iterable[Finding]]) -> Iterator[Finding]:
    try:
        yield from look()
    except (NetworkError, AuthenticationError):
        raise
    except SeveralErrors as several:
        yield from (Finding.of(one) for one in several.errors)
    except AirgapError as error:
        yield Finding.of(error)
