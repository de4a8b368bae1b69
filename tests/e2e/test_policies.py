"""Lists that follow patterns of tags, as build, outdated and sync take them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import yaml

from tests.support import image_factory as make
from tests.support.command import Ran, run
from tests.support.memory_source import noise
from tests.support.pushing import is_there
from tests.support.real_registry import RealRegistry, running_registry

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

BASE = make.layer({"base": noise(100_000, 1)}, "none")


def version(number: int) -> make.ImageBlobs:
    return make.image([BASE, make.layer({"own": noise(10_000, number)}, "none")])


@pytest.fixture
def outside(tmp_path: Path) -> Iterator[RealRegistry]:
    with running_registry(tmp_path / "outside") as running:
        for tag in ("v1.9", "v1.10", "latest"):
            running.push("team/app", tag, version(len(tag)))
        yield running


@pytest.fixture
def here(outside: RealRegistry, tmp_path: Path) -> Path:
    images = [{"image": f"{outside.host}/team/app", "newest": "v1.*", "keep": 2}]
    body = {"version": 1, "profile": "team", "components": [{"name": "app", "images": images}]}
    (tmp_path / "here").mkdir()
    (tmp_path / "here" / "team.yaml").write_text(yaml.safe_dump(body))
    return tmp_path / "here"


def build(outside: RealRegistry, here: Path, name: str, *more: object) -> Ran:
    plain = ("--insecure", outside.host, "--list", "team.yaml")
    return run("cube-bundle", "build", *plain, "-o", f"{name}.tar.zst", *more, cwd=here)


def test_a_build_takes_the_newest_and_its_lock_says_what_is_followed(
    outside: RealRegistry, here: Path
) -> None:
    assert build(outside, here, "b").code == 0

    lock = yaml.safe_load((here / "b.lock.yaml").read_text())
    (image,) = lock["images"]
    assert image["reference"] == f"{outside.host}/team/app:v1.10"
    assert (image["newest"], image["keep"]) == ("v1.*", 2)
    assert "allowed" not in lock
    told = run("cube-bundle", "inspect", "b.tar.zst", "--output", "json", cwd=here).json
    assert told["images"][0]["reference"] == image["reference"]


def test_outdated_tells_of_a_newer_version_and_of_a_moved_tag(
    outside: RealRegistry, here: Path
) -> None:
    build(outside, here, "b")
    plain = ("b.lock.yaml", "--insecure", outside.host, "--output", "json")
    assert run("cube-bundle", "outdated", *plain, cwd=here).code == 0

    outside.push("team/app", "v1.10", version(77))
    (moved,) = run("cube-bundle", "outdated", *plain, cwd=here).json["items"]
    assert (moved["now"], moved["found"]) == ("moved", version(77).digest)
    own = version(77).body
    assert moved["carrySize"] == own["layers"][1]["size"] + own["config"]["size"]

    outside.push("team/app", "v1.11", version(78))
    done = run("cube-bundle", "outdated", *plain, cwd=here)
    (newer,) = done.json["items"]
    assert done.code == 1
    assert (newer["now"], newer["found"], newer["moved"]) == (
        "a newer one is there",
        "v1.11",
        True,
    )


def test_a_delta_carries_the_new_version_alone(outside: RealRegistry, here: Path) -> None:
    build(outside, here, "b")
    outside.push("team/app", "v1.11", version(78))

    delta = build(outside, here, "d", "--since", "b.tar.zst", "--output", "json").json

    assert [one["reference"] for one in delta["images"]] == [f"{outside.host}/team/app:v1.11"]
    assert delta["assumedBlobs"] == 1


def test_a_sync_brings_the_newest(outside: RealRegistry, here: Path) -> None:
    with running_registry(here.parent / "inside") as inside:
        to = ("--to", f"{inside.host}/site", "--list", "team.yaml")
        plain = ("--insecure", outside.host, "--insecure", inside.host)
        assert run("cube-bundle", "sync", *to, *plain, cwd=here).code == 0
        name = f"{outside.host.replace(':', '_')}/team/app"
        assert is_there(inside, name, "v1.10")
        assert not is_there(inside, name, "v1.9")
        outside.push("team/app", "v1.11", version(78))
        assert run("cube-bundle", "sync", *to, *plain, cwd=here).code == 0
        assert is_there(inside, name, "v1.11")
        out = ("--relocation-out", "where.yaml")
        assert run("cube-bundle", "sync", *to, *plain, *out, cwd=here).code == 0
        (image,) = yaml.safe_load((here / "where.yaml").read_text())["images"]
        assert image["keep"] == 2


def test_a_pattern_that_nothing_fits_is_told_with_its_line(
    outside: RealRegistry, here: Path
) -> None:
    text = (here / "team.yaml").read_text().replace("v1.*", "v9.*")
    (here / "team.yaml").write_text(text)
    done = build(outside, here, "b")
    assert done.code == 5
    assert "team/app has no tag v9.*" in done.err
    assert "team.yaml:" in done.err
