"""`cube-bundle sync` as a user runs it, from one real registry into another."""

from __future__ import annotations

import json
import secrets
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml

from tests.support import image_factory as make
from tests.support.command import Ran, run
from tests.support.harbor.harbors import HARBORS, open_harbor
from tests.support.memory_source import noise
from tests.support.pushing import is_there, requests_seen, served, uploads_finished
from tests.support.real_registry import RealRegistry, running_registry

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.support.harbor.running import RunningHarbor

BASE = make.layer({"base": noise(400_000, 1)}, "none")
NEW = make.layer({"app": noise(300_000, 3)}, "none")
WEB = make.image([BASE, make.layer({"web": noise(200_000, 4)}, "none")])
APP = make.image([BASE, make.layer({"app": noise(300_000, 2)}, "none")])
APP_2 = make.image([BASE, NEW])
MULTI = make.multi_arch("linux/amd64", "linux/arm64")
IMAGES = ("web:1", "app:1", "multi:1")


@dataclass(frozen=True)
class Both:
    """The registry that images come from, and the one that they go into."""

    outside: RealRegistry
    inside: RealRegistry
    directory: Path

    def arguments(self, *more: object, images: tuple[str, ...] = IMAGES) -> list[str]:
        names = [f"{self.outside.host}/team/{one}" for one in images]
        plain = ("--insecure", self.outside.host, "--insecure", self.inside.host)
        to = ("--to", f"{self.inside.host}/site")
        return ["sync", *names, *to, *plain, *(str(one) for one in more)]

    def sync(self, *more: object, images: tuple[str, ...] = IMAGES) -> Ran:
        return run("cube-bundle", *self.arguments(*more, images=images), cwd=self.directory)

    def name(self, image: str) -> str:
        return f"{self.outside.host.replace(':', '_')}/team/{image}"

    def shown(self, image: str) -> str:
        return served(self.inside, self.name(image), "1")[0]


@pytest.fixture
def both(tmp_path: Path) -> Iterator[Both]:
    (tmp_path / "here").mkdir()
    with (
        running_registry(tmp_path / "outside") as outside,
        running_registry(tmp_path / "inside") as inside,
    ):
        outside.push("team/web", "1", WEB)
        outside.push("team/app", "1", APP)
        outside.push("team/multi", "1", MULTI)
        yield Both(outside, inside, tmp_path / "here")


@pytest.fixture
def synced(both: Both) -> Both:
    done = both.sync()
    assert done.code == 0, done.err
    return both


def test_images_come_whole_and_each_blob_once(both: Both) -> None:
    done = both.sync()

    assert done.code == 0, done.err
    assert both.shown("web") == WEB.digest
    assert both.shown("app") == APP.digest
    assert set(uploads_finished_of_images(both)) == {1}
    assert "3 images: 3 pushed" in done.out
    assert list(both.directory.iterdir()) == []


def uploads_finished_of_images(both: Both) -> list[int]:
    of_images = {*WEB.blobs, *APP.blobs}
    return [count for blob, count in uploads_finished(both.inside).items() if blob in of_images]


def test_an_unchanged_image_costs_one_head_on_either_side(synced: Both) -> None:
    before = len(synced.outside.log.read_text()), len(synced.inside.log.read_text())

    done = synced.sync("--output", "json")

    assert done.code == 0, done.err
    assert {one["state"] for one in done.json["images"]} == {"already there"}
    asked = images_asked_for(synced.outside, before[0])
    assert asked == [("HEAD", f"/v2/team/{name}/manifests/1") for name in ("app", "multi", "web")]
    looked = images_asked_for(synced.inside, before[1])
    assert looked == [
        ("HEAD", f"/v2/site/{synced.name(name)}/manifests/1") for name in ("app", "multi", "web")
    ]


def images_asked_for(registry: RealRegistry, since: int) -> list[tuple[str, str]]:
    """The requests from a place in the log on, but for the greeting and our own records."""
    seen = requests_seen(registry, since)
    return sorted(
        (method, path) for method, path, _ in seen if path != "/v2/" and "/cube-airgap/" not in path
    )


def test_what_moved_is_shown_and_then_brought_alone(synced: Both) -> None:
    synced.outside.push("team/app", "1", APP_2)

    shown = synced.sync("--dry-run")
    assert shown.code == 0, shown.err
    assert "2 images unchanged, 1 to bring, " in shown.out
    assert [APP.digest[7:19], APP_2.digest[7:19]] == shown.out.splitlines()[1].split()[-2:]
    assert synced.shown("app") == APP.digest

    done = synced.sync("--output", "json").json
    assert done["uploadedSize"] == len(NEW.data) + APP_2.body["config"]["size"]
    assert synced.shown("app") == APP_2.digest
    assert done["record"].startswith(f"{synced.inside.host}/site/cube-airgap/sync:0002-")


def test_what_somebody_deleted_or_moved_inside_is_brought_again(synced: Both) -> None:
    synced.inside.push(f"site/{synced.name('web')}", "1", APP)

    assert synced.sync().code == 0
    assert synced.shown("web") == WEB.digest


def test_an_image_that_is_gone_outside_keeps_no_other_one_back(synced: Both) -> None:
    synced.outside.push("team/app", "1", APP_2)

    images = (*IMAGES, "absent:1")
    done = synced.sync("--relocation-out", "where.yaml", images=images)

    assert done.code == 5
    assert "team/absent" in done.err
    assert synced.shown("app") == APP_2.digest
    where = yaml.safe_load((synced.directory / "where.yaml").read_text())
    assert len(where["images"]) == 3


def test_other_platforms_are_looked_for_although_no_tag_moved(synced: Both) -> None:
    done = synced.sync("--platform", "linux/amd64", "--platform", "linux/arm64")

    assert done.code == 0, done.err
    assert synced.shown("multi") == MULTI.digest


def test_a_narrowed_image_counts_as_unchanged(synced: Both) -> None:
    assert synced.shown("multi") != MULTI.digest
    assert "3 images unchanged, nothing to send" in synced.sync("--dry-run").out


def test_two_syncs_of_different_lists_know_of_each_others_images(both: Both) -> None:
    both.sync(images=("web:1",))
    both.sync(images=("app:1",))

    assert "1 image unchanged, nothing to send" in both.sync("--dry-run", images=("web:1",)).out
    assert "2 images unchanged" in both.sync("--dry-run", images=("web:1", "app:1")).out


@pytest.mark.parametrize("name", HARBORS)
def test_into_a_harbor_it_makes_the_project_only_if_told_so(
    name: str, both: Both, tmp_path: Path
) -> None:
    with open_harbor(name, tmp_path / "harbor") as harbor:
        to = into(harbor, f"sync-{secrets.token_hex(4)}", tmp_path)
        refused = both.sync(*to)
        made = both.sync(*to, "--create-project")
        again = both.sync(*to)

    assert (refused.code, made.code, again.code) == (5, 0, 0), (made.err, again.err)
    assert "has no project sync-" in refused.err
    assert "3 images: 3 pushed" in made.out
    assert "3 images: 3 already there" in again.out


def into(harbor: RunningHarbor, project: str, directory: Path) -> list[str]:
    """The options for a project of a Harbor."""
    login = {harbor.host: {"username": harbor.username, "password": harbor.password}}
    creds = directory / "creds.yaml"
    creds.write_text(json.dumps(login))
    creds.chmod(0o600)
    trust = ["--insecure", harbor.host] if harbor.is_plain else ["--ca-file", str(harbor.ca_file)]
    return ["--to", f"{harbor.host}/{project}", "--creds-file", str(creds), *trust]


def test_watching_brings_what_moves_until_it_is_stopped(both: Both) -> None:
    program = str(Path(sys.executable).parent / "cube-bundle")
    command = [program, *both.arguments("--watch", "1s")]
    with subprocess.Popen(command, cwd=both.directory, stderr=subprocess.PIPE) as watching:
        try:
            until(lambda: is_there(both.inside, both.name("app"), "1"))
            both.outside.push("team/app", "1", APP_2)
            until(lambda: both.shown("app") == APP_2.digest)
        finally:
            watching.send_signal(signal.SIGINT)
        _, told = watching.communicate(timeout=30)
    assert watching.returncode == 0, told


def until(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.1)
