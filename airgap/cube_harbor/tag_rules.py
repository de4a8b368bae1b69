"""A project's rules that make tags immutable or delete them, and which tags they cover."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from wcmatch import glob

from cube_harbor.api import API, ApiCall, project_path
from cube_harbor.fields import Fields, read_list

if TYPE_CHECKING:
    from cube_harbor.api import HarborApi

# How bmatcuk/doublestar, which Harbor uses, reads patterns.
_FLAGS = glob.GLOBSTAR | glob.BRACE | glob.DOTGLOB | glob.FORCEUNIX
_EXCLUDING = "xcludes"  # `excludes` of tags, `repoExcludes` of repositories


@dataclass(frozen=True)
class Selector:
    """A pattern, and whether names are selected that match it, or those that do not."""

    pattern: str
    is_excluding: bool = False

    def covers(self, name: str) -> bool:
        """Whether `name` is selected; an empty pattern matches everything."""
        is_match = not self.pattern or glob.globmatch(name, self.pattern, flags=_FLAGS)
        return bool(is_match) != self.is_excluding


@dataclass(frozen=True)
class TagRule:
    """A rule for the tags that all of `tags` select, in the repositories that all of the others do.

    Repositories are named without their project.
    """

    tags: tuple[Selector, ...]
    repositories: tuple[Selector, ...]

    def covers(self, repository: str, tag: str) -> bool:
        """Whether the rule is about this tag."""
        return all(one.covers(repository) for one in self.repositories) and all(
            one.covers(tag) for one in self.tags
        )


@dataclass(frozen=True)
class Retention:
    """How many enabled rules delete tags, and when; `schedule` is empty when only people start it.

    The schedule is a cron expression of six fields.
    """

    rule_count: int
    schedule: str


def parse_rule(value: Fields) -> TagRule:
    """From Harbor's `ImmutableRule` or `RetentionRule`. Raises NetworkError."""
    return TagRule(
        tuple(_selector(one) for one in value.objects("tag_selectors")),
        tuple(_selector(one) for one in value.inner("scope_selectors").objects("repository")),
    )


def read_immutability(api: HarborApi, project: str) -> tuple[TagRule, ...] | None:
    """The enabled rules that keep tags from being moved; None where the login may not know them.

    Raises AirgapError.
    """
    # More than one page of rules is beyond what Harbor allows (15).
    reply = api.ask(ApiCall(f"{project_path(project)}/immutabletagrules?page_size=100"))
    if reply.status == 403:
        return None
    if reply.status != 200:
        raise api.refusal(reply, f"list the immutability rules of {project}")
    rules = read_list(reply.body, f"immutability rules of {project}")
    return tuple(parse_rule(one) for one in rules if not one.truth("disabled"))


def read_retention(api: HarborApi, number: int) -> Retention | None:
    """A project's retention policy; None where the login may not know it. Raises AirgapError."""
    reply = api.ask(ApiCall(f"{API}/retentions/{number}"))
    if reply.status == 403:
        return None
    if reply.status != 200:
        raise api.refusal(reply, f"read the retention policy {number}")
    policy = Fields(reply.body, f"the retention policy {number}")
    rules = [one for one in policy.objects("rules") if not one.truth("disabled")]
    return Retention(len(rules), policy.inner("trigger").inner("settings").text("cron"))


def _selector(value: Fields) -> Selector:
    return Selector(value.text("pattern"), _EXCLUDING in value.text("decoration"))
