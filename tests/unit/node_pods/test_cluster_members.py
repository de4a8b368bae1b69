"""Which nodes a cluster has, and of what kind they are."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cube_airgap.errors import MissingError
from cube_airgap.platforms import Platform
from cube_install.node_pods.cluster_members import Member, members
from tests.support.kubernetes.fixtures import kube  # noqa: F401 - a fixture

if TYPE_CHECKING:
    from tests.support.kubernetes.double import KubernetesDouble


def test_what_runs_the_api_server_comes_last(kube: KubernetesDouble) -> None:  # noqa: F811
    kube.add_node("a", {"node-role.kubernetes.io/control-plane": ""})
    kube.add_node("z")
    assert [one.name for one in members(kube.connect())] == ["node-1", "z", "a"]


@pytest.mark.parametrize(
    ("labels", "resources", "has_gpu"),
    [
        ({}, {}, False),
        ({"gpu": "true"}, {}, True),
        ({"gpu": "false"}, {}, False),
        ({"nvidia.com/gpu.present": "true"}, {}, True),
        ({}, {"nvidia.com/gpu": "8"}, True),
        ({}, {"nvidia.com/gpu": "0"}, False),
    ],
)
def test_a_gpu_is_known_by_label_or_resource(
    labels: dict[str, str], resources: dict[str, str], has_gpu: bool
) -> None:
    body = {"metadata": {"name": "n", "labels": labels}, "status": {"allocatable": resources}}
    assert Member.of(body).has_gpu is has_gpu


def test_the_platform_is_known(kube: KubernetesDouble) -> None:  # noqa: F811
    kube.add_node("arm", {"kubernetes.io/arch": "arm64"})
    (found,) = members(kube.connect(), "kubernetes.io/arch=arm64")
    assert (found.platform, found.is_ready) == (Platform("linux", "arm64"), True)


def test_a_selector_that_fits_nothing_is_told(kube: KubernetesDouble) -> None:  # noqa: F811
    with pytest.raises(MissingError, match="no such node"):
        members(kube.connect(), "a=b")
