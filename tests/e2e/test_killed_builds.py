"""Builds that are killed at random moments: nothing finished is lost, and the bytes are the same.

CUBE_SOAK says how many kills there are (8 without it; `make soak` has 100).
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
from contextlib import closing, suppress
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from cube_airgap.bundle import Bundle
from cube_airgap.bundle_layout import LargeMember
from cube_airgap.catalogue import Encoding
from cube_airgap.zstd_frames import FRAME_DATA
from cube_bundle.writing.journal import Journal, journal_path
from tests.support.counting_proxy import CountingProxy, Served, counting_proxy
from tests.support.image_factory import image, layer
from tests.support.memory_source import noise, prose

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from cube_airgap.catalogue import BundledBlob
    from tests.support.real_registry import RealRegistry

KILLS = int(os.environ.get("CUBE_SOAK", "8"))
JOBS = 3
# One blob is worth sharing among workers, and grows with the kills so that one build bears many.
HUGE = max(20, KILLS) * FRAME_DATA
WASTED_BY_A_KILL = (2 * JOBS + 2) * FRAME_DATA
PACE = 20 << 20

Frames = set[tuple[str, int]]


@pytest.fixture(scope="module")
def proxy(registry: RealRegistry) -> Iterator[CountingProxy]:
    huge = image([layer({"huge": noise(HUGE, 1)}, "zstd"), layer({"small": noise(9000, 2)})])
    plain = image([layer({"plain": prose(5 * FRAME_DATA, 3)}, "none"), layer({"n": noise(9, 4)})])
    several = image([layer({"part": noise(3 * FRAME_DATA // 2, seed)}) for seed in range(5, 9)])
    for name, one in {"huge": huge, "plain": plain, "several": several}.items():
        registry.push(f"killed/{name}", "1", one)
    with counting_proxy(registry.host, PACE) as running:
        yield running


def command(proxy: CountingProxy, target: Path, *more: str) -> list[str]:
    names = [f"{proxy.host}/killed/{name}:1" for name in ("huge", "plain", "several")]
    program = Path(sys.executable).with_name("cube-bundle")
    return [
        *(str(program), "build", *names, "--insecure", proxy.host),
        *("--jobs", str(JOBS), "-o", str(target), *more),
    ]


@dataclass
class KilledBuild:
    """One build that is killed up to `most` times and gone on with until it is done.

    `blobs` has the large blobs in the bundle's order. `finished` are the frames that its journal
    had at the last kill.
    """

    proxy: CountingProxy
    target: Path
    options: tuple[str, ...]
    blobs: Sequence[BundledBlob]
    most: int
    kills: int = 0
    finished: Frames = field(default_factory=set)

    def attempt(self, chance: random.Random) -> bool:
        """Run it until it ends or is killed; whether it ended."""
        before = len(self.proxy.blobs)
        log = self.target.with_name("log")
        with (
            log.open("wb") as output,
            subprocess.Popen(
                command(self.proxy, self.target, *self.options), stdout=output, stderr=output
            ) as process,
        ):
            self._wait(process, chance)
            process.kill()
        assert process.returncode in {0, -9}, log.read_text()
        self._check(self.proxy.blobs[before:])
        if process.returncode:
            self.kills += 1
            self.finished = self._journaled()
        return process.returncode == 0

    def _wait(self, process: subprocess.Popen[bytes], chance: random.Random) -> None:
        """Until some bytes more were sent, or some time passed, or it ended."""
        if self.kills == self.most:
            process.wait()
        if chance.random() < 0.1:
            with suppress(subprocess.TimeoutExpired):
                process.wait(chance.uniform(0, 1))
            return
        enough = self.proxy.sent + chance.randrange(4 * FRAME_DATA)
        with self.proxy.changed:
            while process.poll() is None and self.proxy.sent < enough:
                self.proxy.changed.wait(0.05)

    def _check(self, served: Sequence[Served]) -> None:
        """What this attempt asked for was not finished before."""
        sizes = {str(blob.digest): blob.size for blob in self.blobs}
        for one in served:
            end = sizes.get(one.digest, 0) if one.end < 0 else one.end
            asked = {(one.digest, frame) for frame in range(one.start // FRAME_DATA, _up(end))}
            assert not asked & self.finished, f"asked again for a finished part: {one}"

    def _journaled(self) -> Frames:
        if not journal_path(self.target).exists():
            return set()
        with closing(Journal.open(self.target)) as journal:
            stored, compressed = journal.stored, len(journal.compressed)
        of = {kind: [b for b in self.blobs if b.encoding is kind] for kind in Encoding}
        tail = [
            (str(blob.digest), frame)
            for blob in of[Encoding.ZSTD]
            for frame in range(LargeMember(blob).frame_count)
        ]
        return set(tail[:compressed]) | {
            (str(of[Encoding.STORED][member].digest), frame)
            for member, frames in stored.items()
            for frame in frames
        }


def _up(end: int) -> int:
    return -(-end // FRAME_DATA)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory, proxy: CountingProxy) -> Path:
    """The bundle of an undisturbed build."""
    path = tmp_path_factory.mktemp("whole") / "out.tar.zst"
    subprocess.run(command(proxy, path), check=True, capture_output=True)
    return path


@pytest.mark.soak
@pytest.mark.parametrize("options", [(), ("--volume-size", "30M")], ids=["file", "volumes"])
def test_killed_builds_lose_nothing_and_give_the_same_bytes(
    tmp_path: Path, proxy: CountingProxy, whole: Path, options: tuple[str, ...]
) -> None:
    with Bundle.open(whole) as bundle:
        blobs = [b for b in bundle.catalogue.blobs if "config" not in b.media_type]
    chance = random.Random(KILLS)
    kills = 0
    for number in count():
        directory = tmp_path / str(number)
        directory.mkdir()
        build = KilledBuild(proxy, directory / "out.tar.zst", options, blobs, KILLS - kills)
        proxy.forget()
        while not build.attempt(chance):
            pass
        kills += build.kills
        sent = sum(one.sent for one in proxy.blobs)
        assert sent <= sum(b.size for b in blobs) + (build.kills + 1) * WASTED_BY_A_KILL
        volumes = sorted(directory.glob("out.tar.zst*"))
        assert b"".join(path.read_bytes() for path in volumes) == whole.read_bytes()
        kept = {*volumes, *directory.glob("out.volumes.json"), directory / "out.lock.yaml"}
        assert {*directory.iterdir()} == kept | {directory / "log"}
        print(f"{build.kills} kills, {sent / sum(b.size for b in blobs):.2f} of the bytes sent")  # noqa: T201
        if kills >= KILLS:
            return
