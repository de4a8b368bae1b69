"""Helm charts: rendered with `helm template` where helm is installed, told of where it is not."""

from __future__ import annotations

import posixpath
import re
import shutil
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cube_scan.findings import Claim, Sighting, Way
from cube_scan.structured import containers_of
from cube_scan.tree import spelled
from cube_scan.yaml_tree import documents

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

_TIMEOUT = 120.0
_SOURCE = re.compile(r"^# Source: [^/\s]+/(\S+)", re.MULTILINE)


@dataclass(frozen=True)
class Chart:
    """A chart by the directory of its Chart.yaml, empty for the top of what is scanned."""

    directory: str

    @property
    def file(self) -> str:
        """Its Chart.yaml."""
        return posixpath.join(self.directory, "Chart.yaml")


def charts_of(names: Iterable[str]) -> list[Chart]:
    """The charts among files, without those that another chart holds."""
    directories = {
        posixpath.dirname(name) for name in names if posixpath.basename(name) == "Chart.yaml"
    }
    outer = [one for one in directories if not any(_is_below(one, other) for other in directories)]
    return [Chart(directory) for directory in sorted(outer)]


def templates_of(charts: Iterable[Chart], names: Iterable[str]) -> frozenset[str]:
    """The files of charts that are YAML only after rendering."""
    directories = [posixpath.join(chart.directory, "") for chart in charts]
    return frozenset(
        name
        for name in names
        for directory in directories
        if name.startswith(directory) and "templates/" in name.removeprefix(directory)
    )


def images_of_chart(chart: Chart, root: Path) -> Iterator[tuple[str, Sighting]]:
    """What the rendered chart asks for, each with the file that it comes from."""
    helm = shutil.which("helm")
    if helm is None:
        yield _untold(chart, "a Helm chart, and helm is not installed to render it")
        return
    command = [helm, "template", "scan", str(root / chart.directory)]
    try:
        done = subprocess.run(  # noqa: S603 - a fixed command, and a directory that was walked
            command, capture_output=True, timeout=_TIMEOUT, check=True, stdin=subprocess.DEVNULL
        )
    except (OSError, subprocess.SubprocessError) as error:
        stderr = getattr(error, "stderr", None) or b""
        why = stderr.decode(errors="replace").strip().splitlines()
        yield _untold(chart, f"helm cannot render it: {(why or [str(error)])[-1][:200]}")
        return
    yield from _rendered(done.stdout.decode(errors="replace"), chart)


def _rendered(text: str, chart: Chart) -> Iterator[tuple[str, Sighting]]:
    for document in documents(text):
        source = _SOURCE.search(document.text)
        file = posixpath.join(chart.directory, source[1]) if source else chart.file
        if document.root is None:
            continue
        for path, scalar in containers_of(document.root):
            yield file, Sighting(scalar.text, 0, spelled(path), Way.HELM, Claim.IMAGE)


def _untold(chart: Chart, note: str) -> tuple[str, Sighting]:
    name = posixpath.basename(chart.directory) or "chart"
    return chart.file, Sighting(name, 1, "", Way.HELM, Claim.PARTIAL, note=note)


def _is_below(directory: str, other: str) -> bool:
    return directory != other and directory.startswith(posixpath.join(other, ""))
