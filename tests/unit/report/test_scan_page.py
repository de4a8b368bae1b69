from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from cube_airgap.closure_entries import Allowance, BundledAsset
from cube_bundle.report.scan_page import page_of_scan
from tests.support.report_story import inspected, sizes, story

if TYPE_CHECKING:
    from pathlib import Path

    from cube_bundle.report.page import ImageRow, Page

WEB, API, NEW = "quay.io/team/web:1", "quay.io/team/api:1", "quay.io/team/new:latest"


@pytest.fixture
def plain(tmp_path: Path) -> Page:
    return page_of_scan(story(tmp_path))


def row_of(page: Page, name: str) -> ImageRow:
    (row,) = (row for table in page.images for row in table.rows if row.name == name)
    return row


def figure(page: Page, label: str) -> tuple[str, str]:
    ((value, tone),) = ((one.value, one.tone) for one in page.figures if label in one.label)
    return value, tone


def test_an_image_has_its_component_why_and_where(plain: Page) -> None:
    row = row_of(plain, WEB)

    assert (row.component, row.why) == ("front", "deployed: the pages")
    (place,) = row.places
    assert (place.where, place.field) == ("deploy.yaml:5", "spec.containers[0].image")
    assert (place.way, place.state) == ("container image", "unplaced")


def test_without_sizes_it_says_so_and_counts(plain: Page) -> None:
    assert "--bundle FILE" in plain.sizes_note
    assert plain.maps == ()
    assert not plain.has_sizes
    assert {one.name: one.used for one in plain.components} == {
        "back": 1,
        "front": 1,
        "on no list": 1,
    }


def test_what_is_on_no_list_is_a_hole(plain: Page) -> None:
    assert row_of(plain, NEW).component == "on no list"
    assert figure(plain, "on no list") == ("1", "bad")
    (unlisted,) = (one for one in plain.lists if one.anchor == "unlisted")
    assert [one.names for one in unlisted.entries] == [(NEW,)]


def test_mistakes_placeholders_and_downloads_have_their_tables(plain: Page) -> None:
    found = {table.anchor: [row.text for row in table.rows] for table in plain.texts}

    assert found["mistakes"] == ["python3.9"]
    assert found["placeholders"] == ["{{ .Image }}"]
    assert found["downloads"] == ["https://x.example/m.tar.gz"]


def test_a_mistake_comes_with_what_may_be_meant(plain: Page) -> None:
    (mistakes,) = (table for table in plain.texts if table.anchor == "mistakes")
    assert mistakes.rows[0].note == "Did you mean python:3.9?"


def test_files_that_cannot_be_read_are_told(plain: Page) -> None:
    (problems,) = (one for one in plain.lists if one.anchor == "problems")

    assert [one.is_bad for one in problems.entries] == [True]
    assert problems.entries[0].names[0].startswith("broken.yaml:")
    assert figure(plain, "could not be read") == ("1", "bad")


def test_what_is_listed_and_unused_names_the_list_without_its_directory(plain: Page) -> None:
    (unused,) = (one for one in plain.lists if one.anchor == "unused")

    assert [one.names for one in unused.entries] == [("quay.io/team/old:1",)]
    assert unused.entries[0].remark == "list.yaml:13"


def test_a_bundle_gives_sizes_and_says_what_it_lacks(tmp_path: Path) -> None:
    bundle = inspected(tmp_path, WEB, API)

    page = page_of_scan(story(tmp_path, bundle=bundle))

    sized = {one.image.reference.familiar: (one.size, one.own) for one in bundle.images}
    assert {name: (row_of(page, name).size, row_of(page, name).own) for name in sized} == sized
    assert (row_of(page, WEB).presence, row_of(page, WEB).is_hole) == ("in the bundle", False)
    assert (row_of(page, NEW).presence, row_of(page, NEW).is_hole) == ("not in the bundle", True)
    assert figure(page, "not in the bundle") == ("1", "bad")
    assert len(page.shared) == 1


def test_what_was_left_out_on_purpose_is_no_hole(tmp_path: Path) -> None:
    bundle = inspected(tmp_path, WEB, API)
    allowed = (Allowance("image", NEW, "we have our own"),)

    page = page_of_scan(story(tmp_path, bundle=replace(bundle, allowed=allowed)))

    assert row_of(page, NEW).presence == "left out on purpose: we have our own"
    assert figure(page, "not in the bundle") == ("0", "good")


def test_what_a_bundle_has_besides_is_listed(tmp_path: Path) -> None:
    page = page_of_scan(story(tmp_path, bundle=inspected(tmp_path, WEB, "quay.io/team/else:1")))

    (besides,) = (table for table in page.images if table.anchor == "besides")
    assert [row.name for row in besides.rows] == ["quay.io/team/else:1"]


def test_a_download_that_the_bundle_lacks_is_a_hole(tmp_path: Path) -> None:
    page = page_of_scan(story(tmp_path, bundle=inspected(tmp_path, WEB)))

    (downloads,) = (table for table in page.texts if table.anchor == "downloads")
    assert [(row.note, row.is_hole) for row in downloads.rows] == [("not in the bundle", True)]


def test_a_download_in_the_bundle_has_its_name_and_size(tmp_path: Path) -> None:
    bundle = inspected(tmp_path, WEB)
    blob = bundle.blobs[0].blob
    url = "https://x.example/m.tar.gz"
    asset = BundledAsset("x.example/m.tar.gz", url, blob.digest, 2_000_000, "model", "why")

    page = page_of_scan(story(tmp_path, bundle=replace(bundle, assets=(asset,))))

    (downloads,) = (table for table in page.texts if table.anchor == "downloads")
    notes = [(row.note, row.is_hole) for row in downloads.rows]
    assert notes == [("in the bundle as x.example/m.tar.gz, 2.00 MB", False)]


def test_registries_give_sizes_by_the_components_of_the_lists(tmp_path: Path) -> None:
    asked = sizes({WEB: {"base": 5, "web": 20}, API: {"base": 5, "api": 30}}, {NEW: "it is gone"})

    page = page_of_scan(replace(story(tmp_path), sizes=asked))

    assert [(one.name, one.size, one.own) for one in page.components] == [
        ("back", 35, 30),
        ("front", 25, 20),
    ]
    assert row_of(page, NEW).presence == "size not known: it is gone"
    assert "1 image could not be asked for" in page.sizes_note


def test_a_click_on_the_map_leads_to_the_row(tmp_path: Path) -> None:
    page = page_of_scan(story(tmp_path, bundle=inspected(tmp_path, WEB, API)))

    cells = {cell.label: cell.target for group in page.maps[0].groups for cell in group.cells}
    assert cells["web:1"] == row_of(page, WEB).anchor
    assert cells["shared layers"] == "shared"
