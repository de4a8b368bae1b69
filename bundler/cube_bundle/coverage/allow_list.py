"""An allow-list: what may be asked for and not carried, each entry with its reason."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from fnmatch import fnmatchcase
from importlib import resources
from typing import TYPE_CHECKING, Any, Self

from cube_airgap.errors import UsageError
from cube_airgap.yaml_document import YamlDocument

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path


class Subject(StrEnum):
    """What an entry is about, and the key that it is written under."""

    IMAGE = "image"
    ASSET = "asset"
    TEXT = "text"
    FILE = "file"
    PROFILE = "profile"


_SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["version", "allow"],
    "additionalProperties": False,
    "properties": {
        "version": {"const": 1},
        "allow": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["reason"],
                "additionalProperties": False,
                "minProperties": 2,
                "maxProperties": 2,
                "properties": {
                    name: {"type": "string", "minLength": 1, "pattern": r"\S"}
                    for name in (*Subject, "reason")
                },
            },
        },
    },
}


@dataclass(frozen=True)
class AllowEntry:
    """What fits `pattern`, in which `*` stands for anything, is allowed because of `reason`.

    `where` is where the entry stands; empty for those that come with the product.
    """

    subject: Subject
    pattern: str
    reason: str
    where: str = ""

    def fits(self, texts: Iterable[str]) -> bool:
        """Whether any of `texts`, the names of one thing, is meant."""
        return any(text == self.pattern or fnmatchcase(text, self.pattern) for text in texts)


@dataclass(frozen=True)
class AllowList:
    """Entries in order: the first that fits counts."""

    entries: tuple[AllowEntry, ...] = ()

    @classmethod
    def shipped(cls) -> Self:
        """The one that comes with the product."""
        file = resources.files("cube_bundle.coverage") / "data" / "allowed.yaml"
        return cls(tuple(_entries(YamlDocument(file.read_bytes(), file.name), where=False)))

    @classmethod
    def read(cls, path: Path) -> Self:
        """The one in a file. Raises MissingError, UsageError with file and line."""
        return cls(tuple(_entries(YamlDocument.read(path), where=True)))

    @classmethod
    def of_skips(cls, texts: Iterable[str]) -> Self:
        """Assets that are left out by `NAME=REASON` each. Raises UsageError."""
        return cls(tuple(_skip(text) for text in texts))

    def __add__(self, other: AllowList) -> AllowList:
        return AllowList((*self.entries, *other.entries))

    def find(self, subject: Subject, *texts: str) -> AllowEntry | None:
        """The entry that allows the thing with these names, or None."""
        return next(
            (one for one in self.entries if one.subject is subject and one.fits(texts)), None
        )


def _entries(document: YamlDocument, *, where: bool) -> Iterator[AllowEntry]:
    document.validate(_SCHEMA)
    for number, entry in enumerate(document.data["allow"]):
        (subject,) = (one for one in Subject if one in entry)
        place = document.where("allow", number) if where else ""
        yield AllowEntry(subject, entry[subject].strip(), entry["reason"].strip(), place)


def _skip(text: str) -> AllowEntry:
    name, equals, reason = text.rpartition("=") if "://" in text else text.partition("=")
    if not equals or not name.strip() or not reason.strip():
        raise UsageError(
            f"{text[:200]!r} does not say which asset to leave out, and why",
            remedy="write --skip-asset 'NAME=REASON'; the far side will read the reason",
        )
    return AllowEntry(Subject.ASSET, name.strip(), reason.strip(), "--skip-asset")
