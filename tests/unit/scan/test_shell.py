"""Images in shell scripts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cube_scan.findings import Kind, Way
from tests.support.scan_tree import images, scanned, texts, the_one

if TYPE_CHECKING:
    from pathlib import Path

    from cube_scan.scan import ScanReport


def found_in(tmp_path: Path, script: str) -> ScanReport:
    return scanned(tmp_path, {"run.sh": f"#!/bin/bash\n{script}\n"})


@pytest.mark.parametrize(
    "command",
    [
        "docker pull acme/a:1",
        "docker pull acme/a:1 &",
        "sudo docker image pull -q acme/a:1 && echo done",
        "nerdctl -n k8s.io pull acme/a:1",
        "crictl pull acme/a:1",
        "ctr images pull --platform linux/amd64 acme/a:1",
        "docker run -it --rm -v /data:/data -e A=b --name x acme/a:1 bash -c 'ls'",
        "skopeo copy docker://acme/a:1 docker://harbor.example.com/acme/a:1",
        "docker tag acme/a:1 harbor.example.com/acme/a:1",
        "kubectl run tool --image=acme/a:1",
        "kubectl run tool --image acme/a:1",
        "if true; then docker pull acme/a:1; fi",
        "docker pull 'acme/a:1'   # docker pull acme/old:1",
    ],
)
def test_a_command_asks_for_what_it_pulls_or_runs(tmp_path: Path, command: str) -> None:
    report = found_in(tmp_path, command)

    assert images(report) == {"acme/a:1": ["run.sh:2"]}
    assert the_one(report, "acme/a:1").way is Way.SHELL


def test_variables_and_defaults_are_filled_in(tmp_path: Path) -> None:
    script = 'REG=quay.io/acme\nTAG=${TAG:-2}\ndocker pull $REG/a:${TAG}\nMY_IMAGE="$REG/b:1"\n'

    assert images(found_in(tmp_path, script)) == {
        "quay.io/acme/a:2": ["run.sh:4"],
        "quay.io/acme/b:1": ["run.sh:5"],
    }


def test_loops_are_followed(tmp_path: Path) -> None:
    script = "for image in acme/a:1 acme/b:1; do\n  docker pull $image\ndone"

    assert sorted(images(found_in(tmp_path, script))) == ["acme/a:1", "acme/b:1"]


def test_arrays_of_images_are_found(tmp_path: Path) -> None:
    assert sorted(images(found_in(tmp_path, "IMAGES=(acme/a:1 acme/b:1)"))) == [
        "acme/a:1",
        "acme/b:1",
    ]


def test_lines_that_go_on_are_one_command(tmp_path: Path) -> None:
    assert list(images(found_in(tmp_path, "docker run -d \\\n  acme/a:1"))) == ["acme/a:1"]


def test_an_unknown_variable_cannot_be_told(tmp_path: Path) -> None:
    report = found_in(tmp_path, 'docker pull "$REGISTRY/a:1"')

    assert texts(report, Kind.UNKNOWN) == ["$REGISTRY/a:1"]


@pytest.mark.parametrize(
    "command",
    [
        "# docker pull acme/a:1",
        "docker push harbor.example.com/acme/a:1",
        "docker build -t harbor.example.com/acme/a:1 .",
        "docker login harbor.example.com",
        "docker ps -a",
    ],
)
def test_what_is_built_or_pushed_is_not_asked_for(tmp_path: Path, command: str) -> None:
    assert not found_in(tmp_path, command).references


def test_downloads_of_a_script_are_assets(tmp_path: Path) -> None:
    script = (
        "V=1.28\nwget -O kubectl https://files.example.net/install/kubectl-$V && chmod +x kubectl"
    )

    report = found_in(tmp_path, script)

    assert texts(report, Kind.ASSET) == ["https://files.example.net/install/kubectl-1.28"]
