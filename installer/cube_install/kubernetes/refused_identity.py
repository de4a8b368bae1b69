"""Why an API server may not accept an identity: what its certificate or token says of its time."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

from cube_airgap.errors import AuthenticationError
from cube_install.kubernetes.access import Identity
from cube_install.kubernetes.certificate_dates import valid_until

if TYPE_CHECKING:
    from cube_install.kubernetes.access import ClusterAccess
    from cube_install.kubernetes.status import Reply

_SKEW = timedelta(minutes=5)
_RENEW_CERTIFICATE = (
    "get a new kubeconfig from the cluster's administrator; kubeadm certs renew admin.conf, on a "
    "control plane node, renews the one there"
)
_RENEW_TOKEN = "get a new token, and put it into the kubeconfig"  # noqa: S105 - a remedy


def refused_identity(
    reply: Reply, access: ClusterAccess, identity: Identity
) -> AuthenticationError:
    """The error for an answer with status 401, as exact as can be told from here."""
    origin, server = access.credentials.origin, access.shown
    if identity == Identity():
        return AuthenticationError(
            f"the API server {server} wants credentials, and there are none ({access.origin})",
            remedy="use a kubeconfig, or a context of it, that has a user",
        )
    here = datetime.now(UTC)
    there = _time_of(reply) or here
    remedy = _RENEW_TOKEN if identity.authorization else _RENEW_CERTIFICATE
    until = _end_of(identity)
    if until is not None and until <= there:
        why = f"it expired at {_told(until)}"
    elif abs(there - here) > _SKEW:
        why = f"its clock says {_told(there)}, the one of this host {_told(here)}"
        remedy = "set the clocks right, then run the same command again"
    else:
        why = "it may have expired, have been withdrawn, or be of another cluster"
    shown = "token" if identity.authorization else "client certificate"
    return AuthenticationError(
        f"the API server {server} does not accept the {shown} of {origin}: {why}", remedy=remedy
    )


def _told(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"


def _time_of(reply: Reply) -> datetime | None:
    try:
        moment = parsedate_to_datetime(reply.headers.get("date", ""))
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _end_of(identity: Identity) -> datetime | None:
    if identity.authorization:
        return _token_until(identity.authorization)
    return valid_until(identity.certificate.chain) if identity.certificate else None


def _token_until(header: str) -> datetime | None:
    """The `exp` of a token that is a JWT (RFC 7519, 4.1.4)."""
    parts = header.removeprefix("Bearer ").split(".")
    if len(parts) != 3:
        return None
    try:
        claims = json.loads(base64.urlsafe_b64decode(parts[1] + "=="))
        return datetime.fromtimestamp(claims["exp"], UTC)
    except (ValueError, LookupError, TypeError, OverflowError, OSError):
        return None
