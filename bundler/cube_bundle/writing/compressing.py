"""Compressing frames in threads, in their order."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from cube_airgap.zstd_frames import LARGE_LEVEL, compress

if TYPE_CHECKING:
    from collections.abc import Iterator
    from concurrent.futures import Future, ThreadPoolExecutor


def compressed_in_order(
    pool: ThreadPoolExecutor, jobs: int, contents: Iterator[bytes]
) -> Iterator[bytes]:
    """Compress in the pool's threads, `jobs` at once, and yield frames in the contents' order."""
    under_way: deque[Future[bytes]] = deque()
    for content in contents:
        under_way.append(pool.submit(compress, content, LARGE_LEVEL))
        if len(under_way) > jobs:
            yield under_way.popleft().result()
    while under_way:
        yield under_way.popleft().result()
