"""What goes wrong on the way to an API server, translated once from the libraries' exceptions."""

from __future__ import annotations

import http.client
import socket
import ssl
from typing import TYPE_CHECKING

import urllib3.exceptions as u3

from cube_airgap.errors import AuthenticationError, NetworkError
from cube_airgap.registry.faults import causes_of, told_shortly
from cube_install.kubernetes.patience import PassingFault

if TYPE_CHECKING:
    from cube_airgap.errors import AirgapError
    from cube_install.kubernetes.access import ClusterAccess

_EXPIRED, _NOT_YET_VALID = 10, 9  # OpenSSL, x509_vfy.h
_OTHER_NAMES = {62, 64}
# What OpenSSL makes of an answer that is no TLS.
_NO_TLS = {"WRONG_VERSION_NUMBER", "HTTP_REQUEST", "RECORD_LAYER_FAILURE"}
# Alerts by which a server says that it does not like the certificate it is shown.
_CERTIFICATE_ALERTS = ("CERTIFICATE", "UNKNOWN_CA", "ACCESS_DENIED")


def translated(error: Exception, access: ClusterAccess, patience: float) -> Exception:
    """What `error` means for a request to `access`: an AirgapError, or a PassingFault."""
    causes = list(causes_of(error))
    for cause in causes:
        if isinstance(cause, ssl.SSLError) and (fault := _tls_fault(cause, access)):
            return fault
    if any(isinstance(cause, u3.ProxyError) for cause in causes):
        return PassingFault(_proxy_fails(access, causes), patience=patience)
    for cause in causes:
        if told := _unreached(cause):
            return PassingFault(_away(access, told), patience=patience)
    return PassingFault(_away(access, _broken(causes)), patience=patience, is_lost=True)


def _away(access: ClusterAccess, why: str) -> NetworkError:
    return NetworkError(
        f"the API server {access.shown} {why}",
        remedy=f"check that it runs and can be reached from here, and that {access.origin} is the "
        "cluster that is meant; then run the same command again",
    )


def _tls_fault(cause: ssl.SSLError, access: ClusterAccess) -> AirgapError | None:
    if isinstance(cause, ssl.SSLCertVerificationError):
        return _not_trusted(cause, access)
    reason = cause.reason or ""
    if reason in _NO_TLS:
        return NetworkError(
            f"{access.shown} speaks plain HTTP where TLS is expected",
            remedy="check the port of server in the kubeconfig",
        )
    if "ALERT" not in reason:
        return None
    if any(sign in reason for sign in _CERTIFICATE_ALERTS):
        return AuthenticationError(
            f"the API server {access.shown} does not accept the client certificate of "
            f"{access.credentials.origin}",
            remedy="it may have expired, or be of another cluster: get a new kubeconfig from the "
            "cluster's administrator",
        )
    return NetworkError(
        f"the API server {access.shown} refuses TLS: {reason.lower().replace('_', ' ')}",
        remedy="check the port of server in the kubeconfig, and whether it wants a client "
        "certificate",
    )


def _not_trusted(cause: ssl.SSLCertVerificationError, access: ClusterAccess) -> NetworkError:
    what = f"the certificate of the API server {access.shown} is not trusted"
    if cause.verify_code in {_EXPIRED, _NOT_YET_VALID}:
        when = "has expired" if cause.verify_code == _EXPIRED else "is not valid yet"
        return NetworkError(
            f"{what}: it {when}",
            remedy="check the clock of this host and of the server; if they are right, have the "
            "certificate renewed (kubeadm certs renew all)",
        )
    if cause.verify_code in _OTHER_NAMES:
        return NetworkError(
            f"{what}: {cause.verify_message}",
            remedy="use an address that the certificate names, or set tls-server-name in the "
            "kubeconfig to one of its names",
        )
    return NetworkError(
        f"{what}: {cause.verify_message}",
        remedy=f"correct the certificate authority of {access.origin}: it has to be this "
        "cluster's CA (/etc/kubernetes/pki/ca.crt on a control plane node)",
    )


def _unreached(cause: BaseException) -> str:
    if isinstance(cause, socket.gaierror | u3.NameResolutionError):
        return "cannot be found: its name cannot be resolved"
    if isinstance(cause, u3.ConnectTimeoutError) and not isinstance(cause, u3.NewConnectionError):
        return "does not answer"
    if isinstance(cause, u3.NewConnectionError | ConnectionRefusedError):
        return f"cannot be connected to: {told_shortly(cause)}"
    return ""


def _broken(causes: list[BaseException]) -> str:
    if any(isinstance(cause, u3.ReadTimeoutError) for cause in causes):
        return "does not answer a request in time"
    if any(isinstance(cause, http.client.IncompleteRead) for cause in causes):
        return "ends its answer too early"
    return f"breaks the connection: {told_shortly(causes[-1])}"


def _proxy_fails(access: ClusterAccess, causes: list[BaseException]) -> NetworkError:
    return NetworkError(
        f"the proxy on the way to the API server {access.shown} fails: {told_shortly(causes[-1])}",
        remedy="check proxy-url in the kubeconfig, or HTTPS_PROXY, and name hosts to be reached "
        "without a proxy in NO_PROXY",
    )
