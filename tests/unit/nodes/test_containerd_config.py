"""config.toml with what pulling needs, and all else as it was."""

from __future__ import annotations

import subprocess
import tomllib
from typing import Any

import pytest

from cube_airgap.errors import UsageError
from cube_install.nodes.containerd_config import HOSTS_DIRECTORY, ContainerdConfig

CRI = "io.containerd.grpc.v1.cri"
V2 = f"""\
version = 2
# mine
root = "/data/containerd"
[plugins."{CRI}"]
  sandbox_image = "pause:3.7" # kept
"""
V1 = '[plugins.cri]\n  sandbox_image = "pause:3.7"\n'
V3 = "version = 3\n[plugins.'io.containerd.cri.v1.images']\n  snapshotter = \"native\"\n"


def changed(text: str) -> tuple[ContainerdConfig, dict[str, Any]]:
    config = ContainerdConfig(text, "config.toml")
    config.use_hosts_directory()
    return config, tomllib.loads(config.text)


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("", [CRI]),
        (V2, [CRI]),
        (V1, ["cri"]),
        (V3, ["io.containerd.cri.v1.images"]),
    ],
)
def test_the_directory_is_named_where_that_version_has_it(text: str, path: list[str]) -> None:
    table = changed(text)[1]["plugins"][path[0]]
    assert table["registry"]["config_path"] == HOSTS_DIRECTORY


@pytest.mark.parametrize("text", [V1, V2, V3])
def test_everything_else_stays_to_the_letter(text: str) -> None:
    config, _ = changed(text)
    assert [line for line in text.splitlines() if line not in config.text.splitlines()] == []


def test_what_containerd_itself_writes_can_be_changed() -> None:
    done = subprocess.run(
        ["containerd", "config", "default"], capture_output=True, text=True, check=True
    )
    _, after = changed(done.stdout)
    before = tomllib.loads(done.stdout)
    assert after["plugins"][CRI]["registry"].pop("config_path") == HOSTS_DIRECTORY
    del before["plugins"][CRI]["registry"]["config_path"]
    for name in ("mirrors", "configs"):
        before["plugins"][CRI]["registry"].pop(name)
        after["plugins"][CRI]["registry"].pop(name, None)
    assert after == before


def test_a_directory_that_is_named_already_is_used() -> None:
    text = f'version = 2\n[plugins."{CRI}".registry]\nconfig_path = "/my/certs.d:/other"\n'
    config, _ = changed(text)
    assert (config.text, config.hosts_directory) == (text, "/my/certs.d")


MIRRORS = f"""\
version = 2
[plugins."{CRI}".registry.mirrors."docker.io"]
  endpoint = ["https://nexus.example:8443", "https://registry-1.docker.io"]
[plugins."{CRI}".registry.mirrors."*"]
  endpoint = ["http://10.0.0.1:5000"]
[plugins."{CRI}".registry.configs."nexus.example:8443".tls]
  ca_file = "/nexus.crt"
[plugins."{CRI}".registry.configs."nexus.example:8443".auth]
  username = "u"
[plugins."{CRI}".registry.configs."old.example".tls]
  insecure_skip_verify = true
"""


def test_mirrors_of_the_old_form_move_into_hosts_files() -> None:
    config, after = changed(MIRRORS)
    moved = {
        host: [(one.url, dict(one.settings)) for one in places]
        for host, places in config.moved.items()
    }
    assert moved == {
        "docker.io": [
            ("https://nexus.example:8443", {"ca": "/nexus.crt"}),
            ("https://registry-1.docker.io", {}),
        ],
        "_default": [("http://10.0.0.1:5000", {})],
        "nexus.example:8443": [("https://nexus.example:8443", {"ca": "/nexus.crt"})],
        "old.example": [("https://old.example", {"skip_verify": True})],
    }
    assert after["plugins"][CRI]["registry"] == {
        "configs": {"nexus.example:8443": {"auth": {"username": "u"}}},
        "config_path": HOSTS_DIRECTORY,
    }


def test_containers_run_with_nvidia_s_runtime_and_runc_s_options() -> None:
    text = (
        f'version = 2\n[plugins."{CRI}".containerd.runtimes.runc]\n'
        'runtime_type = "io.containerd.runc.v2"\n'
        f'[plugins."{CRI}".containerd.runtimes.runc.options]\nSystemdCgroup = true\n'
    )
    config = ContainerdConfig(text, "config.toml")
    config.use_nvidia("/usr/bin/nvidia-container-runtime")
    running = tomllib.loads(config.text)["plugins"][CRI]["containerd"]
    assert running["default_runtime_name"] == "nvidia"
    assert running["runtimes"]["nvidia"] == {
        "runtime_type": "io.containerd.runc.v2",
        "privileged_without_host_devices": False,
        "options": {"SystemdCgroup": True, "BinaryName": "/usr/bin/nvidia-container-runtime"},
    }
    assert running["runtimes"]["runc"]["options"] == {"SystemdCgroup": True}


def test_nvidia_s_runtime_is_put_in_once() -> None:
    config = ContainerdConfig(V2, "config.toml")
    config.use_nvidia("/n")
    again = ContainerdConfig(config.text, "config.toml")
    again.use_nvidia("/n")
    assert again.text == config.text


def test_both_changes_go_together() -> None:
    config = ContainerdConfig(V3, "config.toml")
    config.use_hosts_directory()
    config.use_nvidia("/n")
    plugins = tomllib.loads(config.text)["plugins"]
    assert plugins["io.containerd.cri.v1.images"]["registry"]["config_path"] == HOSTS_DIRECTORY
    assert "nvidia" in plugins["io.containerd.cri.v1.runtime"]["containerd"]["runtimes"]


@pytest.mark.parametrize(
    ("text", "has_cri"),
    [(V2, True), ('disabled_plugins = ["cri"]\n', False), (f'disabled_plugins = ["{CRI}"]', False)],
)
def test_it_is_known_whether_kubernetes_can_use_it(text: str, has_cri: bool) -> None:
    assert ContainerdConfig(text, "config.toml").has_cri is has_cri


@pytest.mark.parametrize("text", ["version = ", "version = 9\n", 'version = "2"\n'])
def test_what_is_not_understood_is_left_alone(text: str) -> None:
    with pytest.raises(UsageError, match=r"/etc/config\.toml on n1"):
        ContainerdConfig(text, "/etc/config.toml on n1")
