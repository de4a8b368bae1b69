"""The memory that building and pushing take does not grow with the blobs."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from tests.support.faulty_front import How, faulty_front
from tests.support.peak_memory import peak_memory

if TYPE_CHECKING:
    from tests.support.real_registry import RealRegistry

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
PROGRAMS = Path(sys.executable).parent
MOST = 200 << 20


def test_a_blob_of_a_gigabyte_needs_no_more_memory_than_a_small_one(
    registry: RealRegistry, tmp_path: Path
) -> None:
    bundle = tmp_path / "out.tar.zst"
    assert built(bundle) < MOST
    assert bundle.stat().st_size > 10**9
    assert pushed(bundle, registry) < MOST
    bundle.unlink()


def built(bundle: Path) -> int:
    """The memory of a build from a registry that makes the blob up."""
    serve = [sys.executable, str(BENCHMARKS / "synthetic_registry.py"), "--huge", "1"]
    with subprocess.Popen(serve, stdout=subprocess.PIPE, text=True) as registry:
        assert registry.stdout
        host = registry.stdout.readline().strip()
        command = [
            *(str(PROGRAMS / "cube-bundle"), "build", f"{host}/made-up/huge:1"),
            *("--insecure", host, "-o", str(bundle)),
        ]
        try:
            return peak_memory(command, bundle.parent)
        finally:
            registry.kill()


def pushed(bundle: Path, registry: RealRegistry) -> int:
    """The memory of a push to a front that takes everything, and keeps nothing of it."""
    with faulty_front(registry.host) as front:
        front.fail("PUT", How.READ_AND_REFUSE, status=201, times=99)
        command = [
            *(str(PROGRAMS / "cube-install"), "push", "--bundle", str(bundle)),
            *("--to", f"{front.host}/memory", "--insecure", front.host),
        ]
        return peak_memory(command, bundle.parent)
