"""Constants of a platform's settings modules, which its other modules read by name."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from cube_scan.files import FileKind, NotTextError, SourceFile, read_text
from cube_scan.python.evaluator import Evaluator
from cube_scan.python.parsing import PythonTextError, parse_python
from cube_scan.python.scopes import constants_of, scopes_of
from cube_scan.python.text import is_whole, shown

if TYPE_CHECKING:
    from collections.abc import Iterable

_NAMES = ("config*.py", "*_config.py", "settings*.py", "*_settings.py", "constants.py")


def settings_of(files: Iterable[SourceFile]) -> dict[str, tuple[str, ...]]:
    """The texts that settings modules give each capitalised name, in the order of the files."""
    found: dict[str, dict[str, None]] = {}
    for file in files:
        if file.kind is FileKind.PYTHON and not file.is_large and _is_settings(file):
            for name, text in _constants(file):
                found.setdefault(name, {})[text] = None
    return {name: tuple(texts) for name, texts in found.items()}


def _is_settings(file: SourceFile) -> bool:
    return any(fnmatchcase(file.path.name, glob) for glob in _NAMES)


def _constants(file: SourceFile) -> list[tuple[str, str]]:
    try:
        module = parse_python(read_text(file)[0])
    except (PythonTextError, NotTextError, OSError):
        return []
    scope = scopes_of(module)[module]
    evaluator = Evaluator({})
    return [
        (name, shown(text))
        for name, value in constants_of(module)
        for text in evaluator.texts(value, scope)
        if is_whole(text)
    ]
