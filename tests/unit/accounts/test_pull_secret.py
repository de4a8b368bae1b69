"""The secret that nodes pull with."""

from __future__ import annotations

import base64
import json
import stat
from typing import TYPE_CHECKING

import pytest
import yaml

from cube_airgap.registry.login import Login
from cube_harbor.secret import Secret
from cube_install.accounts.pull_secret import read_pull_secret, write_pull_secret

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def written(tmp_path: Path) -> Path:
    path = tmp_path / "hubsecret.yaml"
    write_pull_secret(path, "h.example", "robot$p+cube-pull", Secret('s"e: c'))
    return path


def test_it_is_a_secret_for_pulling_images(written: Path) -> None:
    manifest = yaml.safe_load(written.read_text())
    assert (manifest["kind"], manifest["type"]) == ("Secret", "kubernetes.io/dockerconfigjson")
    assert manifest["metadata"] == {"name": "hubsecret"}
    config = json.loads(base64.b64decode(manifest["data"][".dockerconfigjson"]))
    entry = config["auths"]["h.example"]
    assert base64.b64decode(entry["auth"]) == b'robot$p+cube-pull:s"e: c'


def test_only_its_owner_may_read_it(written: Path) -> None:
    assert stat.S_IMODE(written.stat().st_mode) == 0o600


def test_a_file_of_other_rights_is_replaced(written: Path) -> None:
    written.chmod(0o644)
    write_pull_secret(written, "h.example", "robot$x", Secret("s"))
    assert stat.S_IMODE(written.stat().st_mode) == 0o600


def test_it_is_read_again(written: Path) -> None:
    found = read_pull_secret(written, "h.example")
    assert found == Login(str(written), "robot$p+cube-pull", 's"e: c')
    assert read_pull_secret(written, "other.example") is None


@pytest.mark.parametrize("content", ["", "[", "[]", "data: {}", "data: {.dockerconfigjson: '%'}"])
def test_anything_else_holds_no_login(tmp_path: Path, content: str) -> None:
    path = tmp_path / "hubsecret.yaml"
    path.write_text(content)
    assert read_pull_secret(path, "h.example") is None
