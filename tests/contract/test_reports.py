"""`cube-bundle scan` and `inspect` writing their report, as a user runs them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.bundle_factory import tiny_bundle
from tests.support.command import Ran, cube_bundle
from tests.support.image_factory import image, layer
from tests.support.scan_tree import planted

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.real_registry import RealRegistry

WEB = "quay.io/team/web:1"
BASE, OWN = layer({"base": b"b" * 3000}), layer({"own": bytes(range(256))})


def pod(*images: str) -> str:
    containers = "".join(f"  - image: {one}\n" for one in images)
    return f"apiVersion: v1\nkind: Pod\nspec:\n  containers:\n{containers}"


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A directory with a tree, a list for it, and a bundle that has its image."""
    planted(tmp_path / "tree", {"pod.yaml": pod(WEB)})
    (tmp_path / "list.txt").write_text(f"{WEB}\n")
    tiny_bundle({WEB: image([BASE, OWN]), "quay.io/team/else:1": image([BASE])}).write(
        tmp_path / "b.tar.zst"
    )
    return tmp_path


def scanning(place: Path, *options: str) -> Ran:
    return cube_bundle("scan", "tree", "--list", "list.txt", *options, cwd=place)


def test_a_scan_is_written_as_a_page_and_shown_as_ever(place: Path) -> None:
    plain = scanning(place)

    ran = scanning(place, "--report", "report.html")

    assert (ran.code, ran.out, ran.err) == (0, plain.out, "report: report.html\n")
    page = (place / "report.html").read_text()
    assert WEB in page
    assert "pod.yaml:5" in page
    assert "No sizes are known" in page


def test_sizes_come_from_a_bundle(place: Path) -> None:
    assert scanning(place, "--report", "report.html", "--bundle", "b.tar.zst").code == 0

    page = (place / "report.html").read_text()
    assert "in the bundle" in page
    assert "Shared layers" in page
    assert "quay.io/team/else:1" in page


def test_sizes_come_from_registries(place: Path, registry: RealRegistry) -> None:
    name = registry.push("report/sized", "1", image([layer({"own": bytes(range(200))})]))
    planted(place / "tree", {"pod.yaml": pod(name, f"{registry.host}/report/gone:1")})

    ran = scanning(place, "--report", "report.html", "--sizes", "--insecure", registry.host)

    assert ran.code == 0
    page = (place / "report.html").read_text()
    assert 'class="map wide"' in page
    assert "The size of 1 image could not be asked for" in page
    assert "size not known: " in page


def test_a_bundle_is_written_as_a_page(place: Path) -> None:
    ran = cube_bundle("inspect", "b.tar.zst", "--report", "report.html", cwd=place)

    assert (ran.code, ran.err) == (0, "report: report.html\n")
    assert "What the bundle carries: b.tar.zst" in (place / "report.html").read_text()


def test_the_page_is_written_even_if_the_scan_fails(place: Path) -> None:
    planted(place / "tree", {"broken.yaml": "a: [1\nb: 2\n"})

    ran = scanning(place, "--report", "report.html")

    assert ran.code == 6
    assert "broken.yaml" in (place / "report.html").read_text()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--sizes",), "--sizes without --report"),
        (("--bundle", "b.tar.zst"), "--bundle without --report"),
        (("--sizes", "--bundle", "b.tar.zst", "--report", "r.html"), "were both given"),
    ],
)
def test_options_that_contradict_each_other_are_refused(
    place: Path, options: tuple[str, ...], said: str
) -> None:
    ran = scanning(place, *options)

    assert (ran.code, ran.out) == (2, "")
    assert said in ran.err


def test_a_page_that_cannot_be_written_is_told_of_before_anything_is_scanned(place: Path) -> None:
    ran = scanning(place, "--report", "nowhere/report.html")

    assert (ran.code, ran.out) == (2, "")
    assert "there is no directory nowhere" in ran.err


def test_a_bundle_that_is_none_is_told_of(place: Path) -> None:
    ran = scanning(place, "--report", "report.html", "--bundle", "list.txt")

    assert ran.code == 6
    assert not (place / "report.html").exists()
