"""A have-list: which blobs and manifests a registry holds, small enough to be carried out by hand.

schemas/have.schema.json and docs/install.md specify it; compact_have has two smaller forms.
"""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol, Self

from cube_airgap.compact_have import FILE_MAGIC, TEXT_MAGIC, CompactHaveList
from cube_airgap.errors import MissingError, UsageError
from cube_airgap.json_values import read_list, read_number, read_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from cube_airgap.digest import Digest

_FORMAT, _MAJOR, _MINOR = "cube-airgap-have", 1, 0
_DIGITS = 16
"""64 bits: two of 10,000 blobs agree in them once in 10^11 lists, and whoever relies on a blob asks
the registry for all of its digest before anything is written."""
_HEX = frozenset("0123456789abcdef")


class Having(Protocol):
    """Tells what a registry has."""

    def has(self, digest: Digest) -> bool:
        """Whether a blob or manifest is there, as far as is known."""
        ...


@dataclass(frozen=True)
class HaveList:
    """What `registry` has: by repository, the first digits of each blob's or manifest's sha256.

    Each is in one repository's set only, although others may hold it too.
    """

    registry: str
    repositories: Mapping[str, frozenset[str]]

    @classmethod
    def of(cls, registry: str, blobs: Iterable[tuple[str, Digest]]) -> Self:
        """From pairs of a repository and a blob in it; the same pairs give the same list."""
        holder: dict[str, str] = {}
        for repository, digest in sorted(blobs):
            if digest.algorithm == "sha256":
                holder.setdefault(digest.hex[:_DIGITS], repository)
        found: dict[str, set[str]] = defaultdict(set)
        for prefix, repository in holder.items():
            found[repository].add(prefix)
        return cls(registry, {name: frozenset(one) for name, one in sorted(found.items())})

    @cached_property
    def _holders(self) -> dict[str, str]:
        found = self.repositories.items()
        return {prefix: repository for repository, prefixes in found for prefix in prefixes}

    def __len__(self) -> int:
        return sum(len(prefixes) for prefixes in self.repositories.values())

    def holder(self, digest: Digest) -> str | None:
        """A repository that holds the blob; None where none is known to."""
        return self._holders.get(digest.hex[:_DIGITS]) if digest.algorithm == "sha256" else None

    def has(self, digest: Digest) -> bool:
        """Whether the registry has it."""
        return self.holder(digest) is not None

    def encode(self) -> bytes:
        """The file: a line for each repository, and the same list gives the same bytes."""
        head = json.dumps({"name": _FORMAT, "major": _MAJOR, "minor": _MINOR})
        lines = [
            f"{json.dumps(name)}: {json.dumps(sorted(prefixes), separators=(',', ':'))}"
            for name, prefixes in sorted(self.repositories.items())
        ]
        body = ",\n".join(lines)
        text = f'{{"format": {head},\n"registry": {json.dumps(self.registry)},\n'
        return f'{text}"repositories": {{\n{body}\n}}}}\n'.encode()

    @classmethod
    def parse(cls, raw: bytes, *, where: str) -> Self:
        """Read a file; `where` names it in errors. Raises UsageError."""
        try:
            body = json.loads(raw)
            _check_version(body["format"], where)
            found = {
                name: frozenset(_prefix(text) for text in read_list(prefixes))
                for name, prefixes in body["repositories"].items()
            }
            return cls(read_text(body["registry"]), found)
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            why = f"{error} is missing" if isinstance(error, KeyError) else str(error)
            raise UsageError(
                f"{where} is no have-list: {why[:200]}",
                remedy="write one with `cube-install have > have.json`, and carry it unchanged",
            ) from None


def _check_version(version: Any, where: str) -> None:  # noqa: ANN401 - JSON can be anything
    if version["name"] != _FORMAT:
        raise ValueError(f"its format is {version['name']!r}")
    if read_number(version["major"]) != _MAJOR:
        raise UsageError(
            f"{where} has format version {version['major']}; this program reads {_MAJOR}.x",
            remedy="use a cube-bundle that is as new as the cube-install that wrote it",
        )


def _prefix(text: object) -> str:
    found = read_text(text)
    if len(found) != _DIGITS or not _HEX.issuperset(found):
        raise ValueError(f"{found[:80]!r} is not {_DIGITS} hexadecimal digits")
    return found


def read_have_list(path: Path) -> Having:
    """The have-list in the file `path`, in whichever form it is.

    Raises MissingError, UsageError, and IntegrityError for one that was damaged.
    """
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise MissingError(
            f"{path} cannot be read: {error.strerror}",
            remedy="give the have-list that `cube-install have` wrote inside",
        ) from None
    return parse_have_list(raw, where=str(path))


def parse_have_list(raw: bytes, *, where: str) -> Having:
    """The have-list of these bytes; raises as read_have_list() does."""
    if raw.startswith(FILE_MAGIC):
        return CompactHaveList.parse(raw, where=where)
    text = raw.decode(errors="replace").lstrip("\ufeff").lstrip()
    first = " ".join(text.partition("\n")[0].lower().split())
    if first.startswith(TEXT_MAGIC):
        return CompactHaveList.parse_text(text, where=where)
    if not text.startswith("{"):
        raise UsageError(
            f"{where} is no have-list: neither JSON, nor is its first line {TEXT_MAGIC!r}",
            remedy="write one with `cube-install have`, and carry it unchanged; a bundle or a lock "
            "is given with --since",
        )
    return HaveList.parse(raw, where=where)
