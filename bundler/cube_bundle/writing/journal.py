"""The journal of an unfinished bundle: which frames are written and which blobs are verified.

A text file beside the bundle: a JSON header line, then a line an event. A line is appended after
what it tells of is done, so that a kill at any moment costs at most the frames under way.
"""

from __future__ import annotations

import errno
import fcntl
import json
import os
import threading
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Self

from cube_airgap.disk import writing_to
from cube_airgap.errors import UsageError

JOURNAL_SUFFIX = ".part.journal"
_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


@dataclass(frozen=True)
class JournalHeader:
    """What an unfinished bundle is: only the very same build may go on with it."""

    request: str
    lock: str
    bundle: str
    layout: str
    version: int = 1

    def continues(self, other: JournalHeader) -> bool:
        """Whether a build of `other` may go on with the frames of this one."""
        return (self.bundle, self.layout) == (other.bundle, other.layout)


class Journal:
    """The events of one build. Safe for threads; one process at a time holds it."""

    def __init__(self, path: Path, file: int) -> None:
        self.path = path
        self._file = file
        self._lock = threading.Lock()
        self._load()

    @classmethod
    def open(cls, target: Path) -> Self:
        """Open or create the journal of the bundle `target`, and read what is in it.

        Raises UsageError while another process holds it, SpaceError where it cannot be made.
        """
        path = target.with_name(target.name + JOURNAL_SUFFIX)
        with writing_to(path):
            file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(file)
            raise UsageError(
                f"another build is writing {target} right now",
                remedy="wait until it is done, or choose another path with -o",
            ) from None
        return cls(path, file)

    def _load(self) -> None:
        self.header: JournalHeader | None = None
        self.stored: dict[int, set[int]] = {}
        self.compressed: list[int] = []
        self.verified: set[str] = set()
        self._boot = ""
        raw = os.pread(self._file, os.fstat(self._file).st_size, 0)
        whole = raw[: raw.rfind(b"\n") + 1]
        os.ftruncate(self._file, len(whole))
        self._size = len(whole)
        first, *events = whole.decode().splitlines() or [""]
        try:
            self.header = JournalHeader(**json.loads(first)) if first else None
        except (ValueError, TypeError):
            raise UsageError(
                f"{self.path} is not a journal of this program",
                remedy="delete it together with the .part file beside it, and build anew",
            ) from None
        for event in events:
            self._apply(event)

    def _apply(self, event: str) -> None:
        kind, *values = event.split(" ")
        match kind:
            case "stored":
                self.stored.setdefault(int(values[0]), set()).add(int(values[1]))
            case "compressed":
                self.compressed.append(int(values[0]))
            case "verified":
                self.verified.add(values[0])
            case "restart":
                self.stored.pop(int(values[0]), None)
            case "cut":
                del self.compressed[int(values[0]) :]
            case "boot":
                if self._boot != values[0]:
                    self.verified.clear()
                self._boot = values[0]

    def begin(self, header: JournalHeader) -> None:
        """Start anew with `header`, or go on if it is the same build.

        After a reboot, writes that were not synced may be gone: every blob is verified again.
        Raises UsageError where an unfinished bundle of another build is in the way.
        """
        if self.header is None:
            self.header = header
            self._append(json.dumps(asdict(header)))
        elif not self.header.continues(header):
            raise UsageError(
                f"{self.path} belongs to an unfinished build of something else",
                remedy="finish that one with its own arguments, choose another path with -o, "
                "or delete it and the .part file beside it",
            )
        self._record(f"boot {_boot_id()}")

    def stored_frame(self, member: int, frame: int) -> None:
        """Frame `frame` of stored member `member` is written."""
        self._record(f"stored {member} {frame}")

    def compressed_frame(self, size: int) -> None:
        """The next compressed frame is written, with `size` encoded bytes."""
        self._record(f"compressed {size}")

    def blob_verified(self, digest: object) -> None:
        """All bytes of that blob are there and have its digest."""
        self._record(f"verified {digest}")

    def restart_stored(self, member: int) -> None:
        """The frames of that member are not to be trusted."""
        self._record(f"restart {member}")

    def cut_compressed(self, count: int) -> None:
        """Compressed frames from number `count` on are not to be trusted."""
        self._record(f"cut {count}")

    def _record(self, event: str) -> None:
        with self._lock:
            self._apply(event)
            self._append(event)

    def _append(self, line: str) -> None:
        """Append a whole line or nothing: a torn one would spoil the next."""
        data = line.encode() + b"\n"
        with writing_to(self.path):
            written = os.pwrite(self._file, data, self._size)
            if written < len(data):
                os.ftruncate(self._file, self._size)
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        self._size += len(data)

    def forget(self) -> None:
        """Empty the journal: the file that it speaks of is gone."""
        os.ftruncate(self._file, 0)
        self._load()

    def remove(self) -> None:
        """The bundle is published: forget the events."""
        self.path.unlink(missing_ok=True)

    def close(self) -> None:
        """Let go of the file; another build may then take it."""
        os.close(self._file)


def _boot_id() -> str:
    """Names the time since the last boot, in which written pages cannot get lost."""
    try:
        return _BOOT_ID.read_text().strip()
    except OSError:
        return "unknown"
