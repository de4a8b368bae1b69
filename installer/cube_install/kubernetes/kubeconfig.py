"""Kubeconfig files, merged and read as kubectl does."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import yaml

from cube_airgap.errors import MissingError, UsageError
from cube_airgap.file_range import read_head

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_LARGEST = 16 << 20


@dataclass(frozen=True)
class Entry:
    """A context, cluster or user, as the kubeconfig `file` has it; `section` is which of these."""

    file: Path
    section: str
    name: str
    fields: dict[str, Any]

    @property
    def origin(self) -> str:
        """Where it is, for people."""
        return f"{self.section} {self.name} in {self.file}"

    def text(self, key: str) -> str:
        """The text at `key`; empty where there is none. Raises UsageError for anything else."""
        value = self.fields.get(key)
        if value is None:
            return ""
        if not isinstance(value, str):
            raise self.error(f"its {key} is no text")
        return value.strip()

    def mapping(self, key: str) -> dict[str, Any] | None:
        """The mapping at `key`, or None. Raises UsageError for anything else."""
        value = self.fields.get(key)
        if value is not None and not isinstance(value, dict):
            raise self.error(f"its {key} is no mapping")
        return value

    def is_set(self, key: str) -> bool:
        """Whether `key` is true."""
        return self.fields.get(key) is True

    def data(self, key: str) -> bytes:
        """The bytes at `KEY-data`, in base64, or in the file at `key`; empty without both.

        Paths are relative to the kubeconfig. Raises UsageError.
        """
        if encoded := self.text(f"{key}-data"):
            try:
                return base64.b64decode(encoded, validate=True)
            except (binascii.Error, ValueError):
                raise self.error(f"its {key}-data is no base64") from None
        path = self.path(key)
        if path is None:
            return b""
        try:
            return read_head(path, _LARGEST)
        except MissingError as error:
            raise self.error(f"its {key} cannot be read: {error}") from None

    def path(self, key: str) -> Path | None:
        """The file named at `key`, or None. Raises UsageError."""
        text = self.text(key)
        return self.file.parent / text if text else None

    def error(self, what: str) -> UsageError:
        """What is wrong with it."""
        return UsageError(
            f"kubeconfig {self.file}, {self.section} {self.name}: {what}", remedy=_CORRECT
        )


@dataclass(frozen=True)
class Kubeconfig:
    """Several files as one: of what two of them have, the first one's counts."""

    files: tuple[Path, ...]
    current: str
    contexts: dict[str, Entry]
    clusters: dict[str, Entry]
    users: dict[str, Entry]

    @classmethod
    def read(cls, files: Sequence[Path]) -> Kubeconfig:
        """Read and merge `files`. Raises MissingError, UsageError."""
        current = ""
        sections: dict[str, dict[str, Entry]] = {"context": {}, "cluster": {}, "user": {}}
        for file in files:
            body = _parsed(file)
            current = current or _text_at(file, body, "current-context")
            for section, known in sections.items():
                for entry in _entries(file, body, section):
                    known.setdefault(entry.name, entry)
        return cls(
            tuple(files), current, sections["context"], sections["cluster"], sections["user"]
        )

    @property
    def shown(self) -> str:
        """The files' names."""
        return ", ".join(map(str, self.files))

    def context(self, name: str = "") -> tuple[Entry, Entry, Entry | None]:
        """The context `name`, or the current one, with its cluster and user. Raises UsageError."""
        name = name or self.current
        if not name:
            raise UsageError(
                f"the kubeconfig {self.shown} has no current context",
                remedy=f"choose one with --context: {_offered(self.contexts)}",
            )
        if name not in self.contexts:
            raise UsageError(
                f"the kubeconfig {self.shown} has no context {name!r}",
                remedy=f"choose one with --context: {_offered(self.contexts)}",
            )
        context = self.contexts[name]
        cluster = self._named(context, "cluster", self.clusters)
        if cluster is None:
            raise context.error("it names no cluster")
        return context, cluster, self._named(context, "user", self.users)

    def _named(self, context: Entry, key: str, known: dict[str, Entry]) -> Entry | None:
        name = context.text(key)
        if name and name not in known:
            raise context.error(f"its {key} {name!r} is not there; there are: {_offered(known)}")
        return known[name] if name else None


_CORRECT = "correct the kubeconfig, or get a new one from the cluster's administrator"


def _parsed(file: Path) -> dict[str, Any]:
    try:
        raw = read_head(file, _LARGEST)
    except MissingError as error:
        raise MissingError(
            f"the kubeconfig {error}",
            remedy="name the right file with --kubeconfig, in the site file below cluster: "
            "kubeconfig, or in the variable KUBECONFIG",
        ) from None
    try:
        body = yaml.safe_load(raw)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        line = f" (line {mark.line + 1})" if mark else ""
        raise UsageError(f"the kubeconfig {file} is not YAML{line}", remedy=_CORRECT) from None
    if body is None:
        raise UsageError(f"the kubeconfig {file} is empty", remedy=_CORRECT)
    if not isinstance(body, dict):
        raise UsageError(f"the file {file} is no kubeconfig", remedy=_CORRECT)
    return body


def _text_at(file: Path, body: dict[str, Any], key: str) -> str:
    value = body.get(key)
    if value is not None and not isinstance(value, str):
        raise UsageError(f"kubeconfig {file}: its {key} is no text", remedy=_CORRECT)
    return value or ""


def _entries(file: Path, body: dict[str, Any], section: str) -> list[Entry]:
    listed = body.get(f"{section}s") or []
    if not isinstance(listed, list) or not all(_is_entry(one, section) for one in listed):
        raise UsageError(
            f"kubeconfig {file}: {section}s is no list of named {section}s", remedy=_CORRECT
        )
    return [Entry(file, section, one["name"], one.get(section) or {}) for one in listed]


def _is_entry(one: object, section: str) -> bool:
    return (
        isinstance(one, dict)
        and isinstance(one.get("name"), str)
        and isinstance(one.get(section) or {}, dict)
    )


def _offered(known: dict[str, Entry]) -> str:
    return ", ".join(sorted(known)) or "none is there"
