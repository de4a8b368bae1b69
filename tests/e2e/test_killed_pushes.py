"""Pushes that are killed at random moments: no finished blob is sent again, no tag shows a half.

CUBE_SOAK says how many kills there are (8 without it; `make soak` has 100).
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from cube_airgap.bundle import Bundle
from tests.support import image_factory as make
from tests.support.deltas import assuming
from tests.support.faulty_front import FaultyFront, faulty_front
from tests.support.memory_source import noise
from tests.support.pushing import is_there, served, uploads_finished, with_referrers
from tests.support.real_registry import RealRegistry, running_registry

if TYPE_CHECKING:
    from collections.abc import Iterator

KILLS = int(os.environ.get("CUBE_SOAK", "8"))
# Of 64 KiB: some 30 MB/s, on each connection.
PACE = 0.002
LONGEST = 1.5

SHARED = make.layer({"shared": noise(6_000_000, 1)}, "none")
IMAGES = {
    f"quay.io/killed/{name}:1": make.image(
        [SHARED, make.layer({name: noise(2_000_000 + 1_500_000 * seed, seed)}, "none")]
    )
    for seed, name in enumerate(("one", "two", "three", "four"), 2)
}
SIGNATURE = make.artifact(payload=b"signature")


@pytest.fixture(params=["whole", "delta"])
def bundle(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    name = "quay.io/killed/two:1"
    tag = make.cosign_tag(IMAGES[name])
    made = with_referrers(IMAGES, {name: [(SIGNATURE, tag), (make.artifact(IMAGES[name]), "")]})
    if request.param == "delta":
        made = assuming(made, [make.digest_of(SHARED.data)])
    return made.write(tmp_path / "b.tar.zst")


def start(front: FaultyFront, bundle: Path) -> subprocess.Popen[bytes]:
    command = [
        *(str(Path(sys.executable).with_name("cube-install")), "push", "--bundle", str(bundle)),
        *("--to", f"{front.host}/site", "--insecure", front.host, "--jobs", "3"),
    ]
    with (bundle.parent / "log").open("wb") as log:
        return subprocess.Popen(command, cwd=bundle.parent, stdout=log, stderr=log)


def kill_until_done(
    front: FaultyFront, registry: RealRegistry, bundle: Path, waits: Iterator[float]
) -> int:
    """Push until a push ends by itself; how often it was killed before."""
    kills = 0
    while True:
        with start(front, bundle) as process:
            with suppress(subprocess.TimeoutExpired):
                process.wait(next(waits, None))
            process.kill()
        front.wait_until_idle()
        assert process.returncode in {0, -9}, (bundle.parent / "log").read_text()
        check_shown(registry)
        if process.returncode == 0:
            return kills
        kills += 1


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_killed_pushes_are_gone_on_with(tmp_path: Path, bundle: Path) -> None:
    chance = random.Random(KILLS)
    kills = rounds = 0
    while kills < KILLS:
        waits = iter([chance.uniform(0.2, LONGEST) for _ in range(KILLS - kills)])
        with (
            running_registry(tmp_path / str(rounds)) as registry,
            faulty_front(registry.host, pace=PACE) as front,
        ):
            if b'"assumes"' in catalogue_of(bundle):
                registry.push("site/older", "1", make.image([SHARED]))
            kills += kill_until_done(front, registry, bundle, waits)
            check_all(registry)
        rounds += 1
    print(f"{kills} kills in {rounds} pushes")  # noqa: T201


def catalogue_of(bundle: Path) -> bytes:
    with Bundle.open(bundle) as opened:
        return opened.catalogue.raw


def check_shown(registry: RealRegistry) -> None:
    """Whatever has its tag is complete, and its signature is there too."""
    for name, one in IMAGES.items():
        repository = name.removesuffix(":1")
        if is_there(registry, repository, "1"):
            assert served(registry, repository, "1")[0] == one.digest
            if repository.endswith("/two"):
                assert is_there(registry, repository, make.cosign_tag(one))


def check_all(registry: RealRegistry) -> None:
    check_shown(registry)
    assert all(is_there(registry, name.removesuffix(":1"), "1") for name in IMAGES)
    tag = make.cosign_tag(IMAGES["quay.io/killed/two:1"])
    assert served(registry, "quay.io/killed/two", tag)[0] == SIGNATURE.digest
    assert is_there(registry, "quay.io/killed/two", tag.removesuffix(".sig"))
    assert set(uploads_finished(registry).values()) == {1}
