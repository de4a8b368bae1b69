"""Progress for people: a bar on a terminal, lines elsewhere."""

from __future__ import annotations

import errno
import io
import os

import pytest

from cube_console.progress import Bar, Lines, shown_progress


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_terminal_gets_a_bar_and_a_pipe_gets_lines() -> None:
    assert isinstance(shown_progress("bundling", "images", Terminal()), Bar)
    assert isinstance(shown_progress("bundling", "images", io.StringIO()), Lines)


def test_the_last_line_tells_bytes_and_items() -> None:
    out = io.StringIO()
    progress = Lines("bundling", "images", out)
    progress.start(2_000_000, 500_000, 3)
    progress.advance(1_500_000)
    progress.item_done("a")
    progress.close()
    progress.close()
    (line,) = out.getvalue().splitlines()
    assert line.startswith("bundling: 2.00 MB of 2.00 MB, ")
    assert line.endswith("1 of 3 images")


def test_work_without_bytes_tells_items_alone() -> None:
    out = io.StringIO()
    progress = Lines("resolving", "images", out)
    progress.start(0, 0, 1)
    progress.item_done("a")
    progress.close()
    assert out.getvalue() == "resolving: 1 of 1 images\n"


@pytest.mark.parametrize("kind", [Bar, Lines])
def test_no_work_is_not_shown(kind: type[Bar | Lines]) -> None:
    out = Terminal()
    progress = kind("pushing", "images", out)
    progress.start(0, 0, 0)
    progress.close()
    assert not out.getvalue()


def test_the_bar_shows_rate_time_left_and_images() -> None:
    out = Terminal()
    progress = Bar("bundling", "images", out)
    progress.start(4_000_000, 1_000_000, 2)
    progress.item_done("a")
    progress.advance(1_000_000)
    progress.close()
    assert "bundling  50 %" in out.getvalue()
    assert "2.00M/4.00MB" in out.getvalue()
    assert "1/2 images" in out.getvalue()


def test_a_note_is_a_line_of_its_own() -> None:
    out = Terminal()
    progress = Bar("bundling", "images", out)
    progress.start(10, 0, 1)
    progress.note("app has no linux/arm64")
    progress.close()
    assert "note: app has no linux/arm64\n" in out.getvalue()


class ClosedTerminal(Terminal):
    def write(self, text: str) -> int:
        raise OSError(errno.EIO, os.strerror(errno.EIO), text)


@pytest.mark.parametrize("kind", [Bar, Lines])
def test_a_terminal_that_was_closed_ends_no_work(kind: type[Bar | Lines]) -> None:
    progress = kind("bundling", "images", ClosedTerminal())
    progress.start(10, 0, 1)
    progress.note("app has no linux/arm64")
    progress.advance(10)
    progress.item_done("a")
    progress.close()
