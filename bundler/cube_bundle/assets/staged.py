"""A file from the web whose digest nobody knows yet: fetched once, beside the bundle, and hashed.

The digest decides where in a bundle the bytes lie, so that they cannot go there right away.
"""

from __future__ import annotations

import hashlib
import json
from contextlib import closing
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from cube_airgap.digest import Digest
from cube_airgap.disk import check_space, writing_to
from cube_airgap.errors import IntegrityError
from cube_airgap.file_range import read_range
from cube_airgap.registry.web_stream import FileFacts

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator
    from hashlib import _Hash
    from pathlib import Path

    from cube_airgap.descriptor import Descriptor
    from cube_airgap.registry.web_files import WebFiles

_SUFFIX = ".asset"
_READ = 1 << 20


@dataclass(frozen=True)
class Learnt:
    """What a whole file turned out to be."""

    digest: Digest
    size: int


@dataclass(frozen=True)
class StagedFile:
    """A BlobSource: the whole file at `path`."""

    path: Path

    def read_blob(
        self, blob: Descriptor, start: int = 0, end: int | None = None
    ) -> Generator[bytes, None, None]:
        """The file's bytes from `start` to `end` (see image_source.BlobSource)."""
        return read_range(self.path, start, (blob.size if end is None else end) - start)


@dataclass(frozen=True)
class Fetch:
    """The file at `url`, of which `facts` were told; `advance` is told of every byte."""

    files: WebFiles
    url: str
    facts: FileFacts
    advance: Callable[[int], None]

    def hashed(self) -> Learnt:
        """Read the file once, and keep nothing but its digest. Raises AirgapError."""
        hasher = hashlib.sha256()
        size = 0
        for piece in self._pieces(0):
            hasher.update(piece)
            size += len(piece)
        return self._learnt(hasher, size)

    def staged(self, directory: Path) -> Learnt:
        """Fetch the file to staged_path(), going on with what an earlier run left of the same.

        Raises AirgapError; what was fetched then stays for the next run.
        """
        target = staged_path(directory, self.url)
        part, note = (
            target.with_name(f"{target.name}.part"),
            target.with_name(f"{target.name}.json"),
        )
        with writing_to(target):
            directory.mkdir(parents=True, exist_ok=True)
            if not self._is_same(note):
                for stale in (target, part):
                    stale.unlink(missing_ok=True)
                note.write_text(json.dumps(asdict(self.facts)))
            if target.exists():
                target.rename(part)  # whole, and to be hashed again
            have = part.stat().st_size if part.exists() else 0
        check_space(directory, max(0, (self.facts.size or 0) - have))
        learnt = self._fetch(part)
        with writing_to(target):
            part.rename(target)
        return learnt

    def _is_same(self, note: Path) -> bool:
        """Whether what is staged is of the file as it is now; a host may not tell."""
        try:
            facts = FileFacts(**json.loads(note.read_text()))
        except (OSError, ValueError, TypeError):
            return False
        return bool(facts.version) and facts == self.facts

    def _fetch(self, part: Path) -> Learnt:
        hasher = hashlib.sha256()
        with writing_to(part), part.open("a+b") as file:
            file.seek(0)
            while piece := file.read(_READ):
                hasher.update(piece)
                self.advance(len(piece))
            for piece in self._pieces(file.tell()):
                file.write(piece)
                hasher.update(piece)
            return self._learnt(hasher, file.tell())

    def _pieces(self, start: int) -> Iterator[bytes]:
        if not self.facts.has_end:
            raise IntegrityError(
                f"{self.url} comes without a length, so that a broken download could not be told "
                "from a whole one",
                remedy="give its digest and size in an image list's assets",
            )
        if start == self.facts.size:
            return
        with closing(self.files.read(self.url, self.facts, start)) as pieces:
            for piece in pieces:
                self.advance(len(piece))
                yield piece

    def _learnt(self, hasher: _Hash, size: int) -> Learnt:
        if not size:
            raise IntegrityError(
                f"{self.url} is an empty file", remedy="check the address in a browser"
            )
        return Learnt(Digest("sha256", hasher.hexdigest()), size)


def staged_path(directory: Path, url: str) -> Path:
    """Where the file at `url` is staged below `directory`."""
    return directory / f"{hashlib.sha256(url.encode()).hexdigest()[:16]}{_SUFFIX}"


def has_downloads(directory: Path) -> bool:
    """Whether `directory` holds a staged file, or part of one."""
    return any(directory.glob(f"*{_SUFFIX}*"))
