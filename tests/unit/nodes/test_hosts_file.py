"""The file that names nodes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cube_airgap.errors import MissingError, UsageError
from cube_install.nodes.hosts_file import NodeAddress, parse_hosts, read_hosts

if TYPE_CHECKING:
    from pathlib import Path


def test_a_line_names_a_node() -> None:
    text = "# nodes\nn1\nroot@n2.site:2222  # gpu\n\n10.0.0.7\nadm@[fd00::7]:22\n"
    assert parse_hosts(text, "hosts") == (
        NodeAddress("n1"),
        NodeAddress("n2.site", "root", 2222),
        NodeAddress("10.0.0.7"),
        NodeAddress("fd00::7", "adm", 22),
    )


@pytest.mark.parametrize(
    "line", ["a b", "n1:99999", "@n1", "n1:x", "-oProxyCommand=x", "n1;reboot", "fd00::7"]
)
def test_what_is_no_node_is_told_with_its_line(line: str) -> None:
    with pytest.raises(UsageError, match="hosts:2"):
        parse_hosts(f"ok\n{line}\n", "hosts")


def test_a_node_that_is_named_twice_is_told() -> None:
    with pytest.raises(UsageError, match="hosts:2: n1 is there already"):
        parse_hosts("root@n1\nadmin@n1", "hosts")


def test_a_file_without_nodes_is_told() -> None:
    with pytest.raises(UsageError, match="names no node"):
        parse_hosts("# none\n", "hosts")


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(MissingError, match="hosts"):
        read_hosts(tmp_path / "hosts")
