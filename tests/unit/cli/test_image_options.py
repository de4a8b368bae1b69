"""What a user's words ask for: single images, lists, a checkout, or the whole platform."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click
import pytest
from click.testing import CliRunner

from cube_bundle.cli.image_options import image_options, take_asked, take_selection
from cube_bundle.image_list import default_lists

if TYPE_CHECKING:
    from cube_bundle.coverage.closing import Asked


def asked(*words: str) -> Asked:
    taken: list[Asked] = []

    @click.command
    @image_options
    def command(**values: Any) -> None:  # noqa: ANN401 - click's
        taken.append(take_asked(values, take_selection(values)))

    CliRunner().invoke(command, words, catch_exceptions=False)
    return taken[0]


def profiles(one: Asked) -> set[str]:
    """The lists that have something themselves."""
    return {each.profile for each in one.lists if each.images or each.assets}


@pytest.mark.parametrize("words", [(), ("--list", "cube-studio")])
def test_the_whole_platform_is_asked_for_by_no_word_or_by_its_name(words: tuple[str, ...]) -> None:
    found = asked(*words)

    assert profiles(found) == set(default_lists())
    assert found.carries_stack


def test_one_word_asks_for_the_platform_its_stack_and_the_kit_of_bare_hosts() -> None:
    found = asked("--list", "bare-metal")

    assert profiles(found) == {*default_lists(), "kit"}
    assert found.carries_stack


@pytest.mark.parametrize("words", [("--list", "core"), ("nginx:1",), ("--no-stack",)])
def test_less_comes_without_a_stack(words: tuple[str, ...]) -> None:
    assert not asked(*words).carries_stack


def test_a_stack_can_be_asked_for_with_any_list() -> None:
    assert asked("--list", "core", "--stack").carries_stack


def test_a_single_image_is_all_that_is_asked_for() -> None:
    found = asked("nginx:1")

    assert [str(one.origin.reference) for one in found.named] == ["docker.io/library/nginx:1"]
    assert found.lists == ()
