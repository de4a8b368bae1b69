"""Objects as YAML text that every reader takes for the same."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from collections.abc import Mapping


# YAML's printable characters without the mark of byte order.
_PLAIN = r"\x20-\x7e\n\t\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd"
_NO_BLOCK = re.compile(rf"[ \t]\n|[^\S\n]\Z|\A[ \t]|[^{_PLAIN}]")
# What YAML 1.2 and Go's reader take for numbers and booleans, beyond what Python's does.
_NUMBER = re.compile(r"[-+]?[0-9]+[eE][-+]?[0-9]+\Z|0o[0-7]+\Z")
_TRUTH = re.compile(r"[yYnN]\Z")


class _Dumper(getattr(yaml, "CSafeDumper", yaml.SafeDumper)):  # type: ignore[misc]
    """Writes texts of several lines as blocks, and quotes what some reader takes for no text."""


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    # A block cannot hold blanks at the ends of lines in a way that people see.
    is_block = "\n" in text and not _NO_BLOCK.search(text)
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if is_block else None)


_Dumper.add_representer(str, _text)
_Dumper.add_implicit_resolver("tag:yaml.org,2002:float", _NUMBER, list("-+0123456789"))
_Dumper.add_implicit_resolver("tag:yaml.org,2002:bool", _TRUTH, list("yYnN"))


def yaml_document(body: Mapping[str, Any]) -> str:
    """One document without its `---`, keys in their order."""
    text: str = yaml.dump(body, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=10_000)
    return text
