"""TLS towards an API server: whom to trust, and the certificate to show."""

from __future__ import annotations

import os
import ssl
from typing import TYPE_CHECKING

from cube_airgap.errors import UsageError

if TYPE_CHECKING:
    from cube_install.kubernetes.access import ClientCertificate, ClusterAccess


def tls_context(access: ClusterAccess, certificate: ClientCertificate | None) -> ssl.SSLContext:
    """The context for connections to `access`. Raises UsageError for unusable certificates."""
    context = _trusting(access)
    # Python 3.13 wants key identifiers, which CAs of clusters often lack; kubectl does not.
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    if access.is_insecure:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    if certificate:
        _load(context, certificate, access)
    return context


def _trusting(access: ClusterAccess) -> ssl.SSLContext:
    if not access.ca:
        return ssl.create_default_context()
    # There may be comments beside them, in any language.
    text = access.ca.decode("ascii", "ignore")
    try:
        return ssl.create_default_context(cadata=text or "nothing")
    except (ssl.SSLError, ValueError):
        raise UsageError(
            f"the certificate authority of {access.origin} is no certificate in PEM format",
            remedy="correct certificate-authority or certificate-authority-data in the kubeconfig",
        ) from None


def _load(context: ssl.SSLContext, certificate: ClientCertificate, access: ClusterAccess) -> None:
    """Load the certificate by a file in memory: the key reaches no disk."""
    descriptor = os.memfd_create("client-certificate")
    try:
        with os.fdopen(descriptor, "wb", closefd=False) as file:
            file.write(certificate.chain + b"\n" + certificate.key)
        # A password prompt would stop the command for ever.
        context.load_cert_chain(f"/proc/self/fd/{descriptor}", password=_no_password)
    except (ssl.SSLError, ValueError, OSError) as error:
        raise UsageError(
            f"the client certificate of {access.credentials.origin} cannot be used: {_why(error)}",
            remedy="get a new one from the cluster's administrator (kubeadm kubeconfig user); its "
            "key must not have a password",
        ) from None
    finally:
        os.close(descriptor)


def _no_password() -> str:
    raise ValueError("its key has a password")


def _why(error: Exception) -> str:
    if isinstance(error, ssl.SSLError) and error.reason == "KEY_VALUES_MISMATCH":
        return "its key belongs to another certificate"
    if isinstance(error, ssl.SSLError):
        return "it is no certificate with its key in PEM format"
    return str(error)
