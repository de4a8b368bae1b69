"""Python assignments set by syntax tree, all else byte for byte."""

from __future__ import annotations

import pytest

from cube_airgap.errors import UsageError
from cube_install.render.python_settings import with_settings


def changed(source: str, **values: object) -> str:
    return with_settings(source.encode(), values, "config.py").decode()


def test_only_the_value_changes() -> None:
    source = "# a\nA  =  'x'   # why\r\nB = 1;C=2\n\ndef f():\n\tA = 3\n"
    expected = "# a\nA  =  ['y']   # why\r\nB = 1;C=None\n\ndef f():\n\tA = 3\n"
    assert changed(source, A=["y"], C=None) == expected


def test_a_value_over_several_lines_is_replaced_whole() -> None:
    source = 'A = {\n  "k": [1,\n  2],\n}\nB = (\n  "x"\n  "y"\n)\n'
    assert changed(source, A={"k": True}, B="z") == "A = {'k': True}\nB = (\n  'z'\n)\n"


def test_offsets_count_in_bytes() -> None:
    assert (
        changed("N = '\u4e2d\u6587'; A = 1\n", A="\u4e2d") == "N = '\u4e2d\u6587'; A = '\u4e2d'\n"
    )


def test_every_assignment_of_the_module_counts_also_in_branches() -> None:
    source = "A = 1\nif x:\n    A = 2\nelse:\n    A: int = 3\nclass C:\n    A = 4\n"
    assert changed(source, A=9) == (
        "A = 9\nif x:\n    A = 9\nelse:\n    A: int = 9\nclass C:\n    A = 4\n"
    )


def test_a_name_that_is_not_assigned_is_told_with_the_nearest() -> None:
    with pytest.raises(UsageError, match=r"config\.py assigns no SERVICE_IP") as caught:
        changed("SERVICE_IPS = []\n", SERVICE_IP=[])
    assert caught.value.remedy == "did you mean SERVICE_IPS?"


@pytest.mark.parametrize("source", ["A = B = 1\n", "A, B = 1, 2\n", "A = []\nA += [1]\n"])
def test_a_name_that_is_not_assigned_by_itself_is_told(source: str) -> None:
    with pytest.raises(UsageError, match=r"config\.py:\d: A is not assigned by itself"):
        changed(source, A=3)


def test_what_is_no_python_is_told_with_its_line() -> None:
    with pytest.raises(UsageError, match=r"config\.py:2: it is not Python"):
        changed("A = 1\nB = = 2\n", A=3)
