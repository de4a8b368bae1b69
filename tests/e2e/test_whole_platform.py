"""The platform's own stack, from image lists and manifests to a cluster, by two commands."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from cube_bundle.image_list import default_lists, read_list
from tests.support import image_factory as make
from tests.support.closed_network import run_closed
from tests.support.command import cube_bundle
from tests.support.faulty_registry import scripted_registry
from tests.support.stack_objects import product_stack
from tests.support.stand_ins import StandIns

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.real_registry import RealRegistry

pytestmark = pytest.mark.xdist_group("whole platform")
MOST_VALUES = 6


@pytest.fixture(scope="module")
def bundle(registry: RealRegistry, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `cube-bundle build` makes of the shipped lists; a tiny image stands in for each."""
    place = tmp_path_factory.mktemp("outside")
    lists = [read_list(name) for name in default_lists()]
    with scripted_registry() as files:
        hosts = StandIns(registry, files, "whole")
        hosts.hold(
            {str(one.origin.reference) for each in lists for one in each.images}, make.image()
        )
        for url in {one.url for each in lists for one in each.assets}:
            hosts.serve(url, url.encode())
        built = cube_bundle("build", "-o", "site.tar.zst", *hosts.options(), cwd=place)
    assert built.code == 0, built.err
    return place / "site.tar.zst"


@pytest.fixture(scope="module")
def place(bundle: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where it was installed twice, in a network of its own that nothing left."""
    inside = tmp_path_factory.mktemp("inside")
    done = run_closed(inside, sys.executable, "-m", "tests.support.closed_platform", inside, bundle)
    assert done.code == 0, done.out + done.err
    assert done.packets == 0
    return inside


@pytest.fixture(scope="module")
def found(place: Path) -> dict[str, Any]:
    told: dict[str, Any] = json.loads((place / "found.json").read_text())
    return told


def test_one_command_brings_the_whole_platform_up(found: dict[str, Any]) -> None:
    first = found["first"]
    assert first["code"] == 0, first["err"]
    phases = [line.partition(":")[0] for line in first["err"].splitlines() if line[0] != " "]
    assert list(dict.fromkeys(one for one in phases if one not in {"note", "warning"})) == [
        *("verify", "preflight", "labels", "project", "robots", "push", "pushing", "record"),
        *("directories", "deploy", "deploying", "check"),
    ]
    assert f"run images from {found['registry']}/cube-studio and no others" in first["out"]
    assert "cube-studio 2026.03.01: http://192.0.2.1/" in first["out"]


def test_of_all_secrets_those_that_people_log_in_with_are_named(found: dict[str, Any]) -> None:
    shown = found["first"]["out"].partition("passwords are in the cluster only:")[2]
    assert "kubectl -n infra get secret kubeflow-dashboard-admin " in shown
    assert "kubectl -n monitoring get secret grafana-credentials " in shown
    assert "kubeflow-dashboard-keys" not in shown


def test_a_site_sets_few_values(place: Path) -> None:
    site = yaml.safe_load((place / "site.yaml").read_text())
    del site["version"]
    assert len(leaves(site)) <= MOST_VALUES


def test_every_component_that_a_site_has_without_a_choice_is_up(found: dict[str, Any]) -> None:
    profiles = product_stack().profiles
    on = {name for name, one in profiles.items() if one.is_default or one.unless}
    wanted = {one.name for one in product_stack().components if one.profile in on}
    components = json.loads(found["status"]["out"])["cluster"]["components"]
    assert {one["name"]: one["health"] for one in components} == dict.fromkeys(wanted, "up")


def test_every_pod_runs_images_of_the_sites_registry_alone(found: dict[str, Any]) -> None:
    images = {image for pod in found["images"].values() for image in pod}
    assert any(pod.startswith("infra/kubeflow-dashboard-") for pod in found["images"])
    assert {image for image in images if not image.startswith(f"{found['registry']}/")} == set()


def test_the_same_command_again_changes_no_object(found: dict[str, Any]) -> None:
    second = found["second"]
    assert second["code"] == 0, second["err"]
    told = json.loads(second["out"])
    assert {one["state"] for one in told["images"]} == {"already there"}
    assert (told["uploadedSize"], told["deployment"]["revision"]) == (0, 1)
    changes = told["deployment"]["changes"]
    assert (changes["created"], changes["changed"]) == (0, 0)
    assert found["changed"] == []


def leaves(value: object) -> list[object]:
    """All that is said somewhere in nested mappings."""
    if isinstance(value, dict):
        return [leaf for one in value.values() for leaf in leaves(one)]
    return [value]
