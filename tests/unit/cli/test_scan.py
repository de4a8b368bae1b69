"""`cube-bundle scan` as a user runs it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.command import Ran, cube_bundle
from tests.support.scan_tree import planted

if TYPE_CHECKING:
    from pathlib import Path

_TREE = {
    "a.yaml": "containers:\n- image: acme/a:1\n- image: acme/a:2\n- image: auto\n",
    "b.json": '{"model_path": "https://files.acme.io/m.zip"}',
}
_LIST = "acme/a:1\nacme/a:2\nacme/unused:1\n"
_ALLOW = """\
version: 1
allow:
  - {asset: "https://files.acme.io/*", reason: the site has them}
  - {image: "acme/new:*", reason: shown at fairs}
  - {text: redis7, reason: a typo}
  - {file: bad.yaml, reason: an example}
"""


def scanning(tmp_path: Path, files: dict[str, str], *options: str) -> Ran:
    planted(tmp_path, {"list.txt": _LIST, "allow.yaml": _ALLOW})
    planted(tmp_path / "tree", files)
    return cube_bundle("scan", "tree", *options, cwd=tmp_path)


def test_it_shows_images_doubts_and_drift(tmp_path: Path) -> None:
    ran = scanning(tmp_path, _TREE, "--list", "list.txt")

    assert ran.code == 0
    for told in (
        "acme/a:1  unplaced  field named for an image  a.yaml:2",
        "Placeholders\n",
        "https://files.acme.io/m.zip",
        "Listed, but not in use (1)\n  acme/unused:1  (list.txt:3)",
        "In use in several versions (1)\n  acme/a:1, acme/a:2",
        "2 files read, 0 of other kinds left out; no recipe fits: every manifest is in use",
        "drift: 0 unlisted, 1 unused, 1 in several versions",
    ):
        assert told in ran.out


def test_every_place_is_shown_on_request(tmp_path: Path) -> None:
    tree = {"a.yaml": "image: acme/a:1\n", "b.yaml": "image: acme/a:1\n"}

    short = scanning(tmp_path, tree, "--list", "list.txt")
    long = scanning(tmp_path, tree, "--list", "list.txt", "--places")

    assert "a.yaml:1 and 1 more" in short.out
    assert "b.yaml:1" in long.out


def test_machines_get_everything(tmp_path: Path) -> None:
    ran = scanning(tmp_path, _TREE, "--list", "list.txt", "--output", "json")

    assert [one["familiar"] for one in ran.json["references"]] == ["acme/a:1", "acme/a:2"]
    assert ran.json["drift"]["unused"] == [
        {"reference": "docker.io/acme/unused:1", "listed": "list.txt:3"}
    ]


def test_a_check_passes_where_all_is_listed(tmp_path: Path) -> None:
    tree = {"a.yaml": _TREE["a.yaml"]}
    assert scanning(tmp_path, tree, "--list", "list.txt", "--check").code == 0


_HOLES = {
    "image: acme/new:1\n": '- {image: "acme/new:1", reason: WHY}',
    "image: redis7\n": '- {text: "redis7", reason: WHY}',
    "download_url: https://files.acme.io/m.zip\n": '- {asset: "https://files.acme.io/m.zip"',
}


@pytest.mark.parametrize("text", _HOLES)
def test_a_check_fails_on_a_hole_and_tells_the_line_that_closes_it(
    tmp_path: Path, text: str
) -> None:
    ran = scanning(tmp_path, {"c.yaml": text}, "--list", "list.txt", "--check")

    assert ran.code == 1
    assert _HOLES[text] in ran.err
    assert "1 thing in use without a list and without a reason" in ran.err
    assert "what to do" in ran.err


def test_a_check_passes_over_what_an_allow_list_has_a_reason_for(tmp_path: Path) -> None:
    tree = {"c.yaml": "\n---\n".join(_HOLES), "bad.yaml": "a: [\n"}
    ran = scanning(tmp_path, tree, "--list", "list.txt", "--check", "--allow", "allow.yaml")

    assert (ran.code, ran.err) == (0, "")


def test_an_entry_that_allows_nothing_is_told_of(tmp_path: Path) -> None:
    tree = {"a.yaml": _TREE["a.yaml"]}
    ran = scanning(tmp_path, tree, "--list", "list.txt", "--allow", "allow.yaml")

    assert "allow.yaml:4: image acme/new:* allows nothing here" in ran.err


def test_what_the_product_allows_needs_no_list(tmp_path: Path) -> None:
    tree = {"job.json": '{"image_name": "python3.9"}', "myapp/utils/echart/a.json": "a: ["}
    ran = scanning(tmp_path, tree, "--list", "list.txt", "--check")

    assert (ran.code, ran.err) == (0, "")


def test_a_broken_file_fails_after_everything_was_shown(tmp_path: Path) -> None:
    ran = scanning(tmp_path, {**_TREE, "bad.yaml": "a: [\n"}, "--list", "list.txt")

    assert ran.code == 6
    assert "bad.yaml:2" in ran.err
    assert "acme/a:1" in ran.out


def test_what_is_excluded_does_not_fail(tmp_path: Path) -> None:
    tree = {**_TREE, "docs/bad.yaml": "a: [\n"}

    assert scanning(tmp_path, tree, "--list", "list.txt", "--exclude", "docs/*").code == 0


@pytest.mark.parametrize(
    ("options", "code"),
    [
        (("--list", "none.yaml"), 5),
        (("--recipe", "none.yaml"), 5),
        (("--own-list", "--list", "list.txt"), 2),
    ],
)
def test_wrong_options_are_refused(tmp_path: Path, options: tuple[str, ...], code: int) -> None:
    assert scanning(tmp_path, _TREE, *options).code == code


def test_a_path_that_is_not_there_is_told(tmp_path: Path) -> None:
    ran = cube_bundle("scan", "nowhere", cwd=tmp_path)

    assert ran.code == 5
    assert "there is no nowhere" in ran.err


def test_the_products_own_lists_are_what_it_compares_with(tmp_path: Path) -> None:
    ran = scanning(tmp_path, {"a.yaml": "image: mysql:8.0.32\n"}, "--output", "json")

    assert ran.json["drift"]["unlisted"] == []
