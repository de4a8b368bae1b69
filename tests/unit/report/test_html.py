from __future__ import annotations

import re
from dataclasses import fields, is_dataclass, replace
from html.parser import HTMLParser
from typing import TYPE_CHECKING

import pytest

from cube_bundle.report.bundle_page import page_of_bundle
from cube_bundle.report.html import page_html
from cube_bundle.report.scan_page import page_of_scan
from tests.support.report_story import TREE, inspected, sizes, story

if TYPE_CHECKING:
    from pathlib import Path

    from cube_bundle.report.page import Page

WEB, API = "quay.io/team/web:1", "quay.io/team/api:1"
HOSTILE = """"'><script>alert(1)</script><img src=x onerror=alert(1)></style>{{ 7*7 }}"""
FETCHING = {"src", "srcset", "background", "action", "formaction", "poster", "data", "ping"}


class Outline(HTMLParser):
    """The tags of a page with their attributes, and the ends that are missing."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in {"meta", "link", "input", "br"}:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def count(self, tag: str) -> int:
        return sum(one == tag for one, _ in self.tags)


@pytest.fixture
def page(tmp_path: Path) -> Page:
    return page_of_scan(story(tmp_path, bundle=inspected(tmp_path, WEB, API)))


def spoiled(value: object) -> object:
    """The same with something hostile behind every text but those that are ours to choose."""
    if isinstance(value, str):
        return value and value + HOSTILE
    if isinstance(value, tuple):
        return tuple(spoiled(one) for one in value)
    if is_dataclass(value) and not isinstance(value, type):
        ours = {"anchor", "target", "shape", "tone"}
        changed = {
            one.name: spoiled(getattr(value, one.name))
            for one in fields(value)
            if one.name not in ours
        }
        return replace(value, **changed)
    return value


def test_hostile_texts_stay_texts(page: Page) -> None:
    sound = Outline(page_html(page).decode())

    hostile = Outline(page_html(spoiled(page)).decode())  # type: ignore[arg-type] # a Page again

    assert [tag for tag, _ in hostile.tags] == [tag for tag, _ in sound.tags]
    assert [set(found) for _, found in hostile.tags] == [set(found) for _, found in sound.tags]


def test_templates_in_texts_are_not_filled_in(page: Page) -> None:
    html = page_html(replace(page, subject=HOSTILE)).decode()

    assert "{{ 7*7 }}" in html


def test_an_image_of_a_hostile_name_is_shown_as_it_is(tmp_path: Path) -> None:
    name = "<img/src=x/onerror=alert(1)>"
    files = {
        **TREE,
        "c.yaml": f"apiVersion: v1\nkind: Pod\nspec: {{containers: [{{image: '{name}'}}]}}\n",
    }

    html = page_html(page_of_scan(story(tmp_path, files))).decode()

    assert "&lt;img/src=x/onerror=alert(1)&gt;" in html
    assert Outline(html).count("img") == 0


def test_nothing_on_the_page_is_fetched(page: Page) -> None:
    html = page_html(page).decode()

    for tag, found in Outline(html).tags:
        assert not FETCHING & set(found), tag
        assert tag not in {"img", "iframe", "object", "embed", "base", "form"}
        assert re.match(r"#|data:,$", found.get("href") or "#"), found
    assert "url(" not in html
    assert "@import" not in html


def test_every_link_leads_to_one_place_on_the_page(page: Page) -> None:
    tags = Outline(page_html(page).decode()).tags
    anchors = [found["id"] for _, found in tags if "id" in found]

    assert len(anchors) == len(set(anchors))
    links = {(found["href"] or "")[1:] for tag, found in tags if tag == "a" and "href" in found}
    assert links <= set(anchors)


def test_the_same_page_gives_the_same_bytes(tmp_path: Path) -> None:
    bundle = inspected(tmp_path, WEB, API)

    one, two = (page_html(page_of_scan(story(tmp_path, bundle=bundle))) for _ in range(2))

    assert one == two


def test_elements_are_closed_in_order(page: Page) -> None:
    assert Outline(page_html(page).decode()).open == []


def test_a_page_without_sizes_shows_neither_map_nor_columns_for_them(tmp_path: Path) -> None:
    html = page_html(page_of_scan(story(tmp_path))).decode()

    assert 'class="map' not in html
    assert "Its own" not in html


def test_a_scan_that_found_nothing_makes_a_page(tmp_path: Path) -> None:
    empty = replace(story(tmp_path, {"a.yaml": "a: 1\n"}), sizes=sizes({}))

    assert b"images in use, of 0 named" in page_html(page_of_scan(empty))


def test_a_bundle_makes_a_page(tmp_path: Path) -> None:
    html = page_html(page_of_bundle(inspected(tmp_path, WEB, API), "site.tar.zst")).decode()

    assert "<title>What the bundle carries: site.tar.zst</title>" in html
    assert html.count('class="map ') == 2
