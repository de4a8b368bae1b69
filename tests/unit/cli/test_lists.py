"""`cube-bundle lists` as a person and as a program see it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner, Result

from cube_airgap.errors import MissingError
from cube_bundle.cli.main import cube_bundle
from cube_bundle.image_list import default_lists, read_list, shipped_lists
from tests.support.image_factory import image, write_oci_layout

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Run = Callable[..., Result]

LIST = """\
version: 1
profile: site
components:
  - name: app
    namespace: apps
    images:
      - image: registry.example/app:1=oci:{layout}:registry.example/app:1
        why: it serves
      - image: registry.example/app:2=oci:{layout}:registry.example/app:2
        need: runtime
        optional: true
"""


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run `cube-bundle lists` without the logins of whoever runs the tests."""
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path / "no-docker"))

    def run_lists(*arguments: str) -> Result:
        return CliRunner().invoke(cube_bundle, ["lists", *arguments], catch_exceptions=False)

    return run_lists


@pytest.fixture
def site_list(tmp_path: Path) -> str:
    """A list of two images, of which the layout has the first."""
    write_oci_layout(tmp_path / "layout", {"registry.example/app:1": image()})
    path = tmp_path / "site.yaml"
    path.write_text(LIST.format(layout=tmp_path / "layout"))
    return str(path)


def test_without_a_name_each_profile_has_a_line(run: Run) -> None:
    lines = run().stdout.splitlines()

    assert [line.split()[0] for line in lines[1:-2]] == list(shipped_lists())
    profiles = [name for name in shipped_lists() if not read_list(name).includes]
    assert lines[-1].endswith(f"in {len(profiles)} profiles")


def test_a_list_that_includes_others_says_which(run: Run) -> None:
    (line,) = (one for one in run().stdout.splitlines() if one.startswith("bare-metal "))

    assert line.endswith(": cube-studio, kit")


def test_with_the_name_of_one_that_includes_others_all_their_images_have_a_line(run: Run) -> None:
    lines = run("cube-studio").stdout.splitlines()

    assert {line.split()[0] for line in lines[1:-2]} == set(default_lists())
    assert lines[-1].endswith(f"in {len(default_lists())} profiles")


def test_with_a_name_each_image_has_a_line(run: Run, site_list: str) -> None:
    assert run(site_list).stdout == (
        "PROFILE  COMPONENT  NEED               IMAGE\n"
        "site     app        deployed           registry.example/app:1\n"
        "site     app        runtime, optional  registry.example/app:2\n"
        "\n"
        "2 images in 1 profile\n"
    )


def test_a_program_gets_all_that_the_lists_say(run: Run, site_list: str) -> None:
    shown = json.loads(run(site_list, "--output", "json").stdout)

    (profile,) = shown["profiles"]
    assert (profile["profile"], profile["includes"], profile["images"]) == ("site", [], 2)
    assert profile["components"][0]["images"][0] == {
        "image": "registry.example/app:1",
        "namespace": "apps",
        "need": "deployed",
        "why": "it serves",
        "platforms": [],
        "optional": False,
    }


def test_an_image_in_two_lists_counts_once_in_the_sum(run: Run) -> None:
    shown = json.loads(run("notebooks", "templates", "--output", "json").stdout)

    in_each = sum(profile["images"] for profile in shown["profiles"])
    assert shown["images"] == in_each - 2


def test_sizes_are_shown_where_an_image_is_found(run: Run, site_list: str) -> None:
    result = run(site_list, "--sizes")

    first, second = (line.split() for line in result.stdout.splitlines()[1:3])
    assert int(first[-3]) > 0
    assert first[-2] == "B"
    assert second[-2] == "?"
    assert "note: registry.example/app:2: " in result.stderr


def test_a_program_gets_sizes_in_bytes_and_why_some_are_unknown(run: Run, site_list: str) -> None:
    shown = json.loads(run(site_list, "--sizes", "--output", "json").stdout)

    found, missing = shown["profiles"][0]["components"][0]["images"]
    assert found["size"] == shown["size"] > 0
    assert missing["size"] is None
    assert list(shown["unknown"]) == ["registry.example/app:2"]


def test_a_profile_with_an_unknown_size_is_at_least_as_large_as_the_rest(
    run: Run, site_list: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cube_bundle.cli.lists.shipped_lists", lambda: {site_list: tmp_path})

    assert "≥ " in run("--sizes").stdout


def test_a_list_that_is_not_there_is_told_with_those_that_are(run: Run) -> None:
    with pytest.raises(MissingError) as caught:
        run("nowhere")

    assert "core" in caught.value.remedy
