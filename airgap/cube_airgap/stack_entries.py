"""The entries of a stack: values, profiles, secrets, and components."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

DEFAULT_DEADLINE = 600
Scalar = str | int | bool


class ValueType(StrEnum):
    """What a value may be."""

    TEXT = "text"
    BOOLEAN = "boolean"
    INTEGER = "integer"
    IP = "ip"
    ADDRESS = "address"
    PATH = "path"
    QUANTITY = "quantity"
    CHOICE = "choice"


@dataclass(frozen=True)
class StackValue:
    """Something that a site may set; without `default` it has to."""

    name: str
    type: ValueType
    about: str
    default: Scalar | None = None
    choices: tuple[str, ...] = ()


@dataclass(frozen=True)
class Profile:
    """Components that are on together: by default, or by a boolean value.

    That is when the value `when` is true, or the value `unless` is false.
    """

    name: str
    about: str = ""
    is_default: bool = False
    when: str = ""
    unless: str = ""

    @property
    def is_off(self) -> bool:
        """Whether only a site's wish can switch it on."""
        return not (self.is_default or self.when or self.unless)


@dataclass(frozen=True)
class Adopted:
    """The env variable of a workload in which an installation made by hand has a secret."""

    kind: str
    namespace: str
    name: str
    env: str


@dataclass(frozen=True)
class KeyRule:
    """How the text of a secret's key comes about: as it is, adopted, or `length` random letters."""

    text: str = ""
    length: int = 0
    adopted: Adopted | None = None


@dataclass(frozen=True)
class SecretRule:
    """A secret that is made in each of `namespaces` where `profile` (empty: always) is on."""

    name: str
    namespaces: tuple[str, ...]
    about: str
    keys: Mapping[str, KeyRule]
    kind: str = "Opaque"
    profile: str = ""
    where: str = ""


@dataclass(frozen=True)
class ConfigMapRule:
    """A ConfigMap made of files: `keys` tell the file of each; or of the bundle's seed data."""

    name: str
    namespace: str
    keys: Mapping[str, str] = field(default_factory=dict)
    takes_seeds: bool = False
    where: str = ""


@dataclass(frozen=True)
class SettingsRule:
    """Python assignments in `file` whose values become literals of `values`."""

    file: str
    values: Mapping[str, Any]
    where: str = ""


@dataclass(frozen=True)
class AwaitedObject:
    """An object that others make, and that has to be up too."""

    api_version: str
    kind: str
    namespace: str
    name: str


@dataclass(frozen=True)
class Component:
    """Objects that belong together; `manifests` are their files, sorted.

    All files are named from the top of the stack. `generates` names what rendering adds.
    """

    name: str
    about: str
    profile: str
    needs: tuple[str, ...] = ()
    deadline: int = DEFAULT_DEADLINE
    keeps: bool = False
    generates: str = ""
    manifests: tuple[str, ...] = ()
    config_maps: tuple[ConfigMapRule, ...] = ()
    settings: tuple[SettingsRule, ...] = ()
    awaits: tuple[AwaitedObject, ...] = ()
    where: str = ""
