"""Ways of a kubeconfig to a cluster: plugins, proxies, token files, names of certificates."""

from __future__ import annotations

import base64
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
import yaml

from cube_airgap.errors import NetworkError
from cube_install.kubernetes.cluster import Cluster
from tests.support.kubernetes.kubeconfigs import kubeconfig
from tests.support.kubernetes.plugins import credential, printing, runs
from tests.support.kubernetes.proxies import tunnel_proxy

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.contract.kubernetes.conftest import Site
    from tests.support.kubernetes.json_types import Body


def parts(site: Site) -> tuple[Body, Body]:
    """The cluster and the user of the site's kubeconfig."""
    config = yaml.safe_load(site.kubeconfig.read_text())
    return config["clusters"][0]["cluster"], config["users"][0]["user"]


def decoded(user: Body, key: str) -> str:
    if f"{key}-data" in user:
        return base64.b64decode(user[f"{key}-data"]).decode()
    return Path(user[key]).read_text()


def credential_of(user: Body) -> Body:
    """What a plugin prints to give the same credentials."""
    if "token" in user:
        return credential(token=user["token"])
    return credential(
        clientCertificateData=decoded(user, "client-certificate"),
        clientKeyData=decoded(user, "client-key"),
    )


@contextmanager
def connected(file: Path) -> Iterator[Cluster]:
    cluster = Cluster.connect(file)
    yield cluster
    cluster.close()


def names_of(cluster: Cluster) -> list[str]:
    return [one["metadata"]["name"] for one in cluster.list("", "Namespace")]


def test_a_plugin_gives_the_credentials(site: Site, tmp_path: Path) -> None:
    server, user = parts(site)
    fields = printing(tmp_path / "plugin", credential_of(user))

    with connected(kubeconfig(tmp_path / "config", server, {"exec": fields})) as cluster:
        assert site.namespace in names_of(cluster)

    assert runs(tmp_path / "plugin") == 1


def test_the_way_leads_through_the_proxy_of_the_kubeconfig(site: Site, tmp_path: Path) -> None:
    server, user = parts(site)
    with tunnel_proxy() as proxy:
        server["proxy-url"] = f"http://127.0.0.1:{proxy.port}"
        with connected(kubeconfig(tmp_path / "config", server, user)) as cluster:
            assert site.namespace in names_of(cluster)

    assert set(proxy.tunnels) == {urlsplit(server["server"]).netloc}


def test_the_proxy_is_shown_its_password(site: Site, tmp_path: Path) -> None:
    server, user = parts(site)
    with tunnel_proxy("me:geheim") as proxy:
        server["proxy-url"] = f"http://me:geheim@127.0.0.1:{proxy.port}"
        with connected(kubeconfig(tmp_path / "config", server, user)) as cluster:
            assert site.namespace in names_of(cluster)


def test_the_name_in_the_certificate_may_be_another(site: Site, tmp_path: Path) -> None:
    """As behind ssh -L: the address is one that the certificate does not name."""
    server, user = parts(site)
    address = urlsplit(server["server"])
    assert address.hostname
    assert address.port
    with tunnel_proxy(target=(address.hostname, address.port)) as proxy:
        server["proxy-url"] = f"http://127.0.0.1:{proxy.port}"
        server["server"] = f"https://elsewhere.invalid:{address.port}"
        with pytest.raises(NetworkError, match="is not trusted") as caught:
            Cluster.connect(kubeconfig(tmp_path / "wrong", server, user))
        server["tls-server-name"] = address.hostname
        with connected(kubeconfig(tmp_path / "right", server, user)) as cluster:
            assert site.namespace in names_of(cluster)

    assert "tls-server-name" in caught.value.remedy


def test_files_beside_the_kubeconfig_are_read(site: Site, tmp_path: Path) -> None:
    server, user = parts(site)
    (tmp_path / "ca.crt").write_text(decoded(server, "certificate-authority"))
    server = {"server": server["server"], "certificate-authority": "ca.crt"}
    if "token" in user:
        (tmp_path / "token").write_text(user["token"] + "\n")
        user = {"tokenFile": "token"}
    else:
        for key in ("client-certificate", "client-key"):
            (tmp_path / key).write_text(decoded(user, key))
        user = {"client-certificate": "client-certificate", "client-key": "client-key"}

    with connected(kubeconfig(tmp_path / "config", server, user)) as cluster:
        assert site.namespace in names_of(cluster)


def test_without_verification_any_certificate_will_do(site: Site, tmp_path: Path) -> None:
    server, user = parts(site)
    server = {"server": server["server"], "insecure-skip-tls-verify": True}

    with connected(kubeconfig(tmp_path / "config", server, user)) as cluster:
        assert site.namespace in names_of(cluster)


def test_an_authority_that_did_not_sign_is_told(site: Site, tmp_path: Path) -> None:
    server, user = parts(site)
    server = {"server": server["server"]}  # the system's authorities

    with pytest.raises(
        NetworkError, match=r"is not trusted: (self.signed|unable to get)"
    ) as caught:
        Cluster.connect(kubeconfig(tmp_path / "config", server, user))

    assert "certificate authority" in caught.value.remedy
