"""What the documentation says is typed: fenced blocks marked to be run, and files beside them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
_BLOCK = re.compile(r"^```(?P<info>[^\n`]+)\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL)
_FILE = re.compile(r"\bfile=(\S+)")


@dataclass(frozen=True)
class Block:
    """A fenced block of the page `page`; `info` is what stands behind its opening fence."""

    page: Path
    line: int
    info: str
    body: str

    @property
    def is_run(self) -> bool:
        return self.info == "sh run"

    @property
    def file(self) -> str | None:
        """The name of the file that the block shows, if it does."""
        found = _FILE.search(self.info)
        return found[1] if found else None


def pages() -> list[Path]:
    """Every page of the documentation."""
    return sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])


def blocks(page: Path) -> list[Block]:
    """The fenced blocks of a page, in order."""
    text = page.read_text(encoding="utf-8")
    return [
        Block(page, text.count("\n", 0, found.start()) + 1, found["info"], found["body"])
        for found in _BLOCK.finditer(text)
    ]
