"""The double as a fixture; a conftest.py imports it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.kubernetes.double import KubernetesDouble, running_double

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def kube(tmp_path: Path) -> Iterator[KubernetesDouble]:
    """A fresh Kubernetes double; it fails the test on requests that it does not expect."""
    with running_double(tmp_path) as double:
        yield double
