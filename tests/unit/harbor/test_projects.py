"""Reading what Harbor says of projects."""

from __future__ import annotations

from typing import Any

import pytest

from cube_install.harbor.fields import Fields
from cube_install.harbor.projects import Usage, parse_usage


@pytest.mark.parametrize(
    ("quota", "usage"),
    [
        ({"hard": {"storage": 1000}, "used": {"storage": 300}}, Usage(300, 1000)),
        ({"hard": {"storage": -1}, "used": {"storage": 300}}, Usage(300, None)),
        ({}, None),
    ],
)
def test_a_quota_that_is_not_told_is_not_a_quota_of_nothing(
    quota: dict[str, Any], usage: Usage | None
) -> None:
    assert parse_usage(Fields(quota, "a quota")) == usage
