"""Reading site files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from cube_airgap.errors import MissingError, UsageError
from cube_install.site.site_file import SiteFile

if TYPE_CHECKING:
    from pathlib import Path

WHOLE = """\
version: 1
bundle: b.tar.zst
trusted_keys: [a.pub, /etc/cube/b.pub]
registry:
  host: harbor.example:8443
  project: team
  create_project: true
  ca_file: ca.pem
  insecure: true
  username: admin
  password_file: /etc/cube/password
push: {jobs: 8, sparse_index: narrow}
relocation:
  - {origin: quay.io, target: mirror/quay.io}
  - {origin: "", target: other}
robots: {make: false, pull_secret: s.yaml}
replication:
  - {name: hall-b, url: "https://b.example/", project: team-b}
  - {name: hall-c, url: "http://c.example:8080", insecure: true}
preheat:
  - {vendor: dragonfly, endpoint: "http://d.example:8080"}
serve: {listen: ":5000"}
"""


def read(tmp_path: Path, text: str) -> dict[str, Any]:
    path = tmp_path / "site.yaml"
    path.write_text(text)
    return SiteFile.read(path).settings


def test_every_value_stands_for_an_option(tmp_path: Path) -> None:
    assert read(tmp_path, WHOLE) == {
        "bundle": str(tmp_path / "b.tar.zst"),
        "trusted_keys": [str(tmp_path / "a.pub"), "/etc/cube/b.pub"],
        "to": "harbor.example:8443/team",
        "create_project": True,
        "ca_file": str(tmp_path / "ca.pem"),
        "insecure": ["harbor.example:8443", "c.example:8080"],
        "username": "admin",
        "password_file": "/etc/cube/password",
        "jobs": 8,
        "sparse_index": "narrow",
        "relocate": ["quay.io=mirror/quay.io", "=other"],
        "robots": False,
        "pull_secret": str(tmp_path / "s.yaml"),
        "replicate": ["hall-b=https://b.example/team-b", "hall-c=http://c.example:8080"],
        "preheat": ["dragonfly=http://d.example:8080"],
        "listen": ":5000",
    }


def test_a_file_without_a_registry_names_none(tmp_path: Path) -> None:
    assert "to" not in read(tmp_path, "version: 1\n")


def test_the_project_has_a_default(tmp_path: Path) -> None:
    assert read(tmp_path, "version: 1\nregistry: {host: h.example}\n")["to"] == (
        "h.example/cube-studio"
    )


def test_what_it_says_of_its_own_harbor_stands_for_options_of_that_command(tmp_path: Path) -> None:
    text = """\
version: 1
harbor:
  archive: installer.tgz
  directory: opt
  data_volume: /srv/harbor
  https_port: 8443
  plain_http: false
  certificate: a.crt
  private_key: /etc/tls/a.key
  san: [10.0.0.5]
  external_url: https://front.example
  trivy: true
"""

    settings = read(tmp_path, text)

    assert settings == {
        **read(tmp_path, "version: 1\n"),
        "archive": str(tmp_path / "installer.tgz"),
        "harbor_directory": str(tmp_path / "opt"),
        "data_volume": "/srv/harbor",
        "https_port": 8443,
        "plain_http": False,
        "certificate": str(tmp_path / "a.crt"),
        "private_key": "/etc/tls/a.key",
        "san": ["10.0.0.5"],
        "external_url": "https://front.example",
        "trivy": True,
    }


def test_a_certificate_without_its_key_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="private_key"):
        read(tmp_path, "version: 1\nharbor: {certificate: a.crt}\n")


@pytest.mark.parametrize("key", ["password", "token", "Secret", "identity_token"])
def test_a_secret_in_the_file_is_refused_with_its_line_and_not_shown(
    tmp_path: Path, key: str
) -> None:
    text = f"version: 1\nregistry:\n  host: h.example\n  {key}: hunter2\n"
    with pytest.raises(UsageError, match=rf"site\.yaml:4: .*{key}") as caught:
        read(tmp_path, text)
    assert "password_file" in caught.value.remedy
    assert "hunter2" not in f"{caught.value}{caught.value.remedy}"


def test_a_secret_in_an_address_is_refused(tmp_path: Path) -> None:
    text = "version: 1\nreplication:\n  - {name: b, url: 'https://u:p@b.example'}\n"
    with pytest.raises(UsageError, match=r"site\.yaml:3"):
        read(tmp_path, text)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("version: 2\n", 1),
        ("version: 1\nregistry:\n  hots: h\n", 3),
        ("version: 1\nregistry:\n  host: https://h.example/x\n", 3),
        ("version: 1\npush:\n  jobs: 0\n", 3),
        ("version: 1\ntrusted_keys: []\n", 2),
        ("version: 1\ntrusted_keys:\n", 2),
        ("version: 1\ntrusted_keys: ['']\n", 2),
        ("version: 1\nregistry: {host: h, password_file: p}\n", 2),
        ("version: 1\nregistry: {host: h, username: u, password_file: p, password_env: P}\n", 2),
        ("- 1\n", 1),
        ("version: [\n", 2),
    ],
)
def test_what_does_not_fit_is_told_with_its_line(tmp_path: Path, text: str, line: int) -> None:
    with pytest.raises(UsageError, match=rf"site\.yaml:{line}: "):
        read(tmp_path, text)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(MissingError):
        SiteFile.read(tmp_path / "none.yaml")


def test_a_password_within_an_address_is_not_shown(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"'https://h\.example' does not match") as caught:
        read(tmp_path, "version: 1\nregistry: {host: 'https://admin:hunter2@h.example'}\n")
    assert "hunter2" not in f"{caught.value!r}{caught.value.remedy}"


STACK = """\
version: 1
cluster: {kubeconfig: kube/config, context: site}
stack:
  values:
    entry: {address: 10.0.0.1}
    gpu: true
    mysql.storage: 20Gi
  profiles: {logging: true, monitoring: false}
"""


def test_what_is_chosen_of_the_stack_is_told_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "site.yaml"
    path.write_text(STACK)
    wishes = SiteFile.read(path).wishes
    assert {name: (one.value, one.where) for name, one in wishes.values.items()} == {
        "entry.address": ("10.0.0.1", f"{path}:5"),
        "gpu": (True, f"{path}:6"),
        "mysql.storage": ("20Gi", f"{path}:7"),
    }
    assert {name: one.value for name, one in wishes.profiles.items()} == {
        "logging": True,
        "monitoring": False,
    }


def test_the_cluster_stands_for_options(tmp_path: Path) -> None:
    settings = read(tmp_path, STACK)
    assert settings["kubeconfig"] == str(tmp_path / "kube/config")
    assert settings["context"] == "site"


def test_a_profile_is_on_or_off(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"site\.yaml:2: .*logging: 'maybe' is not of type"):
        read(tmp_path, "version: 1\nstack: {profiles: {logging: maybe}}\n")
