"""Where the way to a cluster is found: named files, the environment, or a pod's service account."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from cube_airgap.errors import MissingError, UsageError
from cube_airgap.file_range import read_head
from cube_install.kubernetes.access import ClusterAccess, without_user
from cube_install.kubernetes.credentials import TokenFile, user_credentials
from cube_install.kubernetes.kubeconfig import Kubeconfig

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cube_install.kubernetes.kubeconfig import Entry

_SERVICE_ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")
_LARGEST = 1 << 20


def find_access(
    kubeconfig: Path | None,
    context: str,
    environment: Mapping[str, str],
    service_account: Path = _SERVICE_ACCOUNT,
) -> ClusterAccess:
    """How to reach the cluster of `context`, or of the current one where it is empty.

    Without a `kubeconfig` the files in $KUBECONFIG count, then ~/.kube/config, then the service
    account of the pod that this runs in. Raises MissingError, UsageError.
    """
    files = [kubeconfig] if kubeconfig else _usual_files(environment)
    if files:
        return _from_files(Kubeconfig.read(files), context, environment)
    if "KUBERNETES_SERVICE_HOST" in environment and (service_account / "token").exists():
        return _in_cluster(environment, service_account)
    raise MissingError(
        "there is no kubeconfig: KUBECONFIG names none, and ~/.kube/config does not exist",
        remedy="name one with --kubeconfig; on a control plane node it is /etc/kubernetes/"
        "admin.conf (kubeadm), /etc/rancher/k3s/k3s.yaml or /etc/rancher/rke2/rke2.yaml",
    )


def _usual_files(environment: Mapping[str, str]) -> list[Path]:
    if named := environment.get("KUBECONFIG", ""):
        files = [Path(one).expanduser() for one in named.split(":") if one]
        # kubectl leaves out what is not there, unless nothing is left.
        return [one for one in files if one.exists()] or files
    usual = Path(environment.get("HOME", "~")).expanduser() / ".kube" / "config"
    return [usual] if usual.exists() else []


def _from_files(config: Kubeconfig, name: str, environment: Mapping[str, str]) -> ClusterAccess:
    context, cluster, user = config.context(name)
    server = cluster.text("server").rstrip("/")
    _check_url(cluster, server)
    proxy = cluster.text("proxy-url")
    if proxy:
        _check_proxy(cluster, proxy)
    return ClusterAccess(
        server=server,
        origin=context.origin,
        credentials=user_credentials(user, cluster, environment),
        ca=cluster.data("certificate-authority"),
        is_insecure=cluster.is_set("insecure-skip-tls-verify"),
        server_name=cluster.text("tls-server-name"),
        proxy=proxy,
        headers=_impersonation(user) if user else (),
    )


def _check_url(cluster: Entry, server: str) -> None:
    try:
        parts = urlsplit(server)
        is_right = parts.scheme in {"http", "https"} and parts.hostname and parts.port != 0
    except ValueError:
        is_right = False
    if not is_right:
        raise cluster.error(f"its server {_shown(server)!r} is no http(s) URL")


def _check_proxy(cluster: Entry, proxy: str) -> None:
    scheme = urlsplit(proxy).scheme
    if scheme not in {"http", "https"}:
        raise UsageError(
            f"kubeconfig {cluster.file}, cluster {cluster.name}: its proxy-url is no http(s) URL",
            remedy="give an HTTP proxy; in the place of a SOCKS proxy, ssh -L makes a port that "
            "can be the server, with the certificate's name in tls-server-name",
        )


def _shown(url: str) -> str:
    """`url` as it may be shown, also if it is none."""
    try:
        return without_user(url) if "://" in url else url
    except ValueError:
        return url.rpartition("@")[2]


def _impersonation(user: Entry) -> tuple[tuple[str, str], ...]:
    """The headers for acting as another user. Raises UsageError."""
    if user.fields.get("as-user-extra"):
        raise user.error("acting with as-user-extra is not supported")
    names = (("Impersonate-User", user.text("as")), ("Impersonate-Uid", user.text("as-uid")))
    groups = [("Impersonate-Group", str(one)) for one in user.fields.get("as-groups") or []]
    return (*((name, text) for name, text in names if text), *groups)


def _in_cluster(environment: Mapping[str, str], account: Path) -> ClusterAccess:
    host = environment["KUBERNETES_SERVICE_HOST"]
    port = environment.get("KUBERNETES_SERVICE_PORT", "443")
    shown = f"[{host}]" if ":" in host else host
    origin = "the service account of this pod"
    return ClusterAccess(
        server=f"https://{shown}:{port}",
        origin=origin,
        credentials=TokenFile(account / "token", origin),
        ca=read_head(account / "ca.crt", _LARGEST),
    )
