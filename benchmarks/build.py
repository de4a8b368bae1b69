"""Building a bundle beside what people use today: wall time, extra disk, memory.

    python benchmarks/build.py --registry 127.0.0.1:5000 --rounds 3 [--docker] IMAGE...

Without IMAGE it takes every tag of the registry. Contenders run in turn in one session:
ours; `skopeo copy --all` of each image into one OCI layout; `cat` of the unique blobs into one
file plus fsync (the limit); with --docker, `docker save | gzip` of each image; and Zarf and Hauler
where they are on PATH.
"""

from __future__ import annotations

import argparse
import json
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import requests
from measuring import Run, alternate, measure, median

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


_OURS = "cube-bundle build"


def main() -> None:
    """Measure, print a table, and write JSON."""
    options = _options()
    images = options.images or _all_images(options.registry)
    with tempfile.TemporaryDirectory(prefix="bench-", dir=options.directory) as name:
        directory = Path(name)
        blobs = _unique_blobs(options.registry, images, directory / "blobs")
        contenders = _contenders(options, images, blobs, directory)
        runs = alternate(contenders, options.rounds, lambda text: print(text, file=sys.stderr))
    unique = sum(size for _, size in blobs)
    print(_table(runs, unique, len(images)))
    if options.json:
        options.json.parent.mkdir(parents=True, exist_ok=True)
        options.json.write_text(json.dumps(_report(runs, unique), indent=1) + "\n")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("images", nargs="*", metavar="IMAGE", help="REPOSITORY:TAG")
    parser.add_argument("--registry", default="127.0.0.1:5000", help="plain HTTP")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--jobs", type=int, default=4)
    parser.add_argument("--docker", action="store_true", help="measure docker save | gzip, once")
    parser.add_argument("--directory", type=Path, help="where to write; some 4 times the images")
    parser.add_argument("--json", type=Path, help="write all runs there")
    return parser.parse_args()


def _all_images(registry: str) -> list[str]:
    base = f"http://{registry}/v2"
    names = requests.get(f"{base}/_catalog?n=1000", timeout=30).json()["repositories"]
    tags = {name: requests.get(f"{base}/{name}/tags/list", timeout=30).json() for name in names}
    return [f"{name}:{tag}" for name in names for tag in sorted(tags[name]["tags"])]


def _unique_blobs(registry: str, images: Sequence[str], layout: Path) -> list[tuple[Path, int]]:
    """Every blob once, as files, for `cat`; taken from skopeo's layout, not from ours."""
    for image in images:
        _check(["skopeo", *_copy_to_layout(registry, image, layout)])
    files = sorted(path for path in layout.glob("blobs/*/*") if path.is_file())
    return [(path, path.stat().st_size) for path in files]


def _check(command: Sequence[str]) -> None:
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def _copy_to_layout(registry: str, image: str, layout: Path | str) -> list[str]:
    name = image.replace("/", "_").replace(":", "_")
    source = f"docker://{registry}/{image}"
    return [
        *("copy", "--quiet", "--all", "--insecure-policy", "--src-tls-verify=false"),
        *(source, f"oci:{layout}:{name}"),
    ]


def _contenders(
    options: argparse.Namespace, images: Sequence[str], blobs: list[tuple[Path, int]], where: Path
) -> dict[str, Callable[[], Run]]:
    registry = options.registry
    references = [f"{registry}/{image}" for image in images]
    ours = [
        *(str(Path(sys.executable).with_name("cube-bundle")), "build", *references),
        *("--insecure", registry, "--jobs", str(options.jobs), "--platform", "linux/amd64"),
        *("--platform", "linux/arm64", "-o", "out.tar.zst"),
    ]
    skopeo = [["skopeo", *_copy_to_layout(registry, image, "layout")] for image in images]
    files = " ".join(shlex.quote(str(path)) for path, _ in blobs)
    cat = ["sh", "-c", f"cat {files} > out && sync out"]
    found: dict[str, Callable[[], Run]] = {
        _OURS: lambda: measure([ours], where / "ours"),
        "skopeo copy --all, each image": lambda: measure(skopeo, where / "skopeo"),
        "cat + fsync (the limit)": lambda: measure([cat], where / "cat"),
    }
    if options.docker:
        found["docker save | gzip, each image"] = _docker(references, where / "docker")
    if shutil.which("hauler"):
        adds = [["hauler", "store", "add", "image", name, "-s", "store"] for name in references]
        save = ["hauler", "store", "save", "-s", "store", "-f", "out.tar.zst"]
        found["hauler"] = lambda: measure([*adds, save], where / "hauler")
    if shutil.which("zarf"):
        found["zarf"] = _zarf(references, where)
    return found


def _docker(references: Sequence[str], where: Path) -> Callable[[], Run]:
    """Pulled before, unmeasured; saved and compressed once, since it takes many minutes."""
    for reference in references:
        _check(["docker", "pull", "--quiet", reference])
    saves = [
        ["bash", "-o", "pipefail", "-c", f"docker save {reference} | gzip > {number}.tar.gz"]
        for number, reference in enumerate(references)
    ]
    done: list[Run] = []

    def run() -> Run:
        if not done:
            done.append(measure(saves, where))
        return done[0]

    return run


def _zarf(references: Sequence[str], where: Path) -> Callable[[], Run]:
    package = where / "zarf-package"
    package.mkdir()
    lines = "".join(f"      - {reference}\n" for reference in references)
    (package / "zarf.yaml").write_text(
        "kind: ZarfPackageConfig\nmetadata:\n  name: bench\ncomponents:\n"
        f"  - name: images\n    required: true\n    images:\n{lines}"
    )
    command = ["zarf", "package", "create", str(package), "--confirm", "--skip-sbom"]
    return lambda: measure([[*command, *_zarf_plain_http(), "-o", "."]], where / "zarf")


def _zarf_plain_http() -> list[str]:
    """How this Zarf is told to use plain HTTP: older ones have one word for all of it."""
    known = subprocess.run(
        ["zarf", "package", "create", "--help"], check=True, capture_output=True, text=True
    ).stdout
    return ["--plain-http"] if "--plain-http" in known else ["--insecure"]


def _table(runs: dict[str, list[Run]], unique: int, images: int) -> str:
    base = median(runs[_OURS], lambda run: run.seconds)
    lines = [
        f"{images} images, {unique / 1e9:.2f} GB of unique blobs; medians",
        "",
        "| what | seconds | ours / this | extra disk MB | written MB | peak RSS MB |",
        "|---|---:|---:|---:|---:|---:|",
    ]
    for name, measured in runs.items():
        seconds = median(measured, lambda run: run.seconds)
        extra = median(measured, lambda run: run.extra_disk) / 1e6
        output = median(measured, lambda run: run.output) / 1e6
        rss = max(run.rss for run in measured) / 1e6
        ratio = base / seconds
        lines.append(
            f"| {name} | {seconds:.2f} | {ratio:.3f} | {extra:.1f} | {output:.1f} | {rss:.0f} |"
        )
    return "\n".join(lines)


def _report(runs: dict[str, list[Run]], unique: int) -> dict[str, object]:
    return {
        "uniqueBytes": unique,
        "runs": {
            name: [vars(run) | {"extra_disk": run.extra_disk} for run in measured]
            for name, measured in runs.items()
        },
    }


if __name__ == "__main__":
    main()
