"""Relocation: where in the site's registry an image of some origin is found, by rules.

design.md section 5; docs/serve.md shows the names that come out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from cube_airgap.errors import UsageError
from cube_airgap.reference import Reference, checked_repository

if TYPE_CHECKING:
    from collections.abc import Iterable

DEFAULT_PROJECT = "cube-studio"
PLATFORM_ORIGIN = "ccr.ccs.tencentyun.com/cube-studio"
"""Where the platform's own images are published; they keep their short names."""


@dataclass(frozen=True, slots=True)
class Rule:
    """Names below `origin` (a host, or a host and a path) go below the path `target`.

    An empty `origin` is above all names, an empty `target` puts nothing before what is left.
    """

    origin: str
    target: str

    @classmethod
    def of(cls, origin: str, target: str) -> Self:
        """A rule as a person writes it, with or without a slash at the ends. Raises UsageError."""
        stripped = target.strip("/")
        if stripped:
            checked_repository(stripped)
        return cls(origin.strip("/"), stripped)

    def rest_of(self, name: str) -> str | None:
        """What is left of `name` below `origin`, or None where the rule does not apply.

        Whole parts of the path count: `quay.io/a` is not above `quay.io/ab`.
        """
        if not self.origin:
            return name
        if name == self.origin:
            return ""
        inside = name.startswith(self.origin + "/")
        return name[len(self.origin) + 1 :] if inside else None


class Relocation:
    """Rules of which that with the longest origin applies."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        """Raises UsageError for two rules with one origin."""
        self.rules = tuple(sorted(rules, key=lambda rule: len(rule.origin), reverse=True))
        origins = [rule.origin for rule in self.rules]
        for origin in origins:
            if origins.count(origin) > 1:
                raise UsageError(
                    f"two relocation rules are about {origin or 'all names'!r}",
                    remedy="leave one of them out",
                )

    def repository(self, origin: Reference) -> str:
        """The repository in the site's registry for `origin`'s. Raises UsageError."""
        for rule in self.rules:
            rest = rule.rest_of(origin.name)
            if rest is None:
                continue
            if not rule.origin:
                rest = path_with_host(origin)
            return checked_repository("/".join(part for part in (rule.target, rest) if part))
        raise UsageError(
            f"no relocation rule says where {origin} goes",
            remedy="add a rule for its prefix, or one with an empty prefix for all others",
        )

    def target(self, origin: Reference, registry: str) -> Reference:
        """`origin` as it is called in `registry` (HOST or HOST:PORT). Raises UsageError."""
        return Reference(registry, self.repository(origin), origin.tag, origin.digest)

    def targets(self, origins: Iterable[Reference], registry: str) -> dict[Reference, Reference]:
        """The target of every origin. Raises UsageError where two origins come to one target."""
        found: dict[Reference, Reference] = {}
        taken: dict[tuple[str, str], Reference] = {}
        for origin in dict.fromkeys(origins):
            target = self.target(origin, registry)
            # A pinned tag is pushed as that tag: the digest does not keep two origins apart.
            place = (target.repository, target.tag or str(target.digest))
            other = taken.setdefault(place, origin)
            if other.name != origin.name:
                raise UsageError(
                    f"{other} and {origin} would both become {target}",
                    remedy="add a relocation rule that takes one of them elsewhere",
                )
            found[origin] = target
        return found


def default_relocation(project: str = DEFAULT_PROJECT) -> Relocation:
    """The platform's own images directly below `project`, all others with their full origin."""
    return Relocation([Rule.of(PLATFORM_ORIGIN, project), Rule.of("", project)])


def path_with_host(origin: Reference) -> str:
    """Host and repository as one path; a port's `:` becomes `_`, which no host name has.

    Raises UsageError for an IPv6 address, of which no path can be made.
    """
    if "[" in origin.host:
        raise UsageError(
            f"the host of {origin} cannot be part of a repository's name",
            remedy=f"add a relocation rule for {origin.host}",
        )
    return f"{origin.host.replace(':', '_')}/{origin.repository}"
