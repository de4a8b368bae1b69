"""A Harbor in a process of its own, for a host of the lab.

python -m tests.support.harbor.process DIRECTORY NAME CERTIFICATE KEY
"""

from __future__ import annotations

import signal
import sys
from pathlib import Path

from tests.support.harbor.double import running_double
from tests.support.harbor.state import State


def main() -> None:
    directory, name, certificate, key = sys.argv[1:]
    state = State(external_url=f"https://{name}")
    with running_double(Path(directory), state, (Path(certificate), Path(key)), ("0.0.0.0", 443)):
        signal.sigwait({signal.SIGTERM, signal.SIGINT})


if __name__ == "__main__":
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGINT})
    main()
