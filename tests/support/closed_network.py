"""A network that nothing leaves, and that counts what tries to: a Linux network namespace.

Loopback is there for the registry. Everything else has a route into a cable whose other end nobody
reads; what goes into it is counted by the kernel. Names are asked of a server on that cable.
"""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
_SECONDS = 240
_SETUP = """\
set -euo pipefail
ip link set lo up
ip link add egress type veth peer name nobody
for end in egress nobody; do echo 1 > /proc/sys/net/ipv6/conf/$end/disable_ipv6; done
ip addr add 192.0.2.1/24 dev egress
ip link set egress up
ip link set nobody up
ip neigh add 192.0.2.254 lladdr 02:00:00:00:00:01 dev egress nud permanent
ip route add default via 192.0.2.254
mount --bind "$1/resolv.conf" /etc/resolv.conf
count=/sys/class/net/egress/statistics/tx_packets
shift
mount -t sysfs closed /sys
before=$(cat $count)
code=0
"$@" || code=$?
echo $(($(cat $count) - before)) > "$PACKETS"
exit $code
"""


@dataclass(frozen=True)
class ClosedRun:
    """A command that ended; `packets` is how many tried to leave."""

    code: int
    out: str
    err: str
    packets: int


def run_closed(directory: Path, *command: object) -> ClosedRun:
    """Run `command` in a closed network of its own; `directory` is for scratch files."""
    (directory / "resolv.conf").write_text("nameserver 192.0.2.254\noptions timeout:1 attempts:1\n")
    packets = directory / "packets"
    inside = ["bash", "-c", _SETUP, "closed", str(directory), *(str(one) for one in command)]
    environment = {
        name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")
    }
    done = subprocess.run(
        ["unshare", "--map-root-user", "--net", "--mount", *inside],
        cwd=ROOT,
        env={**environment, "PACKETS": str(packets), "HOME": str(directory)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=_SECONDS,
        check=False,
    )
    assert packets.exists(), f"no closed network could be made: {done.stderr}"
    return ClosedRun(done.returncode, done.stdout, done.stderr, int(packets.read_text()))
