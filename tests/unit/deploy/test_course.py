"""Components side by side, each after those that it needs."""

from __future__ import annotations

import threading

import pytest

from cube_airgap.errors import ClusterError, NetworkError, UsageError
from cube_install.deploy.course import Course, State
from cube_install.stack.rendered import RenderedComponent

BROKEN = ClusterError("broken", remedy="mend it")


def waited(barrier: threading.Barrier) -> None:
    barrier.wait()


def component(name: str, *needs: str) -> RenderedComponent:
    return RenderedComponent(name, f"the {name}", (), needs)


def test_a_component_begins_when_all_that_it_needs_is_up() -> None:
    order: list[str] = []
    parts = [component("a"), component("b", "a"), component("c", "a"), component("d", "b", "c")]
    outcomes = Course(parts).run(lambda one: order.append(one.name))
    assert [one.state for one in outcomes] == [State.UP] * 4
    assert (order[0], order[-1]) == ("a", "d")


def test_components_that_do_not_need_each_other_run_side_by_side() -> None:
    both = threading.Barrier(2, timeout=20)
    outcomes = Course([component("a"), component("b")]).run(lambda _: waited(both))
    assert [one.state for one in outcomes] == [State.UP] * 2


def test_a_failure_leaves_those_that_need_it_and_no_others() -> None:
    def work(one: RenderedComponent) -> None:
        if one.name == "a":
            raise BROKEN

    parts = [component("a"), component("b", "a"), component("c", "b"), component("d")]
    outcomes = Course(parts).run(work)
    assert [(one.state, one.needs) for one in outcomes] == [
        (State.FAILED, ()),
        (State.LEFT, ("a",)),
        (State.LEFT, ("b",)),
        (State.UP, ()),
    ]
    assert outcomes[0].error is BROKEN


def test_a_cluster_that_is_out_of_reach_stops_everything() -> None:
    course = Course([component("a"), component("b")])
    both = threading.Barrier(2, timeout=20)

    def work(one: RenderedComponent) -> None:
        both.wait()
        if one.name == "a":
            raise NetworkError("gone", remedy="wait")
        assert course.stop.wait(20)

    outcomes = course.run(work)
    assert [one.state for one in outcomes] == [State.FAILED, State.UP]


def test_a_bug_is_raised() -> None:
    def work(_: RenderedComponent) -> None:
        raise RuntimeError("a bug")

    with pytest.raises(RuntimeError, match="a bug"):
        Course([component("a"), component("b", "a")]).run(work)


def test_needs_have_to_come_before() -> None:
    with pytest.raises(UsageError, match="component a needs b"):
        Course([component("a", "b"), component("b", "a")])
