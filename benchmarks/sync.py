"""Syncing one registry into another beside `skopeo sync`: wall time, memory, bytes, requests.

    PYTHONPATH=. python benchmarks/sync.py --source 127.0.0.1:5000 --rounds 3 [--many 650]

All that the source has is brought into a docker-registry of its own for each run; then once more,
when nothing moved. With --many, so many small images are made and synced, and then synced again.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import requests
from measuring import measure, median
from registry_load import Measured, received_by, requests_of

from tests.support import image_factory as make
from tests.support.real_registry import running_registry

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tests.support.real_registry import RealRegistry

_PROGRAMS = Path(sys.executable).parent


def main() -> None:
    """Measure, print a table, and write JSON."""
    options = _options()
    with tempfile.TemporaryDirectory(prefix="bench-", dir=options.directory) as name:
        bench = Bench(options, Path(name))
        for number in range(options.rounds):
            print(f"round {number + 1}", file=sys.stderr)
            bench.round(options.source, _images_of(options.source), "corpus")
        if options.many:
            bench.many(options.many)
    print(bench.table())
    if options.json:
        options.json.write_text(json.dumps(bench.report(), indent=1) + "\n")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--source", default="127.0.0.1:5000", help="HOST:PORT, plain HTTP")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--jobs", type=int, default=4)
    parser.add_argument("--many", type=int, default=0, help="so many small images, besides")
    parser.add_argument("--directory", type=Path, help="where to write; twice the source's size")
    parser.add_argument("--storage", type=Path, help="where target registries keep their data")
    parser.add_argument("--json", type=Path, help="write all runs there")
    return parser.parse_args()


def _images_of(host: str) -> list[str]:
    """REPOSITORY:TAG of all that is there."""
    names = requests.get(f"http://{host}/v2/_catalog?n=1000", timeout=30).json()["repositories"]
    found = []
    for name in names:
        tags = requests.get(f"http://{host}/v2/{name}/tags/list", timeout=30).json()["tags"]
        found += [f"{name}:{tag}" for tag in tags or ()]
    return found


class Bench:
    """All contenders."""

    def __init__(self, options: argparse.Namespace, where: Path) -> None:
        self._jobs = options.jobs
        self._where = where
        self._storage = (options.storage or where) / "bench-registry"
        self.measured: dict[str, Measured] = {}

    def round(self, source: str, images: Sequence[str], what: str) -> None:
        """Every contender once."""
        with self._registry() as registry:
            ours = [self._ours(source, images, registry)]
            self._measure(f"cube-bundle sync, {what}", registry, ours)
            self._measure(f"cube-bundle sync, {what}, again", registry, ours)
        with self._registry() as registry:
            theirs = list(self._skopeo(source, images, registry))
            self._measure(f"skopeo sync, {what}", registry, theirs)
            self._measure(f"skopeo sync, {what}, again", registry, theirs)

    def many(self, count: int) -> None:
        """Small images, one layer in common and one of its own each."""
        base = make.layer({"base": b"base"})
        with running_registry(self._where / "many") as source:
            for number in range(count):
                one = make.image([base, make.layer({"own": str(number).encode()})])
                source.push(f"many/{number:04d}", "1", one)
            images = [f"many/{number:04d}:1" for number in range(count)]
            self.round(source.host, images, f"{count} images")

    def _measure(self, name: str, registry: RealRegistry, commands: Sequence[list[str]]) -> None:
        before, asked = received_by(registry), requests_of(registry)
        run = measure(commands, self._where / "run")
        one = self.measured.setdefault(name, Measured())
        one.runs.append(run)
        one.received.append(received_by(registry) - before)
        one.requests.append(requests_of(registry) - asked)
        print(f"{name}: {run.seconds:.2f} s", file=sys.stderr)

    @contextmanager
    def _registry(self) -> Iterator[RealRegistry]:
        try:
            with running_registry(self._storage) as registry:
                yield registry
        finally:
            shutil.rmtree(self._storage)

    def _ours(self, source: str, images: Sequence[str], registry: RealRegistry) -> list[str]:
        listed = self._where / "images.txt"
        listed.write_text("".join(f"{source}/{one}\n" for one in images))
        return [
            *(str(_PROGRAMS / "cube-bundle"), "sync", "--list", str(listed)),
            *("--to", registry.host, "--insecure", registry.host, "--insecure", source),
            *("--jobs", str(self._jobs)),
        ]

    def _skopeo(
        self, source: str, images: Sequence[str], registry: RealRegistry
    ) -> Iterator[list[str]]:
        """One call for each directory: it keeps the last part of a name only, or ours of a port."""
        tags: dict[str, dict[str, list[str]]] = {}
        for one in images:
            name, _, tag = one.rpartition(":")
            below = tags.setdefault(name.rpartition("/")[0], {})
            below.setdefault(name, []).append(tag)
        for number, (directory, names) in enumerate(tags.items()):
            listed = self._where / f"images-{number}.yaml"
            listed.write_text(json.dumps({source: {"tls-verify": False, "images": names}}))
            yield [
                *("skopeo", "sync", "--all", "--insecure-policy", "--dest-tls-verify=false"),
                *("--src", "yaml", "--dest", "docker"),
                *(str(listed), f"{registry.host}/all/{directory}"),
            ]

    def table(self) -> str:
        """Medians, and what each of ours is of theirs."""
        lines = [
            "| what | seconds | ours / theirs | RSS MB | disk MB | received MB | requests |",
            "|---|---:|---:|---:|---:|---:|---:|",
        ]
        for name, one in self.measured.items():
            seconds = median(one.runs, lambda run: run.seconds)
            theirs = self.measured.get(name.replace("cube-bundle", "skopeo"))
            ratio = seconds / median(theirs.runs, lambda run: run.seconds) if theirs else 1.0
            rss = max(run.rss for run in one.runs) / 1e6
            disk = max(run.peak_disk for run in one.runs) / 1e6
            received = sorted(one.received)[len(one.received) // 2] / 1e6
            asked = sorted(one.requests)[len(one.requests) // 2]
            lines.append(
                f"| {name} | {seconds:.2f} | {ratio:.3f} | {rss:.0f} | {disk:.1f} | "
                f"{received:.1f} | {asked} |"
            )
        return "\n".join(lines)

    def report(self) -> dict[str, object]:
        """All runs, for machines."""
        return {name: one.report() for name, one in self.measured.items()}


if __name__ == "__main__":
    main()
