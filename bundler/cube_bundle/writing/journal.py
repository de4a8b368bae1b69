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
import uuid
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Self

from cube_airgap.disk import NO_LINK, writing_to
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
    volume_size: int = 0
    version: int = 1

    def continues(self, other: JournalHeader) -> bool:
        """Whether a build of `other` may go on with the frames of this one."""
        return self._frames == other._frames

    @property
    def _frames(self) -> tuple[object, ...]:
        """What decides where each frame lies, and how its line in the journal reads."""
        return (self.bundle, self.layout, self.volume_size, self.version)


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
        path = journal_path(target)
        while True:
            with writing_to(path):
                file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | NO_LINK, 0o644)
            try:
                if _is_mine(path, file):
                    return cls(path, file)
            except BaseException:
                os.close(file)
                raise
            os.close(file)  # its build was published between the opening and the locking

    def _load(self) -> None:
        self.header: JournalHeader | None = None
        self.stored: dict[int, set[int]] = {}
        self.compressed: list[int] = []
        self.verified: set[str] = set()
        self._boot = ""
        raw = os.pread(self._file, os.fstat(self._file).st_size, 0)
        self._size = 0
        for line in raw.splitlines(keepends=True):
            # A kill can tear the last line, and a power cut any: what follows is not known.
            if not line.endswith(b"\n") or not self._read_line(line.decode(errors="replace")):
                break
            self._size += len(line)
        os.ftruncate(self._file, self._size)

    def _read_line(self, line: str) -> bool:
        """Take in a line; whether it makes sense."""
        if self.header is None:
            self.header = self._read_header(line)
            return True
        try:
            self._apply(line.rstrip("\n"))
        except ValueError:
            return False
        return True

    def _read_header(self, line: str) -> JournalHeader:
        try:
            return JournalHeader(**json.loads(line))
        except (ValueError, TypeError):
            raise UsageError(
                f"{self.path} is not a journal of this program",
                remedy="delete it together with the .part file beside it, and build anew",
            ) from None

    def _apply(self, event: str) -> None:
        match event.split(" "):
            case ["stored", member, frame]:
                self.stored.setdefault(int(member), set()).add(int(frame))
            case ["compressed", size]:
                self.compressed.append(int(size))
            case ["verified", digest]:
                self.verified.add(digest)
            case ["restart", member]:
                self.stored.pop(int(member), None)
            case ["cut", count]:
                del self.compressed[int(count) :]
            case ["boot", boot]:
                if self._boot != boot:
                    self.verified.clear()
                self._boot = boot
            case _:
                raise ValueError(event)

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

    def doubt(self) -> None:
        """The disk did not keep what it took: the next run verifies as after a reboot."""
        self._record("boot unknown")

    def _record(self, event: str) -> None:
        with self._lock:
            self._append(event)
            self._apply(event)

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


def unfinished(target: Path) -> JournalHeader | None:
    """What the unfinished build of the bundle `target` is, or None where nothing tells of one."""
    try:
        with journal_path(target).open("rb") as file:
            return JournalHeader(**json.loads(file.readline()))
    except (OSError, ValueError, TypeError):
        return None


def journal_path(target: Path) -> Path:
    """Where the journal of the bundle `target` is while that is unfinished."""
    return target.with_name(target.name + JOURNAL_SUFFIX)


def _is_mine(path: Path, file: int) -> bool:
    """Lock the open `file`; whether it still is what `path` names. Raises UsageError."""
    with writing_to(path):
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise UsageError(
                f"another build is writing {path.name.removesuffix(JOURNAL_SUFFIX)} in "
                f"{path.parent} right now",
                remedy="wait until it is done, or choose another path with -o",
            ) from None
        try:
            return os.path.samestat(path.stat(), os.fstat(file))
        except FileNotFoundError:
            return False


def _boot_id() -> str:
    """Names the time since the last boot, in which written pages cannot get lost."""
    try:
        return _BOOT_ID.read_text().strip()
    except OSError:
        return str(uuid.uuid4())  # as if booted just now: it costs a verification, no more
