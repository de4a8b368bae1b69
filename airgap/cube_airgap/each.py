"""Doing the same to many items in threads, and telling of all that failed."""

from __future__ import annotations

from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, TypeVar

from cube_airgap.errors import AirgapError, raise_all
from cube_airgap.threads import Workers

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from cube_airgap.progress import Progress

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")


def each(
    items: Sequence[_Item], work: Callable[[_Item], _Result], jobs: int
) -> tuple[_Result, ...]:
    """What `work` returns for each of `items`, in their order, with `jobs` threads.

    An AirgapError of one item does not keep the others from being tried: they are raised together
    at the end, in the items' order. Any other exception ends the work.
    """
    results: dict[int, _Result] = {}
    errors: dict[int, AirgapError] = {}
    waiting: SimpleQueue[int] = SimpleQueue()
    for number in range(len(items)):
        waiting.put(number)
    workers = Workers(min(jobs, len(items)))

    def run() -> None:
        while not workers.stop.is_set():
            try:
                number = waiting.get_nowait()
            except Empty:
                return
            try:
                results[number] = work(items[number])
            except AirgapError as error:
                errors[number] = error

    workers.run([run] * workers.count)
    raise_all([errors[number] for number in sorted(errors)])
    return tuple(results[number] for number in range(len(items)))


def each_shown(
    items: Sequence[_Item], work: Callable[[_Item], _Result], jobs: int, progress: Progress
) -> tuple[_Result, ...]:
    """As each(); `progress` is told of every item that is done, and closed in the end."""

    def told(item: _Item) -> _Result:
        result = work(item)
        progress.item_done(str(item))
        return result

    progress.start(0, 0, len(items))
    try:
        return each(items, told, jobs)
    finally:
        progress.close()
