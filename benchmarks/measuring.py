"""Running a command and measuring it: wall time, peak memory, and the most disk it ever took."""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

_SAMPLE_SECONDS = 0.1


@dataclass(frozen=True)
class Run:
    """One measured run; sizes in bytes.

    `rss` is the largest process's, and never less than this program's own, from which it is forked.
    """

    seconds: float
    rss: int
    peak_disk: int
    output: int

    @property
    def extra_disk(self) -> int:
        """Disk taken at the worst moment beyond what is left at the end."""
        return max(0, self.peak_disk - self.output)


def measure(commands: Sequence[Sequence[str]], directory: Path) -> Run:
    """Run `commands` one after the other in the emptied `directory`.

    Raises RuntimeError with the output of the first that fails.
    """
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir(parents=True)
    os.sync()
    sampler = _DiskSampler(directory)
    start = time.monotonic()
    rss = max(_run(command, directory) for command in commands)
    seconds = time.monotonic() - start
    peak = sampler.stop()
    return Run(seconds, rss, peak, disk_usage(directory))


def _run(command: Sequence[str], directory: Path) -> int:
    log = directory.with_suffix(".log")
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, cwd=directory, stdin=subprocess.DEVNULL, stdout=output, stderr=output
        )
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{command[0]} failed:\n{log.read_text()[-2000:]}")
    return usage.ru_maxrss * 1024


def disk_usage(directory: Path) -> int:
    """Bytes on disk below `directory`."""
    total = 0
    for root, _, names in os.walk(directory):
        for name in names:
            try:
                total += os.lstat(os.path.join(root, name)).st_blocks * 512  # noqa: PTH118 - hot
            except FileNotFoundError:
                continue
    return total


class _DiskSampler:
    """Looks at a directory's size until stopped."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._peak = 0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._sample, daemon=True)
        self._thread.start()

    def _sample(self) -> None:
        while not self._stop.wait(_SAMPLE_SECONDS):
            self._peak = max(self._peak, disk_usage(self._directory))

    def stop(self) -> int:
        self._stop.set()
        self._thread.join()
        return max(self._peak, disk_usage(self._directory))


def alternate(
    contenders: dict[str, Callable[[], Run]], rounds: int, say: Callable[[str], None]
) -> dict[str, list[Run]]:
    """Run all contenders in turn, `rounds` times, so that a slow spell hits each alike.

    One that fails is told of and left out: other programs' options change.
    """
    runs: dict[str, list[Run]] = {name: [] for name in contenders}
    for number in range(rounds):
        for name in [*runs]:
            try:
                run = contenders[name]()
            except RuntimeError as error:
                say(f"left out: {name}: {error}")
                del runs[name]
                continue
            runs[name].append(run)
            say(f"round {number + 1}: {name} {run.seconds:.2f} s")
    return runs


def median(runs: Sequence[Run], of: Callable[[Run], float]) -> float:
    """The median of one figure over runs."""
    return statistics.median(of(run) for run in runs)
