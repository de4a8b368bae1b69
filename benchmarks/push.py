"""Pushing a bundle beside what people use today: wall time, extra disk, memory, bytes, requests.

    PYTHONPATH=. python benchmarks/push.py --bundle corpus.tar.zst --rounds 3 [--docker]

Each run gets a docker-registry of its own, empty but for the second push. Contenders run in turn:
ours; ours again into the full registry; `skopeo copy --all` of each image from a layout that was
unpacked before, unmeasured; with --docker, `docker load && docker push`; Zarf and Hauler where they
are on PATH.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from measuring import measure, median
from registry_load import Measured, received_by, requests_of

from cube_airgap.bundle import Bundle
from cube_airgap.relocation import path_with_host
from tests.support.real_registry import running_registry

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from cube_airgap.reference import Reference
    from tests.support.real_registry import RealRegistry

_PROGRAMS = Path(sys.executable).parent


def main() -> None:
    """Measure, print a table, and write JSON."""
    options = _options()
    with tempfile.TemporaryDirectory(prefix="bench-", dir=options.directory) as name:
        bench = Bench(options, Path(name))
        for number in range(options.rounds):
            print(f"round {number + 1}", file=sys.stderr)
            bench.round()
    print(bench.table())
    if options.json:
        options.json.write_text(json.dumps(bench.report(), indent=1) + "\n")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bundle", type=Path, required=True)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--jobs", type=int, default=4)
    parser.add_argument("--docker", action="store_true", help="measure docker load && push, once")
    parser.add_argument("--directory", type=Path, help="where to write; some 4 times the bundle")
    parser.add_argument("--storage", type=Path, help="where registries keep their data instead")
    parser.add_argument("--json", type=Path, help="write all runs there")
    return parser.parse_args()


class Bench:
    """All contenders over one bundle."""

    def __init__(self, options: argparse.Namespace, where: Path) -> None:
        self._bundle = options.bundle.resolve()
        self._jobs = options.jobs
        self._docker = options.docker
        self._where = where
        self._storage = (options.storage or where) / "bench-registry"
        self.measured: dict[str, Measured] = {}
        with Bundle.open(self._bundle) as bundle:
            self._images = [image.reference for image in bundle.catalogue.images]
            self._size = sum(blob.size for blob in bundle.catalogue.blobs)
        self._layout = where / "layout"
        with self._registry() as registry:
            _check(self._ours(registry), where)
            for number, image in enumerate(self._images):
                source = f"docker://{registry.host}/{_name(image)}"
                copy = ["skopeo", "copy", "--quiet", "--all", "--insecure-policy"]
                layout = f"oci:{self._layout}:{number}"
                _check([*copy, "--src-tls-verify=false", source, layout], where)

    def round(self) -> None:
        """Every contender once."""
        with self._registry() as registry:
            ours = [self._ours(registry)]
            self._measure("cube-install push", registry, ours)
            self._measure("cube-install push, again", registry, ours)
        with self._registry() as registry:
            copies = [
                self._skopeo(number, image, registry) for number, image in enumerate(self._images)
            ]
            self._measure("skopeo copy --all, each image", registry, copies)
        if self._docker and "docker load && docker push" not in self.measured:
            self._measure_docker()
        if shutil.which("hauler"):
            with self._registry() as registry:
                self._measure("hauler", registry, self._hauler(registry))

    def _measure(self, name: str, registry: RealRegistry, commands: Sequence[list[str]]) -> None:
        before, requests = received_by(registry), requests_of(registry)
        run = measure(commands, self._where / "run")
        one = self.measured.setdefault(name, Measured())
        one.runs.append(run)
        one.received.append(received_by(registry) - before)
        one.requests.append(requests_of(registry) - requests)
        print(f"{name}: {run.seconds:.2f} s", file=sys.stderr)

    @contextmanager
    def _registry(self) -> Iterator[RealRegistry]:
        try:
            with running_registry(self._storage) as registry:
                yield registry
        finally:
            shutil.rmtree(self._storage)

    def _ours(self, registry: RealRegistry) -> list[str]:
        return [
            *(str(_PROGRAMS / "cube-install"), "push", "--bundle", str(self._bundle)),
            *("--to", registry.host, "--insecure", registry.host, "--jobs", str(self._jobs)),
        ]

    def _skopeo(self, number: int, image: Reference, registry: RealRegistry) -> list[str]:
        return [
            *("skopeo", "copy", "--quiet", "--all", "--insecure-policy", "--dest-tls-verify=false"),
            *(f"oci:{self._layout}:{number}", f"docker://{registry.host}/{_name(image)}"),
        ]

    def _measure_docker(self) -> None:
        """Once, since it takes many minutes; saved as people do, and loaded image by image."""
        with self._registry() as registry:
            commands = []
            for number, image in enumerate(self._images):
                archive = self._where / f"{number}.tar"
                name = f"{registry.host}/{_name(image)}"
                source, target = f"oci:{self._layout}:{number}", f"docker-archive:{archive}:{name}"
                copy = ["skopeo", "copy", "--quiet", "--insecure-policy", source, target]
                _check(copy, self._where)
                commands.append(["docker", "load", "--quiet", "--input", str(archive)])
                commands.append(["docker", "push", "--quiet", name])
            self._measure("docker load && docker push", registry, commands)

    def _hauler(self, registry: RealRegistry) -> list[list[str]]:
        adds = [
            ["hauler", "store", "add", "image", f"{one}", "-s", "store"] for one in self._images
        ]
        return [*adds, ["hauler", "store", "copy", "-s", "store", f"registry://{registry.host}"]]

    def table(self) -> str:
        """Medians, and what each is of ours."""
        base = median(self.measured["cube-install push"].runs, lambda run: run.seconds)
        lines = [
            f"{len(self._images)} images, {self._size / 1e9:.2f} GB of unique blobs; medians",
            "",
            "| what | seconds | ours / this | disk MB | RSS MB | received / unique | requests |",
            "|---|---:|---:|---:|---:|---:|---:|",
        ]
        for name, one in self.measured.items():
            seconds = median(one.runs, lambda run: run.seconds)
            rss = max(run.rss for run in one.runs) / 1e6
            disk = max(run.peak_disk for run in one.runs) / 1e6
            received = sorted(one.received)[len(one.received) // 2] / self._size
            requests = sorted(one.requests)[len(one.requests) // 2]
            lines.append(
                f"| {name} | {seconds:.2f} | {base / seconds:.3f} | {disk:.1f} | {rss:.0f} | "
                f"{received:.3f} | {requests} |"
            )
        return "\n".join(lines)

    def report(self) -> dict[str, object]:
        """All runs, for machines."""
        return {
            "uniqueBytes": self._size,
            "runs": {name: one.report() for name, one in self.measured.items()},
        }


def _check(command: Sequence[str], where: Path) -> None:
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd=where)


def _name(image: Reference) -> str:
    return f"cube-studio/{path_with_host(image)}:{image.tag}"


if __name__ == "__main__":
    main()
