"""What an install script applies: its kubectl commands, with the directories it goes through."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cube_scan.files import NotTextError, decoded
from cube_scan.shell import commands_in, script_lines

if TYPE_CHECKING:
    from pathlib import Path

_APPLYING = {"apply", "create", "replace"}
_SHELLS = {"sh", "bash", "source", ".", "/bin/sh", "/bin/bash"}
_FILE_FLAGS = {"-f", "--filename", "-Rf", "-fR"}
_KUSTOMIZE_FLAGS = {"-k", "--kustomize"}
_DEEPEST = 5


@dataclass
class Applied:
    """Files and kustomizations applied, scripts run; `remote` has script, line and address."""

    files: set[Path] = field(default_factory=set)
    kustomizations: set[Path] = field(default_factory=set)
    scripts: set[Path] = field(default_factory=set)
    remote: list[tuple[str, int, str]] = field(default_factory=list)


def read_start_script(path: Path) -> Applied:
    """What the script at `path`, and those that it runs, apply."""
    applied = Applied()
    _Run(applied).script(path, path.parent, 0)
    return applied


class _Run:
    """Follows a script's `cd`, `kubectl` and calls of other scripts, in the order of its lines."""

    def __init__(self, applied: Applied) -> None:
        self._applied = applied

    def script(self, path: Path, directory: Path, depth: int) -> None:
        if depth > _DEEPEST or path in self._applied.scripts or not path.is_file():
            return
        self._applied.scripts.add(path)
        try:
            text, _ = decoded(path.read_bytes())
        except (NotTextError, OSError):
            return
        for line, code in script_lines(text):
            for words in commands_in(code):
                directory = self._command(words, directory, (path, line, depth))

    def _command(self, words: list[str], directory: Path, at: tuple[Path, int, int]) -> Path:
        """The directory after the command."""
        path, line, depth = at
        program = words[0].rpartition("/")[2]
        if program in {"cd", "pushd"} and len(words) > 1 and "$" not in words[1]:
            below = directory / words[1]
            return below if below.is_dir() else directory
        if program in {"kubectl", "kfctl", "k3s", "oc"}:
            self._kubectl(words[1:], directory, (path.name, line))
        elif program in _SHELLS and len(words) > 1:
            self.script(directory / words[1], directory, depth + 1)
        elif words[0].startswith("./") and words[0].endswith(".sh"):
            self.script(directory / words[0], directory, depth + 1)
        return directory

    def _kubectl(self, words: list[str], directory: Path, at: tuple[str, int]) -> None:
        verbs = [word for word in words if not word.startswith("-")]
        verb = next(
            (word for word in verbs if word in _APPLYING or word in {"kustomize", "delete"}), ""
        )
        if verb == "kustomize":
            below = [word for word in verbs if word not in {"kubectl", "kustomize"}]
            self._applied.kustomizations.update(directory / word for word in below[:1])
        if verb not in _APPLYING:
            return
        for flag, value in _flags(words):
            if flag in _KUSTOMIZE_FLAGS:
                self._applied.kustomizations.add(directory / value)
            elif flag in _FILE_FLAGS and "://" in value:
                self._applied.remote.append((*at, value))
            elif flag in _FILE_FLAGS and value != "-":
                self._applied.files.update(_matching(directory, value))
            elif flag == "--from-file":
                self._applied.files.add(directory / value.rpartition("=")[2])


def _flags(words: list[str]) -> list[tuple[str, str]]:
    found = []
    for number, word in enumerate(words):
        flag, equals, value = word.partition("=")
        if not flag.startswith("-"):
            continue
        if equals:
            found.append((flag, value))
        elif number + 1 < len(words):
            found.append((flag, words[number + 1]))
    return found


def _matching(directory: Path, pattern: str) -> list[Path]:
    """What the shell makes of a file argument."""
    if not any(mark in pattern for mark in "*?[") or pattern.startswith("/"):
        return [directory / pattern]
    return sorted(directory.glob(pattern.removeprefix("./")))
