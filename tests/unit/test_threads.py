"""Workers: they run side by side, and none can hold the process."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from typing import TYPE_CHECKING

import pytest

from cube_airgap.threads import Workers

if TYPE_CHECKING:
    from collections.abc import Callable


def test_all_works_are_done_side_by_side() -> None:
    meeting = threading.Barrier(3, timeout=30)
    workers = Workers(3)
    workers.run([lambda: meeting.wait() and None] * 3)  # type: ignore[list-item]
    assert workers.idle
    assert not workers.stop.is_set()


def test_no_work_is_no_trouble() -> None:
    Workers(3).run([])


def test_the_first_error_stops_the_others_and_is_raised() -> None:
    workers = Workers(2)

    def fails() -> None:
        raise ValueError("first")

    def waits() -> None:
        assert workers.stop.wait(30)

    with pytest.raises(ValueError, match="first"):
        workers.run([waits, fails])
    assert workers.idle


def test_works_can_be_run_one_batch_after_the_other() -> None:
    workers = Workers(2)
    done: list[int] = []
    workers.run([lambda: done.append(1)] * 2)
    workers.run([lambda: done.append(2)])
    assert done == [1, 1, 2]


def test_a_stuck_worker_does_not_hold_the_error_back() -> None:
    workers = Workers(2)
    release = threading.Event()

    def fails() -> None:
        raise ValueError("first")

    with pytest.raises(ValueError, match="first"):
        workers.run([lambda: release.wait(60) and None, fails])  # type: ignore[list-item]
    assert not workers.idle
    release.set()


_STUCK = """
import threading
from cube_airgap.threads import Workers

def stuck():
    print("begun", flush=True)
    threading.Event().wait()

try:
    Workers(2).run([stuck])
except KeyboardInterrupt:
    print("interrupted", flush=True)
"""


def test_a_stuck_worker_does_not_hold_ctrl_c_nor_the_exit() -> None:
    with subprocess.Popen([sys.executable, "-c", _STUCK], stdout=subprocess.PIPE) as process:
        assert process.stdout
        assert process.stdout.readline() == b"begun\n"
        process.send_signal(signal.SIGINT)
        assert process.stdout.readline() == b"interrupted\n"
        assert process.wait(timeout=30) == 0


@pytest.mark.parametrize("raised", [SystemExit, KeyboardInterrupt])
def test_whatever_a_worker_raises_is_raised(raised: type[BaseException]) -> None:
    def fails() -> None:
        raise raised

    works: list[Callable[[], None]] = [fails]
    with pytest.raises(raised):
        Workers(1).run(works)
