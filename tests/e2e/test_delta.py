"""A refresh as a user makes it: build, push, change one image, have, delta, push, merge."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
import requests

from tests.support import image_factory as make
from tests.support.command import Ran, run
from tests.support.memory_source import noise
from tests.support.pushing import is_there, served, uploads_finished
from tests.support.real_registry import RealRegistry, running_registry

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

BASE = make.layer({"base": noise(400_000, 1)}, "none")
OLD = make.layer({"app": noise(300_000, 2)}, "none")
NEW = make.layer({"app": noise(300_000, 3)}, "none")
WEB = make.image([BASE, make.layer({"web": noise(200_000, 4)}, "none")])
APP, APP_2 = make.image([BASE, OLD]), make.image([BASE, NEW])
MANIFESTS_AND_CATALOGUE = 10_000
NAMES = 2_000


@dataclass(frozen=True)
class Both:
    """A registry on each side of the gap, and a directory for what is carried."""

    outside: RealRegistry
    inside: RealRegistry
    directory: Path

    def build(self, out: str, *more: object) -> Ran:
        names = [] if "--lock" in more else [f"{self.outside.host}/team/{one}" for one in IMAGES]
        plain = ("--insecure", self.outside.host)
        return self._run("cube-bundle", "build", *names, "-o", out, *plain, *more)

    def bundle(self, *arguments: object) -> Ran:
        return self._run("cube-bundle", *arguments)

    def install(self, command: str, *arguments: object) -> Ran:
        to = ("--to", f"{self.inside.host}/site", "--insecure", self.inside.host)
        return self._run("cube-install", command, *arguments, *to)

    def push(self, bundle: str, *more: object) -> Ran:
        return self.install("push", "--bundle", bundle, *more)

    def _run(self, program: str, *arguments: object) -> Ran:
        return run(program, *arguments, cwd=self.directory)

    def change(self) -> None:
        self.outside.push("team/app", "1", APP_2)

    def assert_shows(self, **images: make.ImageBlobs) -> None:
        """Every image is served inside with its digest, all of its blobs read."""
        host = self.outside.host.replace(":", "_")
        for name, one in images.items():
            assert served(self.inside, f"{host}/team/{name}", "1")[0] == one.digest


IMAGES = ("web:1", "app:1")


@pytest.fixture
def both(tmp_path: Path) -> Iterator[Both]:
    (tmp_path / "carried").mkdir()
    with (
        running_registry(tmp_path / "outside") as outside,
        running_registry(tmp_path / "inside") as inside,
    ):
        outside.push("team/web", "1", WEB)
        outside.push("team/app", "1", APP)
        yield Both(outside, inside, tmp_path / "carried")


@pytest.fixture
def refreshed(both: Both) -> Both:
    """The first bundle is built and pushed, then the application changes outside."""
    assert both.build("base.tar.zst").code == 0
    assert both.push("base.tar.zst").code == 0
    both.change()
    return both


def size(both: Both, name: str) -> int:
    return (both.directory / name).stat().st_size


def test_the_round_trip_with_a_have_list_carries_the_changed_layer_alone(refreshed: Both) -> None:
    assert refreshed.install("have", "-o", "have.json").code == 0

    built = refreshed.build("delta.tar.zst", "--have", "have.json", "--output", "json").json
    assert built["assumedImages"] == [f"{refreshed.outside.host}/team/web:1"]
    assert built["assumedBlobs"] == 1
    assert size(refreshed, "delta.tar.zst") <= len(NEW.data) * 1.01 + MANIFESTS_AND_CATALOGUE
    pushed = refreshed.push("delta.tar.zst", "--output", "json").json

    assert pushed["uploadedSize"] == len(NEW.data) + APP_2.body["config"]["size"]
    refreshed.assert_shows(web=WEB, app=APP_2)


@pytest.mark.parametrize("since", ["base.tar.zst", "base.lock.yaml"])
def test_a_delta_since_an_older_bundle_or_its_lock_needs_nothing_from_inside(
    refreshed: Both, since: str
) -> None:
    built = refreshed.build("delta.tar.zst", "--since", since)

    assert built.code == 0, built.err
    assert "delta: assumes 1 image and 1 blob" in built.out
    assert refreshed.push("delta.tar.zst").code == 0
    refreshed.assert_shows(web=WEB, app=APP_2)
    assert set(uploads_finished(refreshed.inside).values()) == {1}


def test_nothing_changed_makes_a_delta_of_names_alone(both: Both) -> None:
    both.build("base.tar.zst")

    built = both.build("delta.tar.zst", "--since", "base.tar.zst", "--output", "json").json

    assert (built["blobs"], built["downloadSize"]) == (0, 0)
    assert size(both, "delta.tar.zst") < NAMES
    assert "largest blobs" not in both.bundle("inspect", "delta.tar.zst").out
    both.push("base.tar.zst")
    again = both.push("delta.tar.zst", "--output", "json").json
    assert {one["state"] for one in again["images"]} == {"already there"}


def test_a_delta_whose_base_was_never_pushed_writes_nothing_and_names_it(refreshed: Both) -> None:
    refreshed.build("delta.tar.zst", "--since", "base.tar.zst")
    base = refreshed.bundle("inspect", "base.tar.zst", "--output", "json").json["bundle"]
    with running_registry(refreshed.directory / "empty") as empty:
        other = Both(refreshed.outside, empty, refreshed.directory)

        done = other.push("delta.tar.zst")
        shown = other.push("delta.tar.zst", "--dry-run")
        looked = other.install("preflight", "--bundle", "delta.tar.zst")

        assert (done.code, shown.code, looked.code) == (5, 5, 1)
        for told in (done.err, shown.err, looked.out):
            assert make.digest_of(BASE.data) in told
            assert base in told
            assert "team/web:1" in told
        assert not uploads_finished(empty)


def test_deltas_with_a_gap_between_them_are_told_and_the_missing_one_closes_it(both: Both) -> None:
    third = make.image([BASE, NEW, make.layer({"third": noise(50_000, 9)}, "none")])
    both.build("base.tar.zst")
    both.change()
    both.build("second.tar.zst", "--since", "base.tar.zst")
    both.outside.push("team/app", "1", third)
    both.build("third.tar.zst", "--since", "second.tar.zst")
    second = both.bundle("inspect", "second.tar.zst", "--output", "json").json["bundle"]
    both.push("base.tar.zst")

    early = both.push("third.tar.zst")
    assert early.code == 5
    assert f"but in bundle {second}" in early.err
    assert make.digest_of(BASE.data) not in early.err

    assert both.push("second.tar.zst").code == 0
    assert both.push("third.tar.zst").code == 0
    both.assert_shows(web=WEB, app=third)
    host = both.outside.host.replace(":", "_")
    assert is_there(both.inside, f"{host}/team/app", "1")


def test_deltas_of_one_base_come_in_any_order_and_again(refreshed: Both) -> None:
    refreshed.build("second.tar.zst", "--since", "base.tar.zst")
    third = make.image([BASE, make.layer({"third": noise(50_000, 9)}, "none")])
    refreshed.outside.push("team/web", "1", third)
    refreshed.build("third.tar.zst", "--since", "base.tar.zst")

    for name, web in (("third", third), ("second", WEB), ("third", third), ("third", third)):
        assert refreshed.push(f"{name}.tar.zst").code == 0
        refreshed.assert_shows(web=web, app=APP_2)


def test_base_and_delta_merge_into_the_bundle_that_the_lock_gives(refreshed: Both) -> None:
    refreshed.build("delta.tar.zst", "--since", "base.tar.zst")
    refreshed.build("whole.tar.zst", "--lock", "delta.lock.yaml")

    merged = refreshed.bundle("merge", "base.tar.zst", "delta.tar.zst", "-o", "merged.tar.zst")

    assert merged.code == 0, merged.err
    whole = (refreshed.directory / "whole.tar.zst").read_bytes()
    assert (refreshed.directory / "merged.tar.zst").read_bytes() == whole


def test_a_delta_is_whole_by_its_own_measure_and_no_layout(refreshed: Both) -> None:
    refreshed.build("delta.tar.zst", "--since", "base.tar.zst")

    verified = refreshed.bundle("verify", "delta.tar.zst")
    assert verified.code == 0
    assert "1 image and 1 blob of" in verified.out
    unpacked = refreshed.bundle("extract", "delta.tar.zst", "layout")
    assert unpacked.code == 2
    assert "cube-bundle merge" in unpacked.err
    served_delta = run(
        "cube-install", "serve", "--bundle", "delta.tar.zst", cwd=refreshed.directory
    )
    assert served_delta.code == 2
    told = "is a delta and cannot be served: it leaves out whole images (1) and blobs of the others"
    assert told in served_delta.err


def test_an_older_delta_is_refused_once_the_newer_one_is_in(refreshed: Both) -> None:
    """Each says what it follows; nobody has to remember the order in which they were built."""
    refreshed.build("second.tar.zst", "--since", "base.tar.zst")
    third = make.image([BASE, make.layer({"third": noise(50_000, 9)}, "none")])
    refreshed.outside.push("team/app", "1", third)
    refreshed.build("third.tar.zst", "--since", "base.tar.zst", "--after", "second.tar.zst")
    assert refreshed.push("third.tar.zst").code == 0

    for older in ("base", "second"):
        for more in ((), ("--dry-run",)):
            refused = refreshed.push(f"{older}.tar.zst", *more)
            assert refused.code == 2
            assert "is older than" in refused.err
    refreshed.assert_shows(app=third)

    assert refreshed.push("second.tar.zst", "--allow-older").code == 0
    refreshed.assert_shows(app=APP_2)
    assert refreshed.push("second.tar.zst").code == 0
    assert refreshed.push("third.tar.zst").code == 0
    refreshed.assert_shows(app=third)


def test_a_whole_bundle_can_say_what_it_follows_too(refreshed: Both) -> None:
    refreshed.build("whole.tar.zst", "--after", "base.tar.zst")
    assert refreshed.push("whole.tar.zst").code == 0
    assert refreshed.push("base.tar.zst").code == 2


def test_a_signature_that_was_added_later_comes_when_one_looks_closer(both: Both) -> None:
    assert both.build("base.tar.zst").code == 0
    assert both.push("base.tar.zst").code == 0
    signature = make.artifact(subject=WEB)
    both.outside.push("team/web", make.cosign_tag(WEB), signature)

    quick = both.build("quick.tar.zst", "--since", "base.tar.zst", "--output", "json").json
    closer = both.build(
        "closer.tar.zst", "--since", "base.tar.zst", "--look-closer", "--output", "json"
    ).json

    assert len(quick["assumedImages"]) == 2
    assert closer["assumedImages"] == [f"{both.outside.host}/team/app:1"]
    assert both.push("closer.tar.zst").code == 0
    host = both.outside.host.replace(":", "_")
    assert served(both.inside, f"{host}/team/web", make.cosign_tag(WEB))[0] == signature.digest


def test_other_platforms_are_carried_although_no_digest_changed(both: Both) -> None:
    multi = make.multi_arch("linux/amd64", "linux/arm64")
    both.outside.push("team/web", "1", multi)
    both.build("base.tar.zst")
    both.push("base.tar.zst")

    platforms = ("--platform", "linux/amd64", "--platform", "linux/arm64")
    built = both.build(
        "delta.tar.zst", "--since", "base.tar.zst", *platforms, "--output", "json"
    ).json

    assert built["assumedImages"] == [f"{both.outside.host}/team/app:1"]
    assert both.push("delta.tar.zst").code == 0
    both.assert_shows(web=multi)


@pytest.mark.parametrize("form", ["compact", "printed"])
def test_a_small_have_list_does_as_well(refreshed: Both, form: str) -> None:
    assert refreshed.install("have", "--form", form, "-o", "have.txt").code == 0

    built = refreshed.build("delta.tar.zst", "--have", "have.txt", "--output", "json").json

    assert (len(built["assumedImages"]), built["assumedBlobs"]) == (1, 1)
    assert refreshed.push("delta.tar.zst").code == 0
    refreshed.assert_shows(web=WEB, app=APP_2)


def test_a_have_list_of_another_registry_is_found_out_before_anything_is_written(
    refreshed: Both,
) -> None:
    refreshed.install("have", "--form", "compact", "-o", "have.bin")
    refreshed.build("delta.tar.zst", "--have", "have.bin")
    with running_registry(refreshed.directory / "empty") as empty:
        other = Both(refreshed.outside, empty, refreshed.directory)
        done = other.push("delta.tar.zst")

    assert done.code == 5
    assert "team/web:1 is not at" in done.err
    assert make.digest_of(BASE.data) in done.err
    assert not uploads_finished(empty)


def test_what_was_deleted_after_the_have_list_was_written_is_named(refreshed: Both) -> None:
    refreshed.install("have", "-o", "have.json")
    refreshed.build("delta.tar.zst", "--have", "have.json")
    host = refreshed.outside.host.replace(":", "_")
    url = f"{refreshed.inside.url}/v2/site/{host}/team/web/manifests/{WEB.digest}"
    assert requests.delete(url, timeout=20).status_code == 202

    done = refreshed.push("delta.tar.zst")

    assert done.code == 5
    assert "team/web:1 is not at" in done.err
    assert "new have-list" in done.err
