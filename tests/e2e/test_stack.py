"""From manifests to a bundle with a stack, and from that to what a site would apply."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from cube_airgap.reference import Reference
from cube_scan.scan import scan
from tests.support.command import Ran, cube_bundle, run
from tests.support.faulty_registry import scripted_registry
from tests.support.made_checkout import LAUNCHER, WORKER, templates
from tests.support.rendering import IMAGES, stack_directory
from tests.support.stand_ins import StandIns

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support.real_registry import RealRegistry

pytestmark = pytest.mark.xdist_group("stack")
LIST = f"""\
version: 1
profile: site
components:
  - {{name: base, images: [{", ".join(f"{{image: '{one}'}}" for one in IMAGES)}]}}
"""
_FROM_LOCK = ("--lock", "small.lock.yaml", "--checkout", "manifests")
SITE = """\
version: 1
bundle: small.tar.zst
registry: {host: harbor.example, project: team}
stack: {values: {entry.address: 10.0.0.1}}
"""


@pytest.fixture(scope="module")
def place(
    registry: RealRegistry, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[StandIns, Path]]:
    """A directory with the manifests, a bundle of them, and what stands in for their origins."""
    place = tmp_path_factory.mktemp("stack")
    manifests = stack_directory(place / "manifests")
    (manifests / "job-templates").mkdir()
    (manifests / "job-templates/train.json").write_text(json.dumps(templates()))
    (place / "list.yaml").write_text(LIST)
    (place / "site.yaml").write_text(SITE)
    with scripted_registry() as files:
        hosts = StandIns(registry, files, "stack")
        hosts.hold([*(str(one) for one in IMAGES), LAUNCHER, WORKER])
        built = build(hosts, place, "small.tar.zst")
        assert built.code == 0, built.err
        yield hosts, place


def build(hosts: StandIns, cwd: Path, out: str, *more: str) -> Ran:
    what = more or ("--checkout", "manifests", "--list", "list.yaml")
    return cube_bundle("build", *what, *hosts.options(), "-o", out, cwd=cwd)


def test_a_bundle_has_the_stack_and_all_that_it_uses(place: tuple[StandIns, Path]) -> None:
    _, cwd = place
    assert cube_bundle("verify", "small.tar.zst", cwd=cwd).code == 0
    told = cube_bundle("inspect", "small.tar.zst", "--output", "json", cwd=cwd).json
    assert told["stack"]["name"] == "small"
    assert [one["name"] for one in told["stack"]["components"]] == ["namespaces", "web", "plugin"]
    assert {Reference.parse(one["reference"]) for one in told["images"]} >= {*IMAGES}
    assert told["jobTemplates"] == ["train"]
    text = cube_bundle("inspect", "small.tar.zst", cwd=cwd).out
    assert "stack small 2026.03.01: 3 components to deploy" in text


def test_rendered_it_asks_for_the_registrys_images_only(place: tuple[StandIns, Path]) -> None:
    _, cwd = place
    ran = run("cube-install", "render", "-o", "rendered", cwd=cwd)
    assert ran.code == 0, ran.err
    found = scan([cwd / "rendered"], recipes=[]).references
    assert {reference.host for reference in found} == {"harbor.example"}
    seeds = (cwd / "rendered/02-web.yaml").read_text()
    assert "harbor.example/team/quay.io/site/launcher:1" in seeds


def test_the_lock_gives_the_same_bundle_again(place: tuple[StandIns, Path]) -> None:
    hosts, cwd = place
    again = build(
        hosts, cwd, "again.tar.zst", "--lock", "small.lock.yaml", "--checkout", "manifests"
    )
    assert again.code == 0, again.err
    assert (cwd / "again.tar.zst").read_bytes() == (cwd / "small.tar.zst").read_bytes()


def test_a_stack_that_changed_since_the_lock_is_told(place: tuple[StandIns, Path]) -> None:
    hosts, cwd = place
    more = cwd / "manifests/namespaces/more.yaml"
    more.write_text("apiVersion: v1\nkind: Namespace\nmetadata: {name: more}\n")
    try:
        again = build(
            hosts, cwd, "x.tar.zst", "--lock", "small.lock.yaml", "--checkout", "manifests"
        )
        # What is not in the lock is not in the bundle.
        assert again.code == 0, again.err
        broken = cwd / "manifests/namespaces/all.yaml"
        before = broken.read_text()
        broken.write_text(before + "# changed\n")
        again = build(
            hosts, cwd, "y.tar.zst", "--lock", "small.lock.yaml", "--checkout", "manifests"
        )
        broken.write_text(before)
    finally:
        more.unlink()
    assert again.code == 2
    assert "stack/namespaces/all.yaml changed since the lock was made" in again.err


def test_without_its_stack_there_is_nothing_to_render(place: tuple[StandIns, Path]) -> None:
    hosts, cwd = place
    built = build(hosts, cwd, "plain.tar.zst", "nginx:1.27")
    assert built.code == 0, built.err
    ran = run("cube-install", "render", "--bundle", "plain.tar.zst", "-o", "none", cwd=cwd)
    assert ran.code == 5
    assert "the bundle carries no stack" in ran.err


def test_an_image_that_cannot_be_had_stops_the_build(place: tuple[StandIns, Path]) -> None:
    hosts, cwd = place
    broken = cwd / "manifests/web/more.yaml"
    broken.write_text(
        "apiVersion: v1\nkind: Pod\nmetadata: {name: p, namespace: infra}\n"
        "spec:\n  containers:\n    - {name: a, image: NoSuch/Image:1}\n"
    )
    try:
        built = build(hosts, cwd, "z.tar.zst")
    finally:
        broken.unlink()
    assert built.code == 5
    assert "stack/web/more.yaml:6" in built.err + built.out
