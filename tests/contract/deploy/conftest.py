"""The cluster that stacks are deployed to: a double, or the one of CUBE_TEST_KUBECONFIG."""

from __future__ import annotations

import os
import uuid
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from cube_install.deploy.deadline import Deadline
from cube_install.deploy.record.record import NAMESPACE
from cube_install.kubernetes.cluster import Cluster
from cube_install.kubernetes.object_key import ObjectKey
from tests.support.deploying import Lab
from tests.support.kubernetes.double import KubernetesDouble, running_double
from tests.support.made_stack import SmallSite

if TYPE_CHECKING:
    from collections.abc import Iterator

_VARIABLE = "CUBE_TEST_KUBECONFIG"


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Lab]:
    """A cluster with nothing of ours, and names for what a test puts there."""
    real = os.environ.get(_VARIABLE)
    site = SmallSite(f"test-{uuid.uuid4().hex[:8]}" if real else "infra")
    if real:
        cluster = Cluster.connect(Path(real))
        yield Lab(cluster, Path(real), site)
        _clear(cluster, site)
        cluster.close()
        return
    with running_double(tmp_path) as double:
        yield Lab(double.connect(), double.kubeconfig, site)


@pytest.fixture
def kube(tmp_path: Path) -> Iterator[KubernetesDouble]:
    """A double, for what no real cluster does when it is asked to."""
    with running_double(tmp_path) as double:
        yield double


def _clear(cluster: Cluster, site: SmallSite) -> None:
    """Leave a real cluster as it was."""
    keys = [ObjectKey("", "Namespace", "", one) for one in (site.place, site.other, NAMESPACE)]
    name = f"queues.{site.group}"
    keys.append(ObjectKey("apiextensions.k8s.io", "CustomResourceDefinition", "", name))
    for key in keys:
        cluster.delete(key)
    deadline = Deadline(120)
    while any(cluster.get(key) for key in keys):
        assert not deadline.is_past, "the real cluster does not become empty"
