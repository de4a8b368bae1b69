"""A cluster for the demo: the API server double of the tests, and somebody behind its entry."""

from __future__ import annotations

import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from demo.registry import answers, free_address

if TYPE_CHECKING:
    from collections.abc import Iterator

_PAGES = Path("demo/stack/web/pages")


@dataclass(frozen=True)
class DemoCluster:
    """`kubeconfig` leads to it, and `entry`, which is HOST:PORT, to what users open."""

    kubeconfig: Path
    entry: str


@contextmanager
def running_cluster(directory: Path, registry: str) -> Iterator[DemoCluster]:
    """Start a cluster whose nodes pull from `registry` (HOST:PORT); stop it at the end.

    No containers run in it, so that a web server beside it answers for them.
    """
    directory.mkdir(parents=True)
    double = _started(directory, "tests.support.kubernetes.pulling", str(directory), registry)
    entry = free_address()
    host, _, port = entry.partition(":")
    pages = _started(directory, "http.server", port, "--bind", host, "--directory", str(_PAGES))
    try:
        assert double.stdout is not None  # noqa: S101 - it is a pipe
        kubeconfig = double.stdout.readline().decode().strip()
        if not kubeconfig or not answers(entry, pages):
            raise SystemExit(f"the cluster does not start; see {directory}")
        yield DemoCluster(Path(kubeconfig), entry)
    finally:
        for process in (double, pages):
            process.terminate()
            process.communicate()


def _started(directory: Path, module: str, *arguments: str) -> subprocess.Popen[bytes]:
    with (directory / f"{module}.log").open("wb") as log:
        return subprocess.Popen(
            [sys.executable, "-m", module, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=log,
            start_new_session=True,  # Ctrl-C is for the command in front
        )
