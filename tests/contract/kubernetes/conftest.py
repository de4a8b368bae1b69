"""The API server that the contract is held against: the double, or the one of a kubeconfig."""

from __future__ import annotations

import os
import uuid
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from cube_install.kubernetes.cluster import Cluster
from cube_install.kubernetes.object_key import ObjectKey
from cube_install.kubernetes.patience import Patience
from tests.support.kubernetes.double import running_double
from tests.support.kubernetes.objects import named

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.kubernetes.json_types import Body

_VARIABLE = "CUBE_TEST_KUBECONFIG"
_PATIENCE = Patience(outage=20, webhook=10, served=20, first_wait=0.01, longest_wait=0.5)


@dataclass
class Site:
    """A cluster, and a namespace that is one test's own; all that is kept is deleted after it."""

    cluster: Cluster
    kubeconfig: Path
    namespace: str
    kept: list[ObjectKey] = field(default_factory=list)

    @property
    def unique(self) -> str:
        """A name for what is in no namespace."""
        return self.namespace

    def keep(self, body: Body) -> Body:
        """Note an object that is in no namespace, to be deleted."""
        self.kept.append(ObjectKey.of(body))
        return body


@pytest.fixture(scope="session")
def kubeconfig(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Of the cluster in CUBE_TEST_KUBECONFIG, or of a double."""
    if named_file := os.environ.get(_VARIABLE):
        yield Path(named_file)
        return
    with running_double(tmp_path_factory.mktemp("kubernetes")) as double:
        yield double.kubeconfig


@pytest.fixture(scope="session")
def cluster(kubeconfig: Path) -> Iterator[Cluster]:
    reached = Cluster.connect(kubeconfig, patience=_PATIENCE)
    yield reached
    reached.close()


@pytest.fixture
def site(cluster: Cluster, kubeconfig: Path) -> Iterator[Site]:
    namespace = named("v1/Namespace", f"test-{uuid.uuid4().hex[:10]}")
    cluster.apply(namespace)
    one = Site(cluster, kubeconfig, namespace["metadata"]["name"])
    yield one
    for key in reversed(one.kept):
        cluster.delete(key)
    cluster.delete(ObjectKey.of(namespace))
