"""The words by which images, placeholders and downloads are told from everything else."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache, cached_property
from importlib import resources
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from collections.abc import Iterable

_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+|[^\x00-\x7f]+")


def shipped_data(name: str) -> Any:  # noqa: ANN401 - whatever that data file holds
    """The content of a data file of this package."""
    file = resources.files("cube_scan") / "data" / name
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return yaml.load(file.read_text(encoding="utf-8"), loader)  # noqa: S506 - a safe loader


@cache
def words_of(key: str) -> str:
    """A key's words, lower case, with a space between: `jobWorkerImage` is `job worker image`."""
    return " ".join(_WORDS.findall(key)).lower()


@dataclass(frozen=True)
class Vocabulary:
    """Answers about single keys and texts; what it knows is in data/vocabulary.yaml."""

    data: dict[str, Any]

    @classmethod
    @cache
    def shipped(cls) -> Vocabulary:
        """The one that comes with the package."""
        return Vocabulary(shipped_data("vocabulary.yaml"))

    def names_image(self, key: str) -> bool:
        """Whether a field, variable or argument of this name holds an image or several."""
        return _ends_in(self._image_ends, self._other_ends, words_of(key))

    def is_image_flag(self, key: str) -> bool:
        """Whether the value of the command line flag `key` is an image."""
        return key.lstrip("-") in self._flags or self.names_image(key)

    def is_document_key(self, key: str) -> bool:
        """Whether text under `key` is for people to read."""
        return key.lower() in self._document_keys

    def is_placeholder(self, text: str) -> bool:
        """Whether `text` stands for an image that something else fills in."""
        lowered = text.lower().removesuffix(":latest")
        if lowered in self._placeholder_words or lowered.strip("x.:/-") == "":
            return True
        return any(mark in text for mark in self._placeholder_marks)

    def is_file_name(self, text: str) -> bool:
        """Whether `text` names a file rather than an image."""
        if text.startswith(("/", "./", "../", "~", "\\", "data:")):
            return True
        return text.lower().endswith(self._file_ends)

    def is_registry(self, host: str) -> bool:
        """Whether `host` is known to serve images."""
        return host in self._hosts or any(fnmatchcase(host, glob) for glob in self._host_globs)

    @cached_property
    def official(self) -> frozenset[str]:
        """Docker Hub's official images, by their one word."""
        return frozenset(self.data["official"])

    @cached_property
    def not_images(self) -> frozenset[str]:
        """Words that stand among images and are none."""
        return frozenset(self.data["placeholders"]["not_images"])

    @cached_property
    def not_tags(self) -> frozenset[str]:
        """What follows a colon but is no tag."""
        return frozenset(self.data["not_tags"])

    def part(self, name: str) -> frozenset[str]:
        """The keys of one part of an image that is written in parts."""
        return self._parts[name]

    @cached_property
    def urls(self) -> dict[str, tuple[str, ...]]:
        """Words about addresses, by what they say."""
        return {name: tuple(words) for name, words in self.data["urls"].items()}

    @cached_property
    def _parts(self) -> dict[str, frozenset[str]]:
        return {name: frozenset(words) for name, words in self.data["parts"].items()}

    @cached_property
    def _image_ends(self) -> tuple[str, ...]:
        return tuple(self.data["image_keys"]["ends"])

    @cached_property
    def _other_ends(self) -> tuple[str, ...]:
        return tuple(self.data["image_keys"]["not"])

    @cached_property
    def _flags(self) -> frozenset[str]:
        return frozenset(self.data["image_keys"]["flags"])

    @cached_property
    def _document_keys(self) -> frozenset[str]:
        return frozenset(self.data["document_keys"])

    @cached_property
    def _placeholder_words(self) -> frozenset[str]:
        return frozenset(self.data["placeholders"]["words"])

    @cached_property
    def _placeholder_marks(self) -> tuple[str, ...]:
        return tuple(self.data["placeholders"]["marks"])

    @cached_property
    def _file_ends(self) -> tuple[str, ...]:
        return tuple(self.data["file_ends"])

    @cached_property
    def _hosts(self) -> frozenset[str]:
        return frozenset(host for host in self.data["registries"] if "*" not in host)

    @cached_property
    def _host_globs(self) -> tuple[str, ...]:
        return tuple(host for host in self.data["registries"] if "*" in host)


@cache
def _ends_in(ends: Iterable[str], others: Iterable[str], words: str) -> bool:
    padded = f" {words}"
    if not any(padded.endswith(f" {end}") for end in ends):
        return False
    return not any(padded.endswith(f" {other}") for other in others)
