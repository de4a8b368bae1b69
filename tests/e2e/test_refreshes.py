"""Five refreshes in random order, each killed once: the registry ends with just the newest set."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.support import image_factory as make
from tests.support.command import run
from tests.support.faulty_front import faulty_front
from tests.support.memory_source import noise
from tests.support.pushing import served
from tests.support.real_registry import RealRegistry, running_registry

if TYPE_CHECKING:
    from collections.abc import Iterator

PROGRAM = Path(sys.executable).parent / "cube-install"
ROUNDS = max(1, int(os.environ.get("CUBE_SOAK", "1")) // 10)
BASE = make.layer({"base": noise(200_000, 0)}, "none")
REFRESHES = 5
NEEDS_ANOTHER_FIRST, OLDER = 5, 2


def image(name: str, version: int) -> make.ImageBlobs:
    return make.image([BASE, make.layer({name: noise(90_000, hash_of(name) + version)}, "none")])


def hash_of(name: str) -> int:
    return int.from_bytes(name.encode(), "big") % 10_000


@dataclass
class Refreshes:
    """A base and five deltas since one another; each changes some images and adds one."""

    outside: RealRegistry
    directory: Path
    newest: dict[str, make.ImageBlobs]

    @property
    def bundles(self) -> list[str]:
        return [f"d{number}.tar.zst" for number in range(1, REFRESHES + 1)]

    def name(self, image: str) -> str:
        return f"{self.outside.host.replace(':', '_')}/team/{image}"


@pytest.fixture(scope="module")
def refreshes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Refreshes]:
    directory = tmp_path_factory.mktemp("carried")
    with running_registry(tmp_path_factory.mktemp("outside")) as outside:
        chance = random.Random(7)
        shown: dict[str, make.ImageBlobs] = {}
        for number in range(REFRESHES + 1):
            changed = {f"app{one}" for one in range(4) if not number or chance.random() < 0.5}
            for name in changed | {f"new{number}"}:
                shown[name] = image(name, number)
                outside.push(f"team/{name}", "1", shown[name])
            names = [f"{outside.host}/team/{one}:1" for one in sorted(shown)]
            since = [f"--since=d{number - 1}.tar.zst"] if number > 0 else []
            plain = ("--insecure", outside.host, "-o", f"d{number}.tar.zst", *since)
            done = run("cube-bundle", "build", *names, *plain, cwd=directory)
            assert done.code == 0, done.err
        yield Refreshes(outside, directory, shown)


def push(refreshes: Refreshes, host: str, bundle: str) -> int:
    to = ("--to", f"{host}/site", "--insecure", host, "--relocation-out", f"{host[-5:]}.yaml")
    return run("cube-install", "push", "--bundle", bundle, *to, cwd=refreshes.directory).code


def push_and_kill(refreshes: Refreshes, registry: RealRegistry, bundle: str, after: int) -> None:
    """Push `bundle`, and kill the process at its request number `after`, if it makes so many."""
    with faulty_front(registry.host) as front:
        to = ["--to", f"{front.host}/site", "--insecure", front.host]
        command = [str(PROGRAM), "push", "--bundle", bundle, *to]
        with subprocess.Popen(
            command, cwd=refreshes.directory, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        ) as process:
            left = [after]

            def count(_line: str) -> None:
                left[0] -= 1
                if left[0] == 0:
                    process.kill()

            front.on_request = count
            process.wait()
        front.wait_until_idle()


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(ROUNDS))
def test_in_any_order_and_killed_once_each_they_end_in_the_newest_set(
    refreshes: Refreshes, tmp_path: Path, seed: int
) -> None:
    """One that comes too early is refused whole and tried again; one that is too late changes
    nothing."""
    chance = random.Random(seed)
    with running_registry(tmp_path / "inside") as inside:
        assert push(refreshes, inside.host, "d0.tar.zst") == 0
        waiting = chance.sample(refreshes.bundles, REFRESHES)
        killed: set[str] = set()
        rounds = 0
        while waiting:
            rounds += 1
            assert rounds < 50
            bundle = waiting.pop(0)
            if bundle not in killed:
                killed.add(bundle)
                push_and_kill(refreshes, inside, bundle, chance.randrange(5, 60))
            code = push(refreshes, inside.host, bundle)
            assert code in {0, NEEDS_ANOTHER_FIRST, OLDER}
            if code == NEEDS_ANOTHER_FIRST:
                waiting.append(bundle)
        for bundle in chance.sample(refreshes.bundles[:-1], 2):
            assert push(refreshes, inside.host, bundle) == OLDER
        for name, one in refreshes.newest.items():
            assert served(inside, refreshes.name(name), "1")[0] == one.digest
