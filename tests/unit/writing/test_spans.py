"""Sharing the frames among workers: each is fetched exactly once, whatever the order of events."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from cube_bundle.writing.spans import LEAST_TO_SPLIT, Span, SpanQueue, runs


def bounds(span: Span | None) -> tuple[int, int, int] | None:
    return (span.member, span.next, span.end) if span else None


def test_spans_are_given_out_in_order() -> None:
    queue = SpanQueue([Span(0, 0, 3), Span(1, 0, 2)])
    assert bounds(queue.take()) == (0, 0, 3)
    assert bounds(queue.take()) == (1, 0, 2)
    assert queue.take() is None


def test_the_rear_half_of_the_longest_span_is_taken_when_none_waits() -> None:
    queue = SpanQueue([Span(0, 0, LEAST_TO_SPLIT), Span(1, 0, 100)])
    short, long = queue.take(), queue.take()
    assert bounds(queue.take()) == (1, 50, 100)
    assert bounds(long) == (1, 0, 50)
    assert bounds(short) == (0, 0, LEAST_TO_SPLIT)


def test_a_short_rest_is_not_worth_a_second_connection() -> None:
    queue = SpanQueue([Span(0, 0, LEAST_TO_SPLIT)])
    span = queue.take()
    assert span
    queue.advance(span)
    assert queue.take() is None


def test_only_what_is_left_is_shared() -> None:
    queue = SpanQueue([Span(0, 0, 100)])
    span = queue.take()
    assert span
    for _ in range(60):
        queue.advance(span)
    assert bounds(queue.take()) == (0, 80, 100)


def test_a_worker_stops_where_another_one_took_over() -> None:
    queue = SpanQueue([Span(0, 0, LEAST_TO_SPLIT)])
    span = queue.take()
    assert span
    queue.take()
    assert [queue.advance(span) for _ in range(LEAST_TO_SPLIT // 2)][-2:] == [True, False]


def test_a_released_span_is_not_shared() -> None:
    queue = SpanQueue([Span(0, 0, 100)])
    span = queue.take()
    assert span
    queue.release(span)
    assert queue.take() is None


def test_what_is_put_back_comes_next() -> None:
    queue = SpanQueue([Span(0, 0, 1), Span(1, 0, 1)])
    queue.put_back(Span(7, 0, 9))
    assert bounds(queue.take()) == (7, 0, 9)


@given(st.sets(st.integers(0, 30)))
def test_runs_cover_just_the_given_frames(frames: set[int]) -> None:
    spans = runs(3, sorted(frames))
    covered = [frame for span in spans for frame in range(span.next, span.end)]
    assert covered == sorted(frames)
    assert all(one.end < other.next for one, other in pairwise(spans))
    assert {span.member for span in spans} <= {3}


@given(
    st.lists(st.integers(0, 120), min_size=1, max_size=5),
    st.lists(st.integers(0, 5), max_size=700),
)
def test_every_frame_is_fetched_exactly_once(sizes: list[int], turns: list[int]) -> None:
    """`turns` says which of six workers does its next step; at the end each finishes its work."""
    queue = SpanQueue(Span(member, 0, size) for member, size in enumerate(sizes))
    held: dict[int, Span | None] = {}
    fetched: Counter[tuple[int, int]] = Counter()

    def step(worker: int) -> bool:
        span = held.get(worker)
        if span is None:
            span = held[worker] = queue.take()
            return span is not None
        if span.left:
            fetched[span.member, span.next] += 1
        if not span.left or not queue.advance(span):
            queue.release(span)
            held[worker] = None
        return True

    for worker in turns:
        step(worker)
    while sum(step(worker) for worker in range(6)):
        pass
    expected = {(member, frame) for member, size in enumerate(sizes) for frame in range(size)}
    assert set(fetched) == expected
    assert set(fetched.values()) <= {1}
