"""The report in a real browser, of which every wish for the network is noted."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any

import pytest

from cube_bundle.report.html import page_html
from cube_bundle.report.scan_page import page_of_scan
from tests.support.real_browser import Seen, Window, look
from tests.support.report_story import TREE, inspected, story

if TYPE_CHECKING:
    from pathlib import Path

    from cube_airgap.inspection import Inspection

# A browser takes much memory: not several at once.
pytestmark = pytest.mark.xdist_group("browser")

HOSTILE = "<script>document.title='owned'</script>"
NAMES = [f"quay.io/team/{word}-{number}:1" for number in range(6) for word in ("web", "api")]
FILES = {
    "images.yaml": "apiVersion: v1\nkind: Pod\nspec:\n  containers:\n"
    + "".join(f"  - image: {name}\n" for name in NAMES),
    "hostile.yaml": f'apiVersion: v1\nkind: Pod\nspec: {{containers: [{{image: "{HOSTILE}"}}]}}\n',
}
BOXES = """
[...document.querySelectorAll('.map')].filter((map) => map.offsetParent).map((map) => ({
  map: map.getBoundingClientRect().toJSON(),
  cells: [...map.querySelectorAll('.cell')].map((cell) => ({
    box: cell.getBoundingClientRect().toJSON(),
    label: cell.querySelector('.label').getBoundingClientRect().toJSON(),
    shared: cell.classList.contains('shared'),
    name: cell.querySelector('.label').firstChild.textContent,
  })),
}))
"""
OVERFLOW = "document.documentElement.scrollWidth - window.innerWidth"
ROWS = "[...document.querySelectorAll('#used tbody tr')].filter((row) => !row.hidden).map("
FIRST = ROWS + "(row) => row.querySelector('code').textContent)[0]"
PRESS = "document.querySelector('#used thead button').click()"  # of the first column, the names
FILTER = """
(() => {
  const input = document.querySelector('#used .filter input');
  input.value = 'web-3 front';
  input.dispatchEvent(new Event('input'));
  return document.querySelector('#used .filter output').textContent;
})()
"""


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Inspection:
    return inspected(tmp_path_factory.mktemp("bundle"), *NAMES)


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory, bundle: Inspection) -> Path:
    directory = tmp_path_factory.mktemp("report")
    path = directory / "report.html"
    made = story(directory, {**TREE, **FILES}, bundle=bundle)
    path.write_bytes(page_html(page_of_scan(made)))
    return path


def seen(page: Path, *expressions: str, window: Window = Window()) -> Seen:  # noqa: B008 - frozen
    return look(page, expressions, window)


def test_nothing_is_fetched_and_nothing_is_complained_of(page: Path) -> None:
    found = seen(page)

    assert [one for one in found.requests if not one.startswith("data:")] == [page.as_uri()]
    assert found.console == ()


def test_a_fetch_would_be_noticed(page: Path, tmp_path: Path) -> None:
    spoiled = tmp_path / "spoiled.html"
    spoiled.write_text(
        page.read_text()
        .replace("default-src 'none'", "default-src *")
        .replace("<main>", '<main><img src="http://tracker.example/x.png">')
    )

    assert "http://tracker.example/x.png" in seen(spoiled).requests


def test_what_stands_in_files_does_not_run(page: Path) -> None:
    shown = f"document.body.textContent.includes({HOSTILE!r})"

    found = seen(page, "document.title", shown, "document.scripts.length")

    assert found.values[0].startswith("What the platform can ask for: ")
    assert found.values[1:] == (True, 1)


def test_a_script_from_elsewhere_would_not_run(page: Path, tmp_path: Path) -> None:
    spoiled = tmp_path / "spoiled.html"
    spoiled.write_text(page.read_text().replace("<main>", f"<main>{HOSTILE}"))

    assert seen(spoiled, "document.title").values[0] != "owned"


@pytest.mark.parametrize(
    "window",
    [Window(), Window(390, 844), Window(scheme="dark")],
    ids=["wide", "narrow", "dark"],
)
def test_the_map_fits_and_its_labels_stay_in_their_cells(page: Path, window: Window) -> None:
    found = seen(page, BOXES, OVERFLOW, window=window)

    (shown,), overflow = found.values
    assert overflow <= 0
    assert len(shown["cells"]) == len(NAMES) + 1
    for cell in shown["cells"]:
        assert is_inside(cell["box"], shown["map"])
        assert is_inside(cell["label"], cell["box"]) or is_hidden(cell["label"])
    assert not all(is_hidden(cell["label"]) for cell in shown["cells"])
    assert struct.unpack(">II", found.picture[16:24]) == (window.width, window.height)


def test_cells_are_as_large_as_their_bytes(page: Path, bundle: Inspection) -> None:
    ((shown,),) = seen(page, BOXES).values

    own = {one.image.reference.familiar.rpartition("/")[2]: one.own for one in bundle.images}
    pixels = shown["map"]["width"] * shown["map"]["height"] / bundle.content_size
    for cell in shown["cells"]:
        if not cell["shared"]:
            area = cell["box"]["width"] * cell["box"]["height"]
            assert area == pytest.approx(own[cell["name"]] * pixels, rel=0.02)


def test_dark_and_light_differ(page: Path) -> None:
    colour = "getComputedStyle(document.body).backgroundColor"

    light = seen(page, colour)
    dark = seen(page, colour, window=Window(scheme="dark"))

    assert light.values == ("rgb(255, 255, 255)",)
    assert dark.values == ("rgb(20, 23, 27)",)
    assert light.picture != dark.picture


def test_tables_are_there_without_scripts(page: Path) -> None:
    count = "document.querySelectorAll('#used tbody tr').length"

    found = seen(page, count, BOXES, window=Window(runs_scripts=False))

    assert found.values[0] == len(NAMES) + 3
    assert found.values[1][0]["cells"]


def test_tables_are_sorted_and_filtered(page: Path) -> None:
    found = seen(page, FIRST, PRESS, FIRST, PRESS, FIRST, FILTER)

    names = sorted([*NAMES, "quay.io/team/web:1", "quay.io/team/api:1", "quay.io/team/new:latest"])
    assert (found.values[0], found.values[2], found.values[4]) == (names[0], names[0], names[-1])
    assert found.values[5] == f"0 of {len(names)}"


def is_inside(box: dict[str, Any], around: dict[str, Any]) -> bool:
    return (
        box["left"] >= around["left"] - 1
        and box["top"] >= around["top"] - 1
        and box["right"] <= around["right"] + 1
        and box["bottom"] <= around["bottom"] + 1
    )


def is_hidden(box: dict[str, Any]) -> bool:
    return not box["width"] and not box["height"]
