"""A build's memory does not grow with its blobs."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
MOST = 200 << 20

# A process counts the memory of the one that started it, until then; so a small one starts it.
_MEASURED = """
import resource, subprocess, sys
subprocess.run(sys.argv[1:], check=True, stdout=sys.stderr)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""


def test_a_blob_of_a_gigabyte_needs_no_more_memory_than_a_small_one(tmp_path: Path) -> None:
    program = str(Path(sys.executable).with_name("cube-bundle"))
    serve = [sys.executable, str(BENCHMARKS / "synthetic_registry.py"), "--huge", "1"]
    with subprocess.Popen(serve, stdout=subprocess.PIPE, text=True) as registry:
        assert registry.stdout
        host = registry.stdout.readline().strip()
        target = tmp_path / "out.tar.zst"
        command = [
            program,
            "build",
            f"{host}/made-up/huge:1",
            "--insecure",
            host,
            "-o",
            str(target),
        ]
        run = [sys.executable, "-c", _MEASURED, *command]
        built = subprocess.run(run, capture_output=True, text=True, check=False)
        registry.kill()
    assert built.returncode == 0, built.stderr
    assert target.stat().st_size > 10**9
    target.unlink()
    assert int(built.stdout) * 1024 < MOST
