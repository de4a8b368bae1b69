"""How a file is compressed, told by the magic number that it starts with, and its unpacking."""

from __future__ import annotations

import gzip
import zlib
from enum import Enum
from typing import TYPE_CHECKING

import zstandard

from cube_airgap.errors import IntegrityError, UsageError
from cube_airgap.file_range import unreadable
from cube_airgap.image_source import LARGEST_PIECE

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

MAGIC_LENGTH = 6


class Compression(Enum):
    """A compression; the value is its name."""

    NONE = "none"
    GZIP = "gzip"
    ZSTD = "zstd"
    XZ = "xz"
    BZIP2 = "bzip2"


_MAGIC = {
    b"\x1f\x8b": Compression.GZIP,  # RFC 1952
    b"\x28\xb5\x2f\xfd": Compression.ZSTD,  # RFC 8878
    b"\xfd7zXZ\x00": Compression.XZ,
    b"BZh": Compression.BZIP2,
}


def compression_of(head: bytes) -> Compression:
    """The compression of what starts with `head`, its first MAGIC_LENGTH bytes."""
    for magic, compression in _MAGIC.items():
        if head.startswith(magic):
            return compression
    return Compression.NONE


def unpacked(path: Path, compression: Compression) -> Generator[bytes, None, None]:
    """The content of a gzip or zstd file, in pieces of at most LARGEST_PIECE.

    Raises IntegrityError for damaged data, MissingError where `path` cannot be read, UsageError for
    another compression. A zstd file that was cut ends early, and nothing tells.
    """
    try:
        if compression is Compression.GZIP:
            yield from _gunzipped(path)
        elif compression is Compression.ZSTD:
            yield from _unzstd(path)
        else:
            raise UsageError(
                f"{path} is compressed with {compression.value}, which is not read",
                remedy="unpack it, or pack it with gzip or zstd",
            )
    except (gzip.BadGzipFile, zlib.error, zstandard.ZstdError, EOFError) as error:
        raise IntegrityError(
            f"{path} is damaged: its {compression.value} data cannot be unpacked ({error})",
            remedy="copy it again from where it was made, or make it again",
        ) from error
    except OSError as error:
        raise unreadable(path, error) from error


def _gunzipped(path: Path) -> Generator[bytes, None, None]:
    with gzip.open(path, "rb") as file:
        while piece := file.read(LARGEST_PIECE):
            yield piece


def _unzstd(path: Path) -> Generator[bytes, None, None]:
    unpacker = zstandard.ZstdDecompressor()
    with path.open("rb") as file, unpacker.stream_reader(file, read_across_frames=True) as reader:
        while piece := reader.read(LARGEST_PIECE):
            yield piece
