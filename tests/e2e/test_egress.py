"""An installation asks the registry, and nobody else: no names, no updates, no mirrors."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from tests.support import image_factory as make
from tests.support.bundle_factory import tiny_bundle
from tests.support.closed_network import run_closed

if TYPE_CHECKING:
    from pathlib import Path

IMAGES = {
    "ccr.ccs.tencentyun.com/cube-studio/web:1": make.multi_arch("linux/amd64", name="web"),
    "docker.io/library/redis:7.4": make.image(),
}


@pytest.mark.parametrize("kind", ["registry", "harbor"])
def test_a_whole_installation_reaches_only_the_registry(kind: str, tmp_path: Path) -> None:
    bundle = tiny_bundle(IMAGES).write(tmp_path / "site.tar.zst")
    install = ("-m", "tests.support.closed_install", kind, tmp_path, bundle)
    done = run_closed(tmp_path, sys.executable, *install)
    assert done.code == 0, done.out + done.err
    assert "is there whole: 2 of 2 images" in done.out
    assert done.packets == 0


@pytest.mark.parametrize(
    "attempt",
    [
        "import socket; socket.socket(type=socket.SOCK_DGRAM).sendto(b'x', ('198.51.100.7', 53))",
        "import socket; s = socket.socket(); s.settimeout(1); s.connect_ex(('198.51.100.7', 443))",
        (
            "import socket, contextlib\n"
            "with contextlib.suppress(OSError): socket.getaddrinfo('registry.example', 443)"
        ),
    ],
    ids=["datagram", "connection", "name"],
)
def test_whatever_would_leave_is_noticed(attempt: str, tmp_path: Path) -> None:
    assert run_closed(tmp_path, sys.executable, "-c", attempt).packets > 0
