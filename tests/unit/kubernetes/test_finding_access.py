from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from cube_airgap.errors import MissingError, UsageError
from cube_install.kubernetes.finding_access import find_access
from tests.support.kubernetes.kubeconfigs import coded, kubeconfig

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.kubernetes.json_types import Json

CLUSTER = {"server": "https://one.example:6443"}


def of(tmp_path: Path, name: str, **cluster: Json) -> Path:
    return kubeconfig(tmp_path / name, {**CLUSTER, **cluster}, {"token": "abc"}, context=name)


def test_a_named_file_wins_over_the_environment(tmp_path: Path) -> None:
    environment = {"KUBECONFIG": str(of(tmp_path, "environment"))}

    access = find_access(of(tmp_path, "named"), "", environment)

    assert access.origin == f"context named in {tmp_path / 'named'}"


def test_the_environment_names_several_files(tmp_path: Path) -> None:
    files = [of(tmp_path, "first"), tmp_path / "none", of(tmp_path, "second")]
    environment = {"KUBECONFIG": ":".join(map(str, files))}

    assert find_access(None, "", environment).origin.startswith("context first")
    assert find_access(None, "second", environment).origin.startswith("context second")


def test_the_users_own_file_is_the_last_resort(tmp_path: Path) -> None:
    (tmp_path / ".kube").mkdir()
    of(tmp_path / ".kube", "config")

    access = find_access(None, "", {"HOME": str(tmp_path)})

    assert access.origin == f"context config in {tmp_path / '.kube' / 'config'}"


def test_files_that_the_environment_names_and_are_not_there_are_told(tmp_path: Path) -> None:
    with pytest.raises(MissingError, match=r"the kubeconfig .*none cannot be read"):
        find_access(None, "", {"KUBECONFIG": str(tmp_path / "none"), "HOME": str(tmp_path)})


def test_without_any_file_it_is_told_where_one_usually_is(tmp_path: Path) -> None:
    with pytest.raises(MissingError, match="there is no kubeconfig") as caught:
        find_access(None, "", {"HOME": str(tmp_path)})

    assert "/etc/kubernetes/admin.conf" in caught.value.remedy


def service_account(tmp_path: Path) -> Path:
    (tmp_path / "token").write_text("abc\n")
    (tmp_path / "ca.crt").write_bytes(b"authority")
    return tmp_path


@pytest.mark.parametrize(
    ("host", "server"),
    [("10.0.0.1", "https://10.0.0.1:6443"), ("fd00::1", "https://[fd00::1]:6443")],
)
def test_in_a_pod_its_service_account_is_used(tmp_path: Path, host: str, server: str) -> None:
    environment = {
        "HOME": str(tmp_path),
        "KUBERNETES_SERVICE_HOST": host,
        "KUBERNETES_SERVICE_PORT": "6443",
    }

    access = find_access(None, "", environment, service_account(tmp_path))

    assert (access.server, access.ca) == (server, b"authority")
    assert access.credentials.identity().authorization == "Bearer abc"
    assert access.origin == "the service account of this pod"


def test_a_path_in_the_servers_address_is_kept(tmp_path: Path) -> None:
    file = of(tmp_path, "rancher", server="https://rancher.example/k8s/clusters/c-1/")

    assert find_access(file, "", {}).server == "https://rancher.example/k8s/clusters/c-1"


def test_what_the_cluster_says_of_trust_and_proxies_is_read(tmp_path: Path) -> None:
    more: dict[str, Any] = {
        "certificate-authority-data": coded(b"authority"),
        "tls-server-name": "kubernetes",
        "insecure-skip-tls-verify": True,
        "proxy-url": "http://proxy.example:3128",
    }

    access = find_access(of(tmp_path, "one", **more), "", {})

    assert (access.ca, access.server_name, access.is_insecure, access.proxy) == (
        b"authority",
        "kubernetes",
        True,
        "http://proxy.example:3128",
    )


@pytest.mark.parametrize(
    "server", ["", "one.example:6443", "ftp://one.example", "https://", "https://[", "https://a:b"]
)
def test_a_server_that_is_no_url_is_told(tmp_path: Path, server: str) -> None:
    with pytest.raises(UsageError, match=r"its server .* is no http\(s\) URL"):
        find_access(of(tmp_path, "one", server=server), "", {})


def test_a_proxy_that_is_no_http_proxy_is_told_without_its_password(tmp_path: Path) -> None:
    file = of(tmp_path, "one", **{"proxy-url": "socks5://me:geheim@proxy.example:1080"})

    with pytest.raises(UsageError, match=r"its proxy-url is no http\(s\) URL") as caught:
        find_access(file, "", {})

    assert "ssh -L" in caught.value.remedy
    assert "geheim" not in str(caught.value)


def test_acting_as_another_user_is_asked_for_in_headers(tmp_path: Path) -> None:
    user = {"token": "abc", "as": "eve", "as-uid": "7", "as-groups": ["a", "b"]}

    access = find_access(kubeconfig(tmp_path / "c", CLUSTER, user), "", {})

    assert access.headers == (
        ("Impersonate-User", "eve"),
        ("Impersonate-Uid", "7"),
        ("Impersonate-Group", "a"),
        ("Impersonate-Group", "b"),
    )


def test_acting_with_further_attributes_is_refused(tmp_path: Path) -> None:
    user = {"token": "abc", "as": "eve", "as-user-extra": {"scope": ["x"]}}

    with pytest.raises(UsageError, match="as-user-extra is not supported"):
        find_access(kubeconfig(tmp_path / "c", CLUSTER, user), "", {})


def test_secrets_are_in_no_text_of_it(tmp_path: Path) -> None:
    file = kubeconfig(tmp_path / "c", CLUSTER, {"token": "geheim"})

    access = find_access(file, "", {})

    assert "geheim" not in repr(access) + repr(access.credentials.identity())
