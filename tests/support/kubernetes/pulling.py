"""A cluster in a process of its own, whose nodes get what a registry has, and nothing else.

python -m tests.support.kubernetes.pulling DIRECTORY REGISTRY

REGISTRY is HOST:PORT, spoken to by plain HTTP. When the cluster is there, the path of a kubeconfig
that leads to it is written as one line; SIGTERM ends it.
"""

from __future__ import annotations

import signal
import sys
from functools import partial
from http.client import HTTPConnection
from pathlib import Path

from cube_airgap.manifest import MANIFEST_TYPES
from cube_airgap.reference import Reference
from tests.support.kubernetes.double import running_double
from tests.support.kubernetes.trouble import Trouble

_FOUND = 200
_ACCEPT = ", ".join(MANIFEST_TYPES)


def main() -> None:
    directory, registry = sys.argv[1:]
    with running_double(Path(directory)) as double:
        double.server.workloads.pull = partial(pull, registry)
        print(double.kubeconfig, flush=True)  # noqa: T201 - for who started us
        signal.sigwait({signal.SIGTERM, signal.SIGINT})


def pull(registry: str, image: str) -> Trouble | None:
    """Why a node that reaches nothing but `registry` does not get `image`."""
    reference = Reference.parse(image)
    if reference.host != registry:
        return Trouble.IMAGE_MISSING
    connection = HTTPConnection(registry, timeout=10)
    try:
        path = f"/v2/{reference.repository}/manifests/{reference.digest or reference.tag}"
        connection.request("HEAD", path, headers={"Accept": _ACCEPT})
        found = connection.getresponse().status == _FOUND
    finally:
        connection.close()
    return None if found else Trouble.IMAGE_MISSING


if __name__ == "__main__":
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGINT})
    main()
