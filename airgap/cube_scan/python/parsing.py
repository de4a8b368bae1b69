"""Python source as a syntax tree."""

from __future__ import annotations

import ast
import warnings


class PythonTextError(ValueError):
    """The text is not Python; `line` counts from 1."""

    def __init__(self, line: int, what: str) -> None:
        super().__init__(what)
        self.line = line


def parse_python(text: str) -> ast.Module:
    """The syntax tree. Raises PythonTextError."""
    try:
        with warnings.catch_warnings():
            # What Python has to say about the style of a scanned file is not for our reader.
            warnings.simplefilter("ignore")
            return ast.parse(text.removeprefix("\ufeff"))
    except SyntaxError as error:
        raise PythonTextError(error.lineno or 1, f"it is not Python: {error.msg}") from None
    except (ValueError, RecursionError, MemoryError) as error:
        raise PythonTextError(1, f"it is not Python: {error}") from None
