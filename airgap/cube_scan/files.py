"""The files of a tree, each read once, within bounds, and as text."""

from __future__ import annotations

import codecs
import io
import os
import stat
from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING

from cube_scan.problem import Problem, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from typing import TextIO

# A larger file is searched line by line: its tree would need some thirty times its size in memory.
LARGEST_PARSED = 6 << 20
LARGEST_SEARCHED = 64 << 20
_HEAD = 8 << 10
_READ_AT_ONCE = 64 << 10
_LONG_LINE = 1 << 10
_MOST_SEEN = 50_000
_SKIPPED_DIRECTORIES = {
    ".git",
    ".hg",
    ".svn",
    "node_modules",
    "__pycache__",
    ".venv",
    ".tox",
    ".mypy_cache",
}
# What package managers fetched when something was built; nothing asks for that at run time.
_SKIPPED_NAMES = {"package-lock.json", "npm-shrinkwrap.json", "pnpm-lock.yaml"}


class FileKind(StrEnum):
    """What a file is read as."""

    YAML = "yaml"
    JSON = "json"
    PYTHON = "python"
    SHELL = "shell"
    DOCKERFILE = "dockerfile"
    TABLE = "table"
    SETTINGS = "settings"
    LIST = "list"
    TEMPLATE = "template"
    TEXT = "text"


_BY_SUFFIX = {
    ".yaml": FileKind.YAML,
    ".yml": FileKind.YAML,
    ".json": FileKind.JSON,
    ".py": FileKind.PYTHON,
    ".sh": FileKind.SHELL,
    ".bash": FileKind.SHELL,
    ".csv": FileKind.TABLE,
    ".env": FileKind.SETTINGS,
    ".properties": FileKind.SETTINGS,
    ".txt": FileKind.LIST,
    ".dockerfile": FileKind.DOCKERFILE,
    ".tpl": FileKind.TEMPLATE,
    ".tmpl": FileKind.TEMPLATE,
    ".template": FileKind.TEMPLATE,
    ".j2": FileKind.TEMPLATE,
    ".ini": FileKind.TEXT,
    ".conf": FileKind.TEXT,
    ".cfg": FileKind.TEXT,
    ".cnf": FileKind.TEXT,
    ".toml": FileKind.TEXT,
}


@dataclass(frozen=True)
class SourceFile:
    """A file to look into: its path, its path below what was scanned, and what it is read as.

    What is in memory has its bytes as `content`, and is nowhere else.
    """

    path: Path
    name: str
    kind: FileKind
    size: int
    content: bytes | None = None

    @property
    def is_large(self) -> bool:
        """Whether it is searched line by line only."""
        return self.size > LARGEST_PARSED

    def read(self) -> bytes:
        """All of its bytes. Raises OSError."""
        return self.path.read_bytes() if self.content is None else self.content

    def lines(self) -> TextIO:
        """Its text, to be read line by line and closed. Raises OSError."""
        if self.content is None:
            return self.path.open(encoding="utf-8", errors="replace")
        return io.TextIOWrapper(io.BytesIO(self.content), encoding="utf-8", errors="replace")


@dataclass
class Tree:
    """The files below a path; `skipped` counts by suffix those of a kind that is not read."""

    root: Path
    files: list[SourceFile] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    skipped: Counter[str] = field(default_factory=Counter)


def kind_of_name(name: str) -> FileKind | None:
    """What a file of this name is read as; None if it is not looked into."""
    lowered = name.lower()
    if lowered in _SKIPPED_NAMES:
        return None
    if lowered.startswith("dockerfile") or lowered.endswith("dockerfile"):
        return FileKind.DOCKERFILE
    if lowered == ".env" or lowered.startswith(".env."):
        return FileKind.SETTINGS
    return _BY_SUFFIX.get(Path(lowered).suffix)


def walk(root: Path, exclude: Sequence[str] = ()) -> Tree:
    """The files below `root`, or `root` itself, in the order of their names.

    `exclude` are shell patterns of names below `root` that are left out.
    """
    tree = Tree(root if root.is_dir() else root.parent)
    if root.is_dir():
        _Walk(tree, exclude).directory(root, "")
    else:
        _Walk(tree, exclude).file(root, root.name)
    return tree


def held(contents: Mapping[str, bytes]) -> Tree:
    """Files that are in memory, by their names, as a tree whose root does not exist."""
    tree = Tree(Path())
    for name, content in sorted(contents.items()):
        kind = kind_of_name(Path(name).name)
        if kind is None:
            tree.skipped[Path(name).suffix or "(none)"] += 1
        else:
            tree.files.append(SourceFile(Path(name), name, kind, len(content), content))
    return tree


class _Walk:
    """Visits each directory once, whatever links lead to it; never leaves the root."""

    def __init__(self, tree: Tree, exclude: Sequence[str]) -> None:
        self._tree = tree
        self._exclude = exclude
        self._seen: set[tuple[int, int]] = set()
        self._top = tree.root.resolve()

    def directory(self, path: Path, name: str) -> None:
        status = path.stat()
        if (status.st_dev, status.st_ino) in self._seen:
            return
        self._seen.add((status.st_dev, status.st_ino))
        try:
            entries = sorted(os.scandir(path), key=lambda entry: entry.name)
        except OSError as error:
            self._problem(name or ".", f"it cannot be read: {error.strerror}")
            return
        for entry in entries:
            below = f"{name}/{entry.name}" if name else entry.name
            if any(fnmatchcase(below, glob) for glob in self._exclude):
                continue
            if entry.is_symlink() and not self._stays_inside(Path(entry.path), below):
                continue
            if entry.is_dir():
                if entry.name not in _SKIPPED_DIRECTORIES:
                    self.directory(Path(entry.path), below)
            else:
                self.file(Path(entry.path), below)

    def file(self, path: Path, name: str) -> None:
        kind = kind_of_name(path.name)
        if kind is None:
            self._tree.skipped[path.suffix or "(none)"] += 1
            return
        try:
            status = path.stat()
        except OSError as error:
            self._problem(name, f"it cannot be read: {error.strerror}")
            return
        if stat.S_ISREG(status.st_mode):
            self._tree.files.append(SourceFile(path, name, kind, status.st_size))

    def _stays_inside(self, path: Path, name: str) -> bool:
        try:
            target = path.resolve(strict=True)
        except (OSError, RuntimeError):
            self._warn(name, "the link leads nowhere, or in a circle")
            return False
        if not target.is_relative_to(self._top):
            self._warn(name, "the link leads out of what is scanned; it is not followed")
            return False
        return True

    def _problem(self, name: str, what: str) -> None:
        remedy = "make it readable, then scan again"
        self._tree.problems.append(Problem(name, 0, Severity.ERROR, what, remedy))

    def _warn(self, name: str, what: str) -> None:
        remedy = "scan the link's target as well if it matters"
        self._tree.problems.append(Problem(name, 0, Severity.WARNING, what, remedy))


class NotTextError(ValueError):
    """A file that should be text is not."""


def read_text(file: SourceFile) -> tuple[str, str]:
    """The text of a file that is not large, and a warning, empty if there is none.

    Raises NotTextError, OSError.
    """
    return decoded(file.read())


def decoded(raw: bytes) -> tuple[str, str]:
    """Bytes as text: UTF-8, UTF-16 with a mark, else GB 18030, else Latin-1, each with a warning.

    Raises NotTextError for what has NUL bytes.
    """
    if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return raw.decode(
            "utf-16", errors="replace"
        ), "it is UTF-16, which Kubernetes does not read"
    if b"\0" in raw[:_HEAD]:
        raise NotTextError("it is a binary file in spite of its name")
    try:
        return _plain(raw.decode("utf-8-sig")), ""
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
    for encoding in ("gb18030", "latin-1"):
        try:
            text = raw.decode(encoding)
        except UnicodeDecodeError:
            continue
        return _plain(text), f"line {line} is not UTF-8; it was read as {encoding}"
    raise NotTextError("it is not text")


def pieces_of_large(file: SourceFile) -> Iterator[tuple[int, str]]:
    """The lines of a large file with their numbers, up to a bound, never all of them in memory.

    A long line comes in pieces, cut at its commas, and what was seen shortly before is left out.
    Raises OSError.
    """
    seen: set[str] = set()
    for number, part in _parts_of_large(file):
        pieces = part.split(",") if len(part) > _LONG_LINE else [part]
        for piece in pieces:
            text = piece.strip()
            if text and text not in seen:
                if len(seen) >= _MOST_SEEN:
                    seen.clear()
                seen.add(text)
                yield number, piece


def _parts_of_large(file: SourceFile) -> Iterator[tuple[int, str]]:
    """Lines, or parts of them that end at a comma."""
    left, number, begun = LARGEST_SEARCHED, 1, ""
    with file.lines() as stream:
        while left > 0 and (read := stream.readline(_READ_AT_ONCE)):
            left -= len(read)
            part = begun + read
            begun = ""
            is_line = read.endswith("\n")
            if not is_line and len(part) < LARGEST_PARSED:
                part, comma, begun = part.rpartition(",")
                part += comma
            yield number, part
            number += is_line
    yield number, begun


def _plain(text: str) -> str:
    return text.replace("\r\n", "\n")
