from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cube_install.kubernetes.listing import list_all
from cube_install.kubernetes.refusals import RefusalError
from tests.support.kubernetes import faults
from tests.support.kubernetes.objects import config_map
from tests.support.kubernetes.reading import expired_list

if TYPE_CHECKING:
    from tests.support.kubernetes.double import KubernetesDouble


def names(kube: KubernetesDouble, page: int) -> list[str]:
    cluster = kube.connect()
    kind = cluster.kind("v1", "ConfigMap")
    assert kind
    found = list_all(cluster.api, kind, "default", {"labelSelector": ""}, page)
    return [one["metadata"]["name"] for one in found]


def maps(kube: KubernetesDouble) -> list[str]:
    wanted = [f"m{number}" for number in range(5)]
    for name in wanted:
        kube.put(config_map(name, "default"))
    return wanted


def test_each_page_is_asked_for_once(kube: KubernetesDouble) -> None:
    wanted = maps(kube)

    assert names(kube, 2) == wanted
    assert len([one for one in kube.asked if "/configmaps?" in one.target]) == 3


def test_a_list_that_is_forgotten_between_pages_is_read_in_one_piece(
    kube: KubernetesDouble,
) -> None:
    wanted = maps(kube)
    kube.faults.plan("continue=", expired_list())

    assert names(kube, 2) == wanted
    assert kube.asked[-1].target.endswith("/configmaps")


def test_a_page_that_fails_for_another_reason_is_told(kube: KubernetesDouble) -> None:
    maps(kube)
    kube.faults.plan("continue=", faults.internal("no"))

    with pytest.raises(RefusalError):
        names(kube, 2)


def test_selectors_are_sent_along_with_each_page(kube: KubernetesDouble) -> None:
    maps(kube)
    cluster = kube.connect()
    kind = cluster.kind("v1", "ConfigMap")
    assert kind

    list_all(cluster.api, kind, "default", {"labelSelector": "!a"}, 2)

    asked = [one.target for one in kube.asked if "/configmaps?" in one.target]
    assert all("labelSelector=%21a" in target for target in asked)
