"""Plain lists, tables and environment files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cube_scan.findings import Kind, Way
from tests.support.scan_tree import images, scanned, texts, the_one

if TYPE_CHECKING:
    from pathlib import Path


def test_a_list_has_a_reference_a_line(tmp_path: Path) -> None:
    report = scanned(tmp_path, {"images.txt": "# needed\nacme/a:1\n\nacme/b:2  # second\n"})

    assert images(report) == {"acme/a:1": ["images.txt:2"], "acme/b:2": ["images.txt:4"]}
    assert the_one(report, "acme/a:1").way is Way.LINE


def test_other_text_is_no_list(tmp_path: Path) -> None:
    assert scanned(tmp_path, {"notes.txt": "Remember: buy milk\nacme/a:1\n"}).findings == ()


def test_an_environment_file_is_read_by_its_names(tmp_path: Path) -> None:
    text = "# A_IMAGE=acme/old:1\nA_IMAGE=acme/a:1\nexport B=quay.io/acme/b:1\nC=redis:6379\n"

    assert images(scanned(tmp_path, {"prod.env": text})) == {
        "acme/a:1": ["prod.env:2"],
        "quay.io/acme/b:1": ["prod.env:3"],
    }


def test_cells_of_a_table_are_found_in_their_own_lines(tmp_path: Path) -> None:
    text = (
        "name,image,url,download_url\n"
        "one,acme/a:1,https://docs.example.net/one.html,\n"
        'two,,,"https://files.example.net/x.gz\nhttps://files.example.net/y.gz"\n'
    )
    report = scanned(tmp_path, {"data.csv": text})

    assert images(report) == {"acme/a:1": ["data.csv:2"]}
    assert [str(finding.place) for finding in report.of_kind(Kind.ASSET)] == [
        "data.csv:3",
        "data.csv:4",
    ]
    assert texts(report, Kind.LINK) == ["https://docs.example.net/one.html"]
