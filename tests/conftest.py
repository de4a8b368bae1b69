"""Real parts that many tests share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.real_registry import RealRegistry, running_registry

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealRegistry]:
    """An open docker-registry over plain HTTP; tests push to repositories of their own names."""
    with running_registry(tmp_path_factory.mktemp("registry")) as running:
        yield running
