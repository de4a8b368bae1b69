"""Pulling from `cube-install serve` beside pulling from docker-registry, the same images.

    python benchmarks/serve.py BUNDLE --registry 127.0.0.1:5000 --rounds 3 [IMAGE...]

IMAGE is REPOSITORY:TAG, which both must have; without any, all of the bundle's images are pulled.
Contenders run in turn in one session: `skopeo copy` of each image into one OCI layout, all images
at once into a layout each, and curl of the largest blob, from the one and from the other.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from measuring import Run, alternate, measure, median

from cube_airgap.bundle import Bundle

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from cube_airgap.catalogue import Catalogue

_AT = re.compile(r"at http://(\S+)$", re.MULTILINE)
_AT_ONCE = 8


@dataclass(frozen=True)
class Served:
    """Our server; `host` is HOST:PORT."""

    host: str
    process: subprocess.Popen[str]

    def peak_memory(self) -> int:
        """The most bytes that it ever had in memory."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        found = re.search(r"^VmHWM:\s+(\d+) kB$", status, re.MULTILINE)
        return int(found[1]) * 1024 if found else 0


def main() -> None:
    """Measure, print a table, and write JSON."""
    options = _options()
    with Bundle.open(options.bundle) as bundle:
        catalogue = bundle.catalogue
    images = options.images or _all_images(catalogue)
    with (
        tempfile.TemporaryDirectory(prefix="bench-", dir=options.directory) as name,
        _served(options.bundle) as ours,
    ):
        contenders = _contenders(
            {"serve": ours.host, "docker-registry": options.registry}, images, Path(name)
        )
        contenders |= _downloads(
            {"serve": ours.host, "docker-registry": options.registry}, catalogue, Path(name)
        )
        runs = alternate(contenders, options.rounds, lambda text: print(text, file=sys.stderr))
        peak = ours.peak_memory()
    print(_table(runs))
    print(f"\n{len(images)} images; the server's peak memory {peak / 1e6:.0f} MB")
    if options.json:
        report = {name: [vars(run) for run in measured] for name, measured in runs.items()}
        options.json.write_text(json.dumps({"peakMemory": peak, "runs": report}, indent=1) + "\n")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("bundle", type=Path)
    parser.add_argument("images", nargs="*", metavar="IMAGE", help="REPOSITORY:TAG")
    parser.add_argument("--registry", default="127.0.0.1:5000", help="plain HTTP")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--directory", type=Path, help="where to write; twice the images")
    parser.add_argument("--json", type=Path, help="write all runs there")
    return parser.parse_intermixed_args()


def _all_images(catalogue: Catalogue) -> list[str]:
    references = [image.reference for image in catalogue.images]
    return [f"{one.repository}:{one.tag}" for one in references if one.tag]


@contextmanager
def _served(bundle: Path) -> Iterator[Served]:
    program = str(Path(sys.executable).with_name("cube-install"))
    command = [program, "serve", "--bundle", str(bundle), "--listen", "127.0.0.1:0", "--quiet"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout  # noqa: S101 - it was asked for
            found = _AT.search(process.stdout.readline())
            if found is None:
                raise RuntimeError("cube-install serve does not start")
            yield Served(found[1], process)
        finally:
            process.terminate()


def _contenders(
    hosts: dict[str, str], images: Sequence[str], where: Path
) -> dict[str, Callable[[], Run]]:
    found: dict[str, Callable[[], Run]] = {}
    for name, host in hosts.items():
        each = [_copy(host, image, "layout") for image in images]
        together = " ".join(f"'{host}/{image}'" for image in images)
        script = (
            f"printf '%s\\n' {together} | xargs -P {_AT_ONCE} -I NAME sh -c "
            "'skopeo copy --quiet --all --insecure-policy --src-tls-verify=false docker://NAME "
            "oci:layout-$$'"
        )
        found[f"skopeo, each image in turn: {name}"] = _measured(each, where / "turn")
        found[f"skopeo, {_AT_ONCE} images at once: {name}"] = _measured(
            [["sh", "-c", script]], where / "once"
        )
    return found


def _downloads(
    hosts: dict[str, str], catalogue: Catalogue, where: Path
) -> dict[str, Callable[[], Run]]:
    blob = max(catalogue.blobs, key=lambda one: one.size)
    return {
        f"curl, the largest blob: {name}": _measured(
            [["sh", "-c", _find_and_get(host, catalogue, str(blob.digest))]], where / "curl"
        )
        for name, host in hosts.items()
    }


def _find_and_get(host: str, catalogue: Catalogue, digest: str) -> str:
    """Whichever repository has the blob gives it."""
    urls = [
        f"http://{host}/v2/{image.reference.repository}/blobs/{digest}"
        for image in catalogue.images
    ]
    return " || ".join(f"curl --silent --fail --output /dev/null {url}" for url in urls)


def _measured(commands: Sequence[Sequence[str]], where: Path) -> Callable[[], Run]:
    return lambda: measure(commands, where)


def _copy(host: str, image: str, layout: str) -> list[str]:
    name = image.replace("/", "_").replace(":", "_")
    return [
        *("skopeo", "copy", "--quiet", "--all", "--insecure-policy", "--src-tls-verify=false"),
        *(f"docker://{host}/{image}", f"oci:{layout}:{name}"),
    ]


def _table(runs: dict[str, list[Run]]) -> str:
    lines = ["| what | serve s | docker-registry s | ratio |", "|---|---:|---:|---:|"]
    seconds = {name: median(measured, lambda run: run.seconds) for name, measured in runs.items()}
    for name, ours in seconds.items():
        what, _, whose = name.rpartition(": ")
        if whose == "serve":
            theirs = seconds[f"{what}: docker-registry"]
            lines.append(f"| {what} | {ours:.2f} | {theirs:.2f} | {ours / theirs:.3f} |")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
