"""A double of Harbor for each test, and our client for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.harbor.double import HarborDouble, running_double
from tests.support.harbor.site import Site

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def double(tmp_path: Path) -> Iterator[HarborDouble]:
    with running_double(tmp_path / "harbor") as running:
        yield running


@pytest.fixture
def site(double: HarborDouble) -> Iterator[Site]:
    site = Site(double.running)
    yield site
    site.close()
