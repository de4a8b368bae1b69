"""How pulling onto nodes beforehand grows with their number, up to 1,000.

    PYTHONPATH=. python benchmarks/spread_nodes.py [--nodes 10 100 1000] [--pulling 32]

What the work costs the API server is measured: `prepull` runs against an API server double whose
kubelets pull at once. How long the pulling takes is simulated, since nobody here has 1,000 nodes:
nodes share the registry's line fairly, pull image after image, and differ in speed.
"""

from __future__ import annotations

import argparse
import random
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from cube_airgap.catalogue import BundledImage
from cube_airgap.digest import Digest
from cube_airgap.reference import Reference
from cube_install.prepull.prepull import Patience, Prepull
from cube_install.prepull.wanted_images import Pull
from tests.support.kubelet import not_started, running_kubelets
from tests.support.kubernetes.double import running_double
from tests.support.noting_progress import NotingProgress

GB = 1e9
IMAGES = 20


@dataclass(frozen=True)
class Site:
    """Bytes a second: the registry's line, a node's line, and what a node unpacks (of gzip)."""

    registry: float = 1.25 * GB  # 10 Gbit/s
    node: float = 1.25 * GB
    unpacking: float = 0.12 * GB
    size: float = 20 * GB  # of all images, compressed


def simulated(nodes: int, pulling: int, site: Site) -> float:
    """Seconds until every node has everything, at most `pulling` of them at a time.

    A node's time is that of its slower half, line or unpacking. Every node that pulls gets the same
    part of the registry's line, or less where it can take no more.
    """
    rng = random.Random(nodes)  # noqa: S311 - the same each time
    speeds = [site.unpacking * rng.lognormvariate(0, 0.15) for _ in range(nodes)]
    left: list[tuple[float, float]] = []  # (bytes still to come, speed) of nodes at work
    waiting = list(reversed(speeds))
    now = 0.0
    while waiting or left:
        while waiting and len(left) < pulling:
            left.append((site.size, waiting.pop()))
        share = site.registry / len(left)
        rates = [min(speed, site.node, share) for _, speed in left]
        step = min(size / rate for (size, _), rate in zip(left, rates, strict=True))
        now += step
        moved = [
            (size - rate * step, speed) for (size, speed), rate in zip(left, rates, strict=True)
        ]
        left = [one for one in moved if one[0] > 1]
    return now


def least_with_peers(nodes: int, site: Site) -> float:
    """Seconds that no peer-to-peer engine can beat (Kumar and Ross, 2006: the fluid bound)."""
    slowest = min(site.node, site.unpacking)
    total = nodes * site.size / (site.registry + nodes * site.node)
    return max(site.size / site.registry, site.size / slowest, total)


@dataclass(frozen=True)
class Measured:
    """What `prepull` cost: requests to the API server, seconds, and the most pods at a time."""

    requests: int
    seconds: float
    pods: int


def measured(nodes: int, pulling: int) -> Measured:
    """Run `prepull` for IMAGES images on each node against the double."""
    images = [
        Pull(
            BundledImage(Reference.parse(f"app{one}:1"), Digest.of(b""), "c", "", ()),
            f"harbor.example/app{one}:1",
        )
        for one in range(IMAGES)
    ]
    wanted = {f"n{number:04d}": images for number in range(nodes)}
    with tempfile.TemporaryDirectory() as name, running_double(Path(name)) as double:
        cluster = double.connect()
        double.asked.clear()
        began = time.monotonic()
        with running_kubelets(double, not_started) as kubelets:
            work = Prepull(cluster, pulling, ["hubsecret"], Patience(pause=0.05))
            results = work.run(wanted, NotingProgress())
        if any(len(one.there) < IMAGES for one in results.values()):
            raise SystemExit("some images did not come")
        return Measured(len(double.asked), time.monotonic() - began, kubelets.most)


def main() -> None:
    """Measure and print two tables."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--nodes", type=int, nargs="+", default=[10, 100, 1000])
    parser.add_argument("--pulling", type=int, default=32)
    options = parser.parse_args()
    print(f"API server, {IMAGES} images a node, {options.pulling} nodes at a time")
    for nodes in options.nodes:
        one = measured(nodes, options.pulling)
        print(f"  {nodes:5d} nodes: {one.requests:6d} requests, {one.seconds:6.1f} s, "
              f"at most {one.pods} pods")  # fmt: skip
    site = Site()
    print("minutes for 20 GB a node, registry 10 Gbit/s: 8, 32, all at a time; bound with peers")
    for nodes in options.nodes:
        times = [simulated(nodes, jobs, site) / 60 for jobs in (8, 32, nodes)]
        bound = least_with_peers(nodes, site) / 60
        shown = "  ".join(f"{one:7.1f}" for one in times)
        print(f"  {nodes:5d} nodes: {shown}   {bound:7.1f}")


if __name__ == "__main__":
    main()
