"""What a survey says against a node."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cube_airgap.platforms import Platform
from cube_install.nodes.node_checks import Expected, check_node
from cube_install.nodes.survey import Survey

WELL = Survey(
    facts={
        "user": "0",
        "architecture": "x86_64",
        "kernel": "5.15.0",
        "swap": "0",
        "containerd": "1.7.2",
        "docker": "",
        "gpus": "0",
        "storage /data/k8s": "/data nfs4 filer:/data",
        "reach": "yes",
    },
    services=frozenset({"containerd"}),
    disks={"/var/lib/containerd": 100},
)
EXPECTED = Expected((Platform("linux", "amd64"),), 100)


def told(survey: Survey, expected: Expected = EXPECTED, skew: float = 0.0) -> list[str]:
    return [str(one) for one in check_node(survey, expected, skew)]


def changed(**facts: str) -> Survey:
    return replace(WELL, facts={**WELL.facts, **facts})


def test_nothing_is_said_against_a_good_node() -> None:
    assert told(WELL) == []


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({"architecture": "aarch64"}, "error: it is linux/arm64"),
        ({"kernel": "2.6.32-754.el6"}, "error: its kernel"),
        ({"swap": "4096"}, "warning: it swaps"),
        ({"user": "1000"}, "error: the survey did not run as root"),
        ({"containerd": ""}, "error: it has no container runtime"),
        ({"containerd": "1.4.12"}, "error: its containerd 1.4.12 is older than 1.5"),
        ({"docker": "19.03.9"}, "warning: its Docker 19.03.9"),
        ({"gpus": "1", "nvidia-runtime": "/n"}, "warning: it has a GPU of NVIDIA's and no d"),
        ({"gpus": "1", "gpu-driver": "535"}, "warning: it has a GPU of NVIDIA's and no nvid"),
        ({"storage /data/k8s": ""}, "warning: it has no /data/k8s"),
        ({"storage /data/k8s": "/ ext4 /dev/sda1"}, "warning: its /data/k8s is on a disk"),
        ({"reach": "no"}, "error: the registry cannot be reached"),
        ({"reach": "status 502"}, "warning: the registry's address answers it with status 502"),
    ],
)  # fmt: skip
def test_what_stands_in_the_way_is_told(facts: dict[str, str], words: str) -> None:
    (found,) = told(changed(**facts))
    assert found.startswith(words)


def test_a_disk_that_is_too_small_is_told() -> None:
    (found,) = told(WELL, replace(EXPECTED, size=101))
    assert found.startswith("warning: /var/lib/containerd has 100 B free")


@pytest.mark.parametrize(("skew", "way"), [(90, "ahead of"), (-3600, "behind")])
def test_a_clock_that_is_wrong_is_told(skew: float, way: str) -> None:
    (found,) = told(WELL, skew=skew)
    assert way in found


def test_a_single_node_needs_no_shared_storage() -> None:
    survey = changed(**{"storage /data/k8s": "/ ext4 /dev/sda1"})
    assert told(survey, replace(EXPECTED, is_alone=True)) == []


def test_any_platform_will_do_where_the_bundle_names_none() -> None:
    assert told(changed(architecture="riscv64"), Expected()) == []


def test_a_containerd_that_kubernetes_cannot_use_is_told() -> None:
    files = {"/etc/containerd/config.toml": b'disabled_plugins = ["cri"]\n'}
    (found,) = told(replace(WELL, files=files))
    assert found.startswith("warning: its containerd has the plugin cri turned off")
