"""Base images of Dockerfiles."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cube_scan.findings import Kind
from tests.support.scan_tree import images, scanned, texts

if TYPE_CHECKING:
    from pathlib import Path


def test_stages_and_copies_are_followed(tmp_path: Path) -> None:
    text = """\
ARG BASE=acme/base:1
FROM --platform=linux/amd64 ${BASE} AS build
# FROM acme/old:1
FROM build AS test
COPY --from=acme/tool:2 /tool /tool
COPY --from=build /x /x
from scratch
"""
    report = scanned(tmp_path, {"Dockerfile.gpu": text})

    assert images(report) == {
        "acme/base:1": ["Dockerfile.gpu:2"],
        "acme/tool:2": ["Dockerfile.gpu:5"],
    }


def test_an_argument_without_a_default_cannot_be_told(tmp_path: Path) -> None:
    report = scanned(tmp_path, {"web.dockerfile": "ARG BASE\nFROM $BASE\n"})

    assert texts(report, Kind.UNKNOWN) == ["$BASE"]
