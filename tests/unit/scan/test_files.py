"""Bad input: each is told with its file, and costs nothing but itself."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from cube_airgap.errors import MissingError
from cube_scan.files import LARGEST_PARSED, kind_of_name
from cube_scan.problem import Severity
from cube_scan.scan import scan
from tests.support.scan_tree import images, planted, scanned

if TYPE_CHECKING:
    from pathlib import Path

_GOOD = {"good.yaml": "containers: [{image: acme/good:1}]\n"}


@pytest.mark.parametrize(
    ("name", "content", "line"),
    [
        ("bad.yaml", b"a: [1\nb: 2\n", 2),
        ("bad.yaml", b"a:\n\tb: 1\n", 2),
        ("bad.json", b'{"a": 1,\n"b" 2}', 2),
        ("bad.py", b"x = 1\ny = = 2\n", 2),
        ("bad.yaml", b"a: 1\0\0\0", 0),
    ],
)
def test_a_broken_file_is_an_error_with_its_line(
    tmp_path: Path, name: str, content: bytes, line: int
) -> None:
    report = scanned(tmp_path, {**_GOOD, name: content})

    (problem,) = report.problems
    assert (problem.file, problem.line, problem.severity) == (name, line, Severity.ERROR)
    assert problem.remedy
    assert images(report) == {"acme/good:1": ["good.yaml:1"]}


def test_a_broken_document_is_searched_line_by_line(tmp_path: Path) -> None:
    text = "a: [\n---\nimage: acme/fine:1\n---\nb: }\nimage: acme/rescued:1\n"

    report = scanned(tmp_path, {"bad.yaml": text})

    assert images(report) == {"acme/fine:1": ["bad.yaml:3"], "acme/rescued:1": ["bad.yaml:6"]}
    assert [problem.line for problem in report.problems] == [2, 5]


def test_repeated_keys_are_a_warning_and_both_count(tmp_path: Path) -> None:
    report = scanned(tmp_path, {"a.yaml": "image: acme/a:1\nimage: acme/b:1\n"})

    assert sorted(images(report)) == ["acme/a:1", "acme/b:1"]
    assert [str(problem) for problem in report.problems] == [
        "a.yaml:2: the key 'image' is there already in line 1"
    ]
    assert report.problems[0].severity is Severity.WARNING


@pytest.mark.parametrize(("encoding", "told"), [("gb18030", "gb18030"), ("utf-16", "UTF-16")])
def test_other_encodings_are_read_with_a_warning(tmp_path: Path, encoding: str, told: str) -> None:
    content = "# \u955c\u50cf\nimage: acme/a:1\n".encode(encoding)

    report = scanned(tmp_path, {"a.yaml": content})

    assert images(report) == {"acme/a:1": ["a.yaml:2"]}
    assert told in report.problems[0].what


def test_a_byte_order_mark_and_carriage_returns_are_read(tmp_path: Path) -> None:
    report = scanned(tmp_path, {"a.yaml": b"\xef\xbb\xbfa: 1\r\nimage: acme/a:1\r\n"})

    assert images(report) == {"acme/a:1": ["a.yaml:2"]}


def test_links_in_a_circle_and_out_of_the_tree_are_told_and_not_followed(tmp_path: Path) -> None:
    tree = planted(tmp_path / "tree", {"sub/a.yaml": "image: acme/a:1\n"})
    outside = planted(tmp_path / "outside", {"b.yaml": "image: acme/b:1\n"})
    (tree / "sub/up").symlink_to(tree)
    (tree / "out").symlink_to(outside)
    (tree / "self.yaml").symlink_to("self.yaml")
    (tree / "gone.yaml").symlink_to("nowhere.yaml")

    report = scan([tree])

    assert images(report) == {"acme/a:1": ["sub/a.yaml:1"]}
    assert [problem.file for problem in report.problems] == ["gone.yaml", "out", "self.yaml"]


def test_a_link_inside_the_tree_is_followed_once(tmp_path: Path) -> None:
    tree = planted(tmp_path / "tree", {"real/a.yaml": "image: acme/a:1\n"})
    (tree / "alias").symlink_to(tree / "real")

    assert len(images(scan([tree]))["acme/a:1"]) == 1


def test_a_large_file_is_searched_line_by_line(tmp_path: Path) -> None:
    filler = "- {name: x, value: y}\n" * (LARGEST_PARSED // 20)
    content = f"{filler}- image: acme/big:1\n"

    report = scanned(tmp_path, {"big.yaml": content})

    assert list(images(report)) == ["acme/big:1"]
    assert "not parsed" in report.problems[0].what
    assert report.problems[0].severity is Severity.WARNING


def test_pipes_and_devices_are_left_alone(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.yaml")

    assert scan([tmp_path]).files == 0


def test_files_of_other_kinds_are_counted(tmp_path: Path) -> None:
    report = scanned(tmp_path, {"a.png": b"\x89PNG", "b.md": "acme/a:1", "c": "x"})

    assert report.skipped == {"(none)": 1, ".md": 1, ".png": 1}


def test_what_a_package_manager_fetched_is_left_alone(tmp_path: Path) -> None:
    package = '{"resolved": "https://registry.acme.io/a/-/a-1.tgz"}'
    report = scanned(tmp_path, {"web/package-lock.json": package, "pnpm-lock.yaml": "a: ["})

    assert report.findings == ()
    assert report.skipped == {".json": 1, ".yaml": 1}


def test_what_is_excluded_is_not_read(tmp_path: Path) -> None:
    planted(tmp_path, {**_GOOD, "docs/bad.yaml": "a: ["})

    assert scan([tmp_path], exclude=["docs/*"]).problems == ()


def test_a_path_that_does_not_exist_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(MissingError, match="there is no"):
        scan([tmp_path / "nothing"])


def test_a_single_file_can_be_scanned(tmp_path: Path) -> None:
    planted(tmp_path, _GOOD)

    assert images(scan([tmp_path / "good.yaml"])) == {"acme/good:1": ["good.yaml:1"]}


def test_several_paths_keep_their_names_apart(tmp_path: Path) -> None:
    paths = [planted(tmp_path / name, _GOOD) for name in ("one", "two")]

    found = images(scan(paths))["acme/good:1"]

    assert found == [f"{path}/good.yaml:1" for path in paths]


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("Dockerfile-gpu", "dockerfile"),
        ("web.Dockerfile", "dockerfile"),
        (".env", "settings"),
        ("x.YAML", "yaml"),
        ("x.tpl", "template"),
        ("x.ipynb", None),
    ],
)
def test_kinds_go_by_name(name: str, kind: str | None) -> None:
    assert kind_of_name(name) == kind


def test_one_long_line_is_cut_between_values(tmp_path: Path) -> None:
    values = ",".join(f'{{"k":"{number}","image":"acme/a:1"}}' for number in range(250_000))

    report = scanned(tmp_path, {"big.json": f"[{values}]"})

    assert images(report) == {"acme/a:1": ["big.json:1"]}


def test_more_than_can_be_kept_of_a_large_file_is_an_error(tmp_path: Path) -> None:
    lines = "".join(f"- image: acme/a:{number:0600}\n" for number in range(11_000))

    report = scanned(tmp_path, {"big.yaml": lines})

    assert [problem.severity for problem in report.problems] == ["warning", "error"]
    assert "the rest was left" in report.problems[1].what


def test_python_that_nests_too_deeply_is_searched_line_by_line(tmp_path: Path) -> None:
    chain = "x = a" + ".b('c')" * 400 + ".get('d')\n"

    report = scanned(tmp_path, {"deep.py": chain + "A_IMAGE = 'acme/a:1'\n"})

    assert images(report) == {"acme/a:1": ["deep.py:2"]}
    assert "nested too deeply" in report.problems[0].what
