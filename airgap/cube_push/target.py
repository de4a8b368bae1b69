"""The registry that a bundle goes to: its host, its project, the rules, and the ways in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cube_airgap.errors import UsageError
from cube_airgap.reference import checked_repository
from cube_airgap.registry.hosts import parse_host
from cube_airgap.relocation import DEFAULT_PROJECT, Relocation, Rule, default_relocation

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cube_airgap.registry.access import RegistryAccess


@dataclass(frozen=True)
class Target:
    """A registry, the path in it below which the site's images are, and how it is reached."""

    host: str
    project: str
    relocation: Relocation
    access: RegistryAccess

    @property
    def projects(self) -> tuple[str, ...]:
        """The first parts of all paths that images may go to: Harbor's projects."""
        paths = [self.project, *(rule.target for rule in self.relocation.rules)]
        return tuple(dict.fromkeys(path.partition("/")[0] for path in paths))


def parse_target(text: str) -> tuple[str, str]:
    """Host and project of `HOST[:PORT][/PROJECT]`. Raises UsageError."""
    host, _, project = text.partition("/")
    return parse_host(host, where="--to"), checked_repository(project.strip("/") or DEFAULT_PROJECT)


def site_relocation(project: str, rules: Iterable[str]) -> Relocation:
    """The default rules, and `rules`, each `ORIGIN=TARGET`, that go before them.

    Raises UsageError.
    """
    own = [_parse_rule(text) for text in rules]
    taken = {rule.origin for rule in own}
    default = default_relocation(project).rules
    return Relocation([*own, *(rule for rule in default if rule.origin not in taken)])


def _parse_rule(text: str) -> Rule:
    origin, equals, target = text.partition("=")
    if not equals or not target.strip("/"):
        raise UsageError(
            f"{text[:200]!r} is not a relocation rule",
            remedy="write it as ORIGIN=PROJECT[/PATH], for instance quay.io=mirror/quay.io; an "
            "empty ORIGIN is for all others",
        )
    return Rule.of(origin, target)
