"""Bundles that go through a pipe: written to stdout, and pushed as they come."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml

from tests.support import image_factory as make
from tests.support.command import Ran, run
from tests.support.faulty_front import How, faulty_front
from tests.support.memory_source import noise
from tests.support.pushing import is_there, requests_seen, served, uploads_finished
from tests.support.real_registry import RealRegistry, running_registry

if TYPE_CHECKING:
    from collections.abc import Iterator

PROGRAMS = Path(sys.executable).parent
BASE = make.layer({"base": noise(9_000_000, 1)})
PLAIN = make.layer({"plain": noise(5_000_000, 2)}, "none")
IMAGES = {
    "app": make.image([BASE, make.layer({"app": b"app"})]),
    "plain": make.image([PLAIN]),
    "web": make.image([BASE, make.layer({"web": noise(12_000_000, 3)})]),
}


@dataclass(frozen=True)
class Piping:
    """A registry on either side, and a directory that nothing should be left in."""

    outside: RealRegistry
    inside: RealRegistry
    directory: Path

    @property
    def build(self) -> list[str]:
        names = [f"{self.outside.host}/team/{one}:1" for one in IMAGES]
        return ["build", *names, "--insecure", self.outside.host]

    def built(self) -> bytes:
        done = run("cube-bundle", *self.build, "-o", "b.tar.zst", cwd=self.directory)
        assert done.code == 0, done.err
        return (self.directory / "b.tar.zst").read_bytes()

    def send(self, data: bytes, *command: str, to: str = "") -> Ran:
        """Run `cube-install` with `data` as what comes through the pipe, and then its end."""
        host = to or self.inside.host
        arguments = [*(command or ("push",)), "--bundle", "-", "--to", f"{host}/site"]
        done = subprocess.run(
            [str(PROGRAMS / "cube-install"), *arguments, "--insecure", host],
            input=data,
            cwd=self.directory,
            env={**os.environ, "HOME": str(self.directory)},
            capture_output=True,
            timeout=120,
            check=False,
        )
        told = Ran(done.returncode, done.stdout.decode(), done.stderr.decode())
        assert "Traceback" not in told.err, told.err
        return told

    def name(self, image: str) -> str:
        return f"{self.outside.host.replace(':', '_')}/team/{image}"

    def assert_all_there(self) -> None:
        for name, one in IMAGES.items():
            assert served(self.inside, self.name(name), "1")[0] == one.digest


@pytest.fixture(scope="module")
def outside(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealRegistry]:
    with running_registry(tmp_path_factory.mktemp("outside")) as running:
        for name, one in IMAGES.items():
            running.push(f"team/{name}", "1", one)
        yield running


@pytest.fixture
def piping(outside: RealRegistry, tmp_path: Path) -> Iterator[Piping]:
    (tmp_path / "here").mkdir()
    with running_registry(tmp_path / "inside") as inside:
        yield Piping(outside, inside, tmp_path / "here")


def test_what_is_written_to_stdout_is_the_bundle_byte_for_byte(piping: Piping) -> None:
    program = [str(PROGRAMS / "cube-bundle"), *piping.build, "-o", "-"]
    done = subprocess.run(program, cwd=piping.directory, capture_output=True, check=True)
    assert list(piping.directory.iterdir()) == []
    assert b"given out: 3 images" in done.stderr
    assert done.stdout == piping.built()


def test_a_bundle_that_is_built_into_a_pipe_is_pushed_out_of_it(piping: Piping) -> None:
    build = [str(PROGRAMS / "cube-bundle"), *piping.build, "-o", "-"]
    with subprocess.Popen(build, stdout=subprocess.PIPE, cwd=piping.directory) as building:
        to = ["--to", f"{piping.inside.host}/site", "--insecure", piping.inside.host]
        push = [str(PROGRAMS / "cube-install"), "push", "--bundle", "-", *to]
        subprocess.run(push, stdin=building.stdout, cwd=piping.directory, check=True)
    assert building.returncode == 0
    piping.assert_all_there()
    assert {path.name for path in piping.directory.iterdir()} == {"relocation.yaml"}


def test_who_builds_into_a_pipe_is_told_that_its_reader_went(piping: Piping) -> None:
    build = [str(PROGRAMS / "cube-bundle"), *piping.build, "-o", "-"]
    with subprocess.Popen(
        build, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=piping.directory
    ) as building:
        assert building.stdout
        assert building.stderr
        building.stdout.close()
        told = building.stderr.read().decode()
    assert building.returncode == 3, told
    assert "whoever reads the bundle from the pipe ended before" in told


def test_from_a_pipe_comes_what_comes_from_the_file(piping: Piping, tmp_path: Path) -> None:
    data = piping.built()
    assert piping.send(data).code == 0
    piped = yaml.safe_load((piping.directory / "relocation.yaml").read_text())
    with running_registry(tmp_path / "other") as other:
        to = ("--to", f"{other.host}/site", "--insecure", other.host)
        run("cube-install", "push", "--bundle", "b.tar.zst", *to, cwd=piping.directory)
    whole = yaml.safe_load((piping.directory / "relocation.yaml").read_text())
    assert [one["digest"] for one in piped["images"]] == [one["digest"] for one in whole["images"]]
    assert set(uploads_finished(piping.inside).values()) == {1}
    piping.assert_all_there()


def test_what_is_there_already_goes_by(piping: Piping) -> None:
    data = piping.built()
    piping.send(data)
    before = len(piping.inside.log.read_text())

    again = piping.send(data)

    assert again.code == 0
    assert "3 images: 3 already there" in again.out
    assert {method for method, _, _ in requests_seen(piping.inside, before)} <= {"GET", "HEAD"}


@pytest.mark.parametrize("part", [0.4, 0.9, 0.9999])
def test_a_pipe_that_ends_early_keeps_what_came_and_the_rest_comes_next_time(
    piping: Piping, part: float
) -> None:
    data = piping.built()

    cut = piping.send(data[: int(len(data) * part)])

    assert cut.code == 6, cut.err
    assert "ends in the middle" in cut.err
    assert "what is in the registry by now is not sent once more" in cut.err
    again = piping.send(data)
    assert again.code == 0, again.err
    assert set(uploads_finished(piping.inside).values()) == {1}
    piping.assert_all_there()


def test_a_pipe_that_ends_in_the_head_writes_nothing(piping: Piping) -> None:
    cut = piping.send(piping.built()[:500])
    assert cut.code == 6
    assert uploads_finished(piping.inside) == {}


def test_a_blob_that_cannot_be_read_twice_fails_its_images_alone(piping: Piping) -> None:
    data = piping.built()
    with faulty_front(piping.inside.host) as front:
        front.fail("blobs/uploads", How.CUT, longer_than=10_000_000)
        done = piping.send(data, to=front.host)

    assert done.code == 5, done.err
    assert "cannot be read a second time" in done.err
    assert "send the bundle again" in done.err
    assert is_there(piping.inside, piping.name("app"), "1")
    assert is_there(piping.inside, piping.name("plain"), "1")
    assert piping.send(data).code == 0
    piping.assert_all_there()


def test_a_damaged_layer_keeps_its_images_back_alone(piping: Piping) -> None:
    data = bytearray(piping.built())
    layer = bytes(IMAGES["web"].blobs[IMAGES["web"].body["layers"][1]["digest"]][1000:1100])
    data[bytes(data).index(layer)] ^= 1

    done = piping.send(bytes(data))

    assert done.code == 6
    assert "is damaged" in done.err
    assert not is_there(piping.inside, piping.name("web"), "1")
    assert is_there(piping.inside, piping.name("app"), "1")


def test_a_look_reads_the_head_alone_and_an_installation_all(piping: Piping) -> None:
    data = piping.built()
    head = data[: len(data) // 20]
    assert piping.send(head, "push", "--dry-run").code == 0
    assert piping.send(head, "preflight").code == 0
    assert uploads_finished(piping.inside) == {}

    assert piping.send(data, "install").code == 0
    piping.assert_all_there()
