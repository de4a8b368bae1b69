"""Writing a bundle to where nothing can be sought: in its order, once, the same bytes as a file."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import TYPE_CHECKING

from cube_airgap.bundle_layout import end_frame
from cube_airgap.errors import IntegrityError, NetworkError
from cube_airgap.seek_table import SeekTable
from cube_airgap.zstd_frames import encode_stored
from cube_bundle.writing.compressing import compressed_in_order
from cube_bundle.writing.pieces import regroup

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import BinaryIO

    from typing_extensions import Buffer

    from cube_airgap.bundle_layout import LargeMember, StoredMember
    from cube_airgap.progress import Progress
    from cube_bundle.plan import BundlePlan


def stream_bundle(plan: BundlePlan, out: BinaryIO, jobs: int, progress: Progress) -> int:
    """Write the bundle of `plan` to `out` and return its size in bytes.

    What was written cannot be taken back: of a blob that comes with wrong bytes the last frame is
    not written, nor anything after it, so that no reader takes the bundle for whole. Raises
    AirgapError.
    """
    writer = _Streaming(plan, out, jobs, progress)
    progress.start(sum(blob.size for blob in plan.large), 0, len(plan.large))
    try:
        return writer.run()
    except BrokenPipeError:
        raise NetworkError(
            "whoever reads the bundle from the pipe ended before all of it was given out",
            remedy="see what it says; nothing is wrong where it was to look only (--dry-run, "
            "preflight); else run both again: what the registry has by now is not sent once more",
        ) from None
    finally:
        progress.close()


class _Streaming:
    def __init__(self, plan: BundlePlan, out: BinaryIO, jobs: int, progress: Progress) -> None:
        self._plan = plan
        self._out = out
        self._jobs = jobs
        self._progress = progress
        self._sizes: list[tuple[int, int]] = []

    def run(self) -> int:
        layout = self._plan.layout
        for frame in layout.head:
            self._write([frame.encoded], frame.content_size)
        for stored in layout.stored:
            for number, data in enumerate(self._verified(stored)):
                frame_data = encode_stored(stored.header(number), data, stored.padding(number))
                self._write(frame_data, stored.content_size(number))
        with ThreadPoolExecutor(self._jobs) as pool:
            for member in layout.tail:
                for number, encoded in enumerate(self._compressed(pool, member)):
                    self._write([encoded], member.content_size(number))
        end = end_frame()
        self._write([end.encoded], end.content_size)
        table = SeekTable(self._sizes).encode()
        self._out.write(table)
        self._out.flush()
        return sum(size for size, _ in self._sizes) + len(table)

    def _write(self, buffers: Sequence[Buffer], content_size: int) -> None:
        for one in buffers:
            self._out.write(one)
        self._sizes.append((sum(len(memoryview(one)) for one in buffers), content_size))

    def _verified(self, member: LargeMember | StoredMember) -> Iterator[list[memoryview]]:
        """The blob's data frame by frame; the last one only if all of it has its digest."""
        blob = member.blob
        hasher = blob.digest.hasher()
        source = self._plan.sources[blob.digest]
        sizes = map(member.data_size, range(member.frame_count))
        with closing(source.read_blob(blob.descriptor)) as stream:
            for number, data in enumerate(regroup(stream, sizes), 1):
                for view in data:
                    hasher.update(view)
                if number == member.frame_count and hasher.hexdigest() != blob.digest.hex:
                    raise _wrong(member)
                yield data
                self._progress.advance(sum(len(view) for view in data))
        self._progress.item_done(str(blob.digest))

    def _compressed(self, pool: ThreadPoolExecutor, member: LargeMember) -> Iterator[bytes]:
        contents = (
            b"".join((member.header(number), *data, bytes(member.padding(number))))
            for number, data in enumerate(self._verified(member))
        )
        yield from compressed_in_order(pool, self._jobs, contents)


def _wrong(member: LargeMember) -> IntegrityError:
    return IntegrityError(
        f"blob {member.blob.digest} came with other bytes than its digest says, and the bundle was "
        "given out up to there",
        remedy="run the same command again; if it happens again, its origin or a proxy on the way "
        "is damaged: push the image there again, or use another --mirror",
    )
