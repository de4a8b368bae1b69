"""What a site chooses of a stack: values by their types, and which components are on."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any

from cube_airgap.errors import UsageError, raise_all
from cube_airgap.near_names import did_you_mean
from cube_airgap.stack_entries import ValueType

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from cube_airgap.stack import Stack
    from cube_airgap.stack_entries import Component, Profile, Scalar, SecretRule, StackValue

_HOST_NAME = re.compile(
    r"(?=.{1,253}$)[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*"
)
_PATH = re.compile(r"(/[A-Za-z0-9._-]+)+")
_QUANTITY = re.compile(r"[0-9]+(\.[0-9]+)?(m|k|[KMGTPE]i?)?")
# What would end a quoted text early in YAML, JSON or Python.
_TEXT = re.compile(r"[^\x00-\x1f\x7f\"'\\]*")


@dataclass(frozen=True)
class Given:
    """What a site says, and where."""

    value: object
    where: str


@dataclass(frozen=True)
class Wishes:
    """What a site wants of a stack, by the names of its values and profiles."""

    values: Mapping[str, Given] = field(default_factory=dict)
    profiles: Mapping[str, Given] = field(default_factory=dict)

    def but(self, others: Wishes) -> Wishes:
        """These, and `others` before them."""
        return Wishes({**self.values, **others.values}, {**self.profiles, **others.profiles})


@dataclass(frozen=True)
class Chosen:
    """What a stack is for one site: every value, and what of it is on, in its order."""

    values: Mapping[str, Scalar]
    components: tuple[Component, ...]
    secrets: tuple[SecretRule, ...]

    @property
    def texts(self) -> dict[str, str]:
        """The values as they stand in files."""
        return {name: as_text(value) for name, value in self.values.items()}


def as_text(value: Scalar) -> str:
    """A value as it stands in a file."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def problem_of(value: StackValue, given: object) -> str | None:
    """What is wrong with `given` for `value`, as the end of a sentence; None if nothing is."""
    if value.type is ValueType.CHOICE:
        return None if given in value.choices else f"is none of {', '.join(value.choices)}"
    if value.type is ValueType.BOOLEAN:
        return None if isinstance(given, bool) else "is neither true nor false"
    if value.type is ValueType.INTEGER:
        is_number = isinstance(given, int) and not isinstance(given, bool)
        return None if is_number else "is no whole number"
    if not isinstance(given, str):
        return "is no text: a number or a word such as yes needs quotes"
    is_right, problem = _TEXTS[value.type]
    return None if is_right(given) else problem


def choose(stack: Stack, wishes: Wishes) -> Chosen:
    """What `stack` is for a site. Raises UsageError, or all of them at once."""
    errors = [*_unknown(stack, wishes), *_wrong_values(stack, wishes)]
    errors += _missing(stack, wishes)
    raise_all(errors)
    values: dict[str, Any] = {
        name: wishes.values[name].value if name in wishes.values else value.default
        for name, value in stack.values.items()
    }
    on = profiles_on(stack, values, wishes)
    components = tuple(one for one in stack.components if one.profile in on)
    raise_all(list(_lacking(stack, components)))
    secrets = tuple(one for one in stack.secrets if not one.profile or one.profile in on)
    return Chosen(values, components, secrets)


def profiles_on(stack: Stack, values: Mapping[str, Any], wishes: Wishes) -> frozenset[str]:
    """The profiles that are on: as the site wishes, else by a value, else by default."""
    return frozenset(
        name
        for name, profile in stack.profiles.items()
        if (wishes.profiles[name].value if name in wishes.profiles else _is_on(profile, values))
    )


def _is_on(profile: Profile, values: Mapping[str, Any]) -> bool:
    if profile.when:
        return bool(values[profile.when])
    return not values[profile.unless] if profile.unless else profile.is_default


def _unknown(stack: Stack, wishes: Wishes) -> Iterator[UsageError]:
    for what, given, known in (
        ("value", wishes.values, stack.values),
        ("profile", wishes.profiles, stack.profiles),
    ):
        for name, one in given.items():
            if name not in known:
                told = f"{one.where}: the stack {stack.name} has no {what} {name}"
                yield UsageError(told, remedy=did_you_mean(name, known))


def _wrong_values(stack: Stack, wishes: Wishes) -> Iterator[UsageError]:
    for name, one in wishes.values.items():
        value = stack.values.get(name)
        problem = problem_of(value, one.value) if value else None
        if value and problem:
            told = f"{one.where}: {name}: {str(one.value)[:100]!r} {problem}"
            yield UsageError(told, remedy=f"{name} is {value.about}")
    for name, one in wishes.profiles.items():
        if not isinstance(one.value, bool):
            told = (
                f"{one.where}: profile {name}: {str(one.value)[:100]!r} is neither true nor false"
            )
            yield UsageError(told, remedy="write true or false")


def _missing(stack: Stack, wishes: Wishes) -> Iterator[UsageError]:
    for name, value in stack.values.items():
        if value.default is None and name not in wishes.values:
            yield UsageError(
                f"the site says nothing of {name}: {value.about}",
                remedy=f"write it into the site file, below stack: values: {name}",
            )


def _lacking(stack: Stack, components: tuple[Component, ...]) -> Iterator[UsageError]:
    on = {one.name for one in components}
    for one in components:
        for need in one.needs:
            if need not in on:
                profile = stack.component(need).profile
                yield UsageError(
                    f"component {one.name} (profile {one.profile}) needs {need}, whose profile "
                    f"{profile} is off",
                    remedy=f"switch {profile} on, or {one.profile} off, below stack: profiles",
                )


def _is_ip(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def _is_reachable_ip(text: str) -> bool:
    """Whether other hosts may have a way to it; the API server refuses the rest, too."""
    if not _is_ip(text):
        return False
    found = ip_address(text)
    is_local = found.is_loopback or found.is_link_local or found.is_unspecified
    return not (is_local or found.is_multicast)


def _is_address(text: str) -> bool:
    is_name = bool(_HOST_NAME.fullmatch(text)) and not re.fullmatch(r"[0-9.]+", text)
    return is_name or _is_ip(text)


_TEXTS: dict[ValueType, tuple[Callable[[str], object], str]] = {
    ValueType.TEXT: (_TEXT.fullmatch, "has quotes, backslashes or line ends"),
    ValueType.IP: (_is_reachable_ip, "is no IP address that other hosts can reach"),
    ValueType.ADDRESS: (_is_address, "is neither an IP address nor a host name"),
    ValueType.PATH: (_PATH.fullmatch, "is no absolute path of plain names"),
    ValueType.QUANTITY: (_QUANTITY.fullmatch, "is no quantity such as 10Gi"),
}
