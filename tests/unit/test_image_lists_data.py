"""The lists in image-lists/: sound by themselves, and complete by the inventory of the platform."""

from __future__ import annotations

from collections import defaultdict
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import yaml

from cube_airgap.reference import Reference
from cube_bundle.image_list import (
    ImageList,
    ListedImage,
    Need,
    default_lists,
    read_list,
    shipped_lists,
)

_PAGE = Path(__file__).parents[2] / "docs" / "image-lists.md"
_TRUTH = Path(__file__).parents[3] / "shared" / "facts" / "cube-studio-images.yaml"
_needs_truth = pytest.mark.skipif(not _TRUTH.is_file(), reason="the inventory is not on this disk")

_IN_TWO_PROFILES = {
    "ccr.ccs.tencentyun.com/cube-studio/kube-rbac-proxy:0.14.1": {"legacy", "monitoring"},
    "ccr.ccs.tencentyun.com/cube-studio/ubuntu-gpu:cuda11.8.0-cudnn8-python3.9": {
        "notebooks",
        "templates",
    },
    "ccr.ccs.tencentyun.com/cube-studio/prometheus-adapter:v0.9.1": {"addons", "legacy"},
    "elasticsearch:7.16.2": {"legacy", "logging"},
    "python:3.9": {"notebooks", "templates"},
    "rancher/klipper-helm:v0.9.3-build20241008": {"k3s", "rke2"},
    "rancher/klipper-lb:v0.4.9": {"k3s", "rke2"},
    "rancher/mirrored-metrics-server:v0.7.0": {"addons", "bootstrap"},
    "rancher/mirrored-pause:3.6": {"k3s", "rke2"},
}
"""Each of the two profiles is complete without the other."""

_NOT_CARRIED = {
    "auto": "istio's injector puts an image in its place",
    "ccr.ccs.tencentyun.com/cube-studio/notebook:jupyter-ubuntu-cpu-1.0.0": "nothing asks for it",
    "ccr.ccs.tencentyun.com/cube-studio/python:2023.06.19.1": "pushed to, never pulled",
    "python3.9": "a typo for python:3.9, which is listed",
    "quay.io/prometheus/alertmanager": "its resource adds the version, and that image is listed",
}

_OURS = {
    "ccr.ccs.tencentyun.com/cube-studio/xgb:20230801": "our own definition of template xgb",
    "elastic/filebeat:7.16.2": "a profile of our own stack",
    "elasticsearch:7.16.2": "a profile of our own stack",
    "kibana:7.16.2": "a profile of our own stack",
    "quay.io/prometheus/alertmanager:v0.21.0": "a profile of our own stack",
    "rancher/mirrored-kube-state-metrics-kube-state-metrics:v2.10.1": (
        "in place of a version that reads APIs which are gone"
    ),
}

_OTHER_CLUSTERS = ("k3s", "rke2")
"""Ways to a cluster that the platform's own guide does not take."""


def _references(texts: dict[str, Any]) -> set[Reference]:
    return {Reference.parse(text) for text in texts}


@cache
def _lists() -> tuple[ImageList, ...]:
    return tuple(read_list(profile) for profile in shipped_lists())


def _profiles_of_references() -> dict[Reference, set[str]]:
    profiles = defaultdict(set)
    for one in _lists():
        for image in one.images:
            profiles[image.origin.reference].add(one.profile)
    return profiles


def _where_listed(wanted: set[str]) -> dict[Reference, ListedImage]:
    """The entries of the profiles `wanted`."""
    return {
        image.origin.reference: image
        for one in _lists()
        if one.profile in wanted
        for image in one.images
    }


def _truth() -> dict[str, Any]:
    truth: dict[str, Any] = yaml.safe_load(_TRUTH.read_text())
    return truth


def _true_states() -> dict[Reference, set[str]]:
    states = defaultdict(set)
    for entries in _truth()["components"].values():
        for entry in entries:
            states[Reference.parse(entry["image"])].add(entry["state"])
    return states


def _is_used(states: set[str]) -> bool:
    return bool(states - {"not-applied"})


def test_there_is_a_profile_for_each_way_of_using_the_platform() -> None:
    assert {"core", "gpu", "monitoring", "notebooks", "templates", "inference", "services"} < set(
        shipped_lists()
    )
    assert {"bootstrap", "legacy"} < set(shipped_lists())


def test_a_build_that_names_nothing_takes_all_but_the_cluster_the_past_and_extras() -> None:
    extras = {"addons", "bootstrap", "k3s", "kit", "legacy", "logging", "rke2"}
    groups = {one.profile for one in _lists() if one.includes}

    assert set(default_lists()) == set(shipped_lists()) - extras - groups


@pytest.mark.parametrize("profile", shipped_lists())
def test_a_file_is_named_for_the_profile_that_it_describes(profile: str) -> None:
    found = read_list(profile)

    assert found.profile == profile
    assert found.description


@pytest.mark.parametrize("profile", shipped_lists())
def test_components_and_their_images_are_sorted(profile: str) -> None:
    places = [(image.component, image.origin.text) for image in read_list(profile).images]

    assert all(one < other for one, other in pairwise(places))


@pytest.mark.parametrize("profile", shipped_lists())
def test_each_image_has_a_tag_a_namespace_and_a_reason(profile: str) -> None:
    for image in read_list(profile).images:
        assert image.origin.text.rpartition("/")[2].count(":") == 1, image.where
        assert image.namespace, image.where
        assert image.why, image.where


def test_only_the_bootstrap_of_a_cluster_needs_bootstrap_images() -> None:
    bootstrap = {image for one in _lists() for image in one.images if image.need is Need.BOOTSTRAP}

    assert {image.component for image in bootstrap} == {
        "k3s-addons",
        "kubernetes",
        "metrics-server",
        "network",
        "rancher",
        "rke2-addons",
        "rke2-kubernetes",
        "rke2-network",
    }


def test_the_page_on_lists_tells_when_to_take_each_profile() -> None:
    rows = [line for line in _PAGE.read_text().splitlines() if line.startswith("| `")]

    for profile in shipped_lists():
        assert sum(row.startswith(f"| `{profile}` |") for row in rows) == 1, profile


def test_images_are_in_two_profiles_only_where_that_is_meant() -> None:
    repeated = {
        reference.familiar: profiles
        for reference, profiles in _profiles_of_references().items()
        if len(profiles) > 1
    }

    assert repeated == _IN_TWO_PROFILES


@pytest.mark.parametrize(
    "component",
    [
        "alertmanager",
        "efk",
        "frameworkcontroller",
        "kube-batch",
        "kube-state-metrics",
        "metrics-server",
        "prometheus-adapter",
    ],
)
def test_components_of_older_versions_are_in_the_legacy_profile(component: str) -> None:
    assert component in {image.component for image in read_list("legacy").images}


@_needs_truth
def test_every_reference_of_the_inventory_is_listed() -> None:
    truth = _truth()
    older = truth["listed_in_all_image_but_unreferenced"] + truth["legacy_components"]
    named = set(_true_states()) | {Reference.parse(entry["image"]) for entry in older}

    assert named - set(_profiles_of_references()) == _references(_NOT_CARRIED)


@_needs_truth
def test_what_the_inventory_deploys_or_starts_is_in_a_profile_of_its_own_version() -> None:
    current = _where_listed(set(shipped_lists()) - {"legacy"})
    missing = {
        reference
        for reference, states in _true_states().items()
        if any(state.startswith(("deployed", "runtime", "cluster")) for state in states)
    } - set(current)

    assert missing <= _references(_NOT_CARRIED)


@_needs_truth
def test_nothing_outside_the_legacy_profile_is_unused() -> None:
    used = {reference for reference, states in _true_states().items() if _is_used(states)}
    current = set(_where_listed(set(shipped_lists()) - {"legacy", *_OTHER_CLUSTERS}))

    assert current - used == _references(_OURS)


@_needs_truth
def test_what_only_runs_later_is_not_listed_as_deployed() -> None:
    current = _where_listed(set(shipped_lists()) - {"addons", "legacy", *_OTHER_CLUSTERS})
    needs = {
        reference: current[reference].need
        for reference, states in _true_states().items()
        if reference in current and not {"deployed", "cluster-bootstrap"} & states
    }

    assert set(needs.values()) == {Need.RUNTIME}


@_needs_truth
def test_bootstrap_images_are_those_that_the_inventory_counts_to_the_cluster() -> None:
    bootstrap = {image.origin.reference for image in read_list("bootstrap").images}

    assert bootstrap == {
        reference for reference, states in _true_states().items() if "cluster-bootstrap" in states
    }


def test_the_kit_has_everything_that_a_bare_host_needs_for_both_architectures() -> None:
    kit = read_list("kit").assets
    components = {
        architecture: {
            one.component
            for one in kit
            for two in one.platforms
            if two.architecture == architecture
        }
        for architecture in ("amd64", "arm64")
    }

    assert (
        components["amd64"]
        == components["arm64"]
        == {
            "cni-plugins",
            "containerd",
            "crictl",
            "docker",
            "docker-compose",
            "harbor",
            "helm",
            "kubectl",
            "nerdctl",
            "runc",
        }
    )


def test_what_can_be_pinned_of_the_kit_is() -> None:
    without = {one.component for one in read_list("kit").assets if one.digest is None}

    # Docker and Harbor publish no digests of these files.
    assert without == {"docker", "harbor"}


def test_profiles_that_name_one_file_agree_on_it() -> None:
    names = defaultdict(set)
    for profile in shipped_lists():
        for one in read_list(profile).assets:
            names[one.url].add((one.name, one.digest, one.platforms))

    assert [url for url, told in names.items() if len(told) > 1] == []
