"""A cluster in a process of its own, with kubelets, for a host of the lab.

python -m tests.support.kubernetes.process DIRECTORY NODE... ; DIRECTORY/kubeconfig leads there
"""

from __future__ import annotations

import signal
import sys
from pathlib import Path

from tests.support.kubelet import not_started, running_kubelets
from tests.support.kubernetes.double import running_double


def main() -> None:
    directory, *nodes = sys.argv[1:]
    with running_double(Path(directory)) as double:
        double.remove("Node", "node-1")
        for name in nodes:
            double.add_node(name)
        written = double.kubeconfig
        with running_kubelets(double, not_started):
            written.rename(written.with_name("admin.conf"))
            signal.sigwait({signal.SIGTERM, signal.SIGINT})


if __name__ == "__main__":
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGINT})
    main()
