"""The self-contained cube-install, on a machine that has no Python and an older C library."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import tarfile
import time
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.support.bare_root import BareRoot, bare_root
from tests.support.bundle_factory import tiny_bundle
from tests.support.image_factory import image

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.xdist_group("self-contained")

ROOT = Path(__file__).parents[2]
STUB_SIZE = 4096
OLDEST_GLIBC = (2, 17)  # CentOS 7


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file for this kind of machine, made as a release makes it."""
    directory = tmp_path_factory.mktemp("program")
    command = [sys.executable, "-m", "scripts.make_installer", "--architecture", "amd64"]
    subprocess.run([*command, str(directory)], check=True, cwd=ROOT)
    return directory / "cube-install-linux-amd64"


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory, program: Path) -> Iterator[BareRoot]:
    with bare_root(tmp_path_factory.mktemp("bare") / "root") as made:
        shutil.copy(program, made.path / "root" / "cube-install")
        assert made.run("command -v python3 python").out == ""
        yield made


@pytest.fixture
def cache(root: BareRoot) -> Iterator[str]:
    """A cache that nothing was unpacked into yet, as the root names it."""
    yield "/root/cache"
    shutil.rmtree(root.path / "root/cache", ignore_errors=True)


def test_it_verifies_a_bundle_where_there_is_no_python(root: BareRoot) -> None:
    tiny_bundle({"quay.io/a:1": image()}).write(root.path / "root/site.tar.zst")

    done = root.run("./cube-install verify --bundle site.tar.zst")

    assert done.code == 0, done.err
    assert "cube-install" not in done.err  # nothing of the unpacking is shown


def test_it_is_unpacked_once_for_its_user_alone(root: BareRoot, cache: str) -> None:
    first = root.run("./cube-install --help", CUBE_INSTALL_CACHE=cache)
    unpacked = root.run(f"stat -c '%a %i' {cache}/cube-install/*")
    second = root.run("./cube-install --help", CUBE_INSTALL_CACHE=cache)

    assert (first.code, second.out) == (0, first.out)
    assert re.fullmatch(r"700 \d+\n", unpacked.out)
    assert root.run(f"stat -c '%a %i' {cache}/cube-install/*").out == unpacked.out


def test_two_that_start_at_once_both_run(root: BareRoot, cache: str) -> None:
    both = "./cube-install --version >one & ./cube-install --version >two; wait $!"

    done = root.run(f"{both} && cmp one two && ls {cache}/cube-install", CUBE_INSTALL_CACHE=cache)

    assert done.code == 0, done.err
    assert len(done.out.split()) == 1
    assert root.run(f"ls {cache}/cube-install/*").out.split() == ["cube-install", "python"]


def test_killed_while_it_unpacks_it_starts_the_next_time(root: BareRoot, cache: str) -> None:
    command = ["chroot", str(root.path), "/root/cube-install", "--version"]
    begun = subprocess.Popen(
        command,
        env={"CUBE_INSTALL_CACHE": cache, "PATH": os.environ["PATH"]},
        start_new_session=True,
    )
    place = root.path / cache.lstrip("/") / "cube-install"
    deadline = time.monotonic() + 60
    while not list(place.glob("part.*/python")) and time.monotonic() < deadline:
        pass
    os.killpg(begun.pid, signal.SIGKILL)
    begun.wait()

    done = root.run("./cube-install --version", CUBE_INSTALL_CACHE=cache)

    assert done.code == 0, done.err


def test_a_damaged_copy_says_so(root: BareRoot, cache: str, program: Path) -> None:
    raw = bytearray(program.read_bytes())
    raw[len(raw) // 2] ^= 1
    damaged = root.path / "root/damaged"
    damaged.write_bytes(raw)
    damaged.chmod(0o755)

    done = root.run("./damaged --version", CUBE_INSTALL_CACHE=cache)

    assert done.code == 2
    assert "could not be unpacked" in done.err
    assert "copy the file again" in done.err
    assert root.run(f"ls {cache}/cube-install").out == ""


def test_without_a_home_it_asks_for_a_directory(root: BareRoot) -> None:
    done = root.run("unset HOME; ./cube-install --version")

    assert done.code == 2
    assert "CUBE_INSTALL_CACHE=DIR ./cube-install" in done.err


def test_a_cache_that_is_somebody_elses_is_not_trusted(root: BareRoot, cache: str) -> None:
    root.run(f"mkdir -p {cache}/cube-install && chown 1234 {cache}/cube-install")

    done = root.run("./cube-install --version", CUBE_INSTALL_CACHE=cache)

    assert done.code == 2
    assert "is somebody else's" in done.err


def test_for_another_kind_of_machine_it_says_which(root: BareRoot, program: Path) -> None:
    other = root.path / "root/other"
    other.write_bytes(program.read_bytes().replace(b"Linux/x86_64", b"Linux/aarch64", 1))
    other.chmod(0o755)

    done = root.run("./other --version")

    assert done.code == 2
    assert "this is Linux on x86_64" in done.err


def test_where_nothing_may_be_run_it_says_where_to_unpack(root: BareRoot, cache: str) -> None:
    mounted = root.path / cache.lstrip("/")
    mounted.mkdir()
    options = ["-t", "tmpfs", "-o", "noexec,size=200m", "tmpfs"]
    subprocess.run(["mount", *options, str(mounted)], check=True)
    try:
        done = root.run("./cube-install --version", CUBE_INSTALL_CACHE=cache)
    finally:
        subprocess.run(["umount", str(mounted)], check=True)

    assert done.code == 2
    assert "the program does not run from" in done.err


def test_nothing_in_it_needs_a_newer_c_library(program: Path, tmp_path: Path) -> None:
    with tarfile.open(fileobj=BytesIO(program.read_bytes()[STUB_SIZE:])) as payload:
        payload.extractall(tmp_path, filter="data")
    libraries = [path for path in tmp_path.rglob("*") if is_elf(path)]
    names = "\n".join(objdump(path) for path in libraries)

    asked = {(int(one[1]), int(one[2])) for one in re.finditer(r"GLIBC_(\d+)\.(\d+)", names)}

    assert len(libraries) > 10
    assert max(asked) <= OLDEST_GLIBC


def is_elf(path: Path) -> bool:
    if not path.is_file() or path.is_symlink():
        return False
    with path.open("rb") as file:
        return file.read(4) == b"\x7fELF"


def objdump(path: Path) -> str:
    command = ["objdump", "-T", str(path)]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout
