"""One cluster's API: a call goes out until it is answered for good."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from cube_airgap.errors import NetworkError
from cube_airgap.registry.retries import retry_after
from cube_install.kubernetes.classification import refusal
from cube_install.kubernetes.patience import PassingFault, Retries
from cube_install.kubernetes.refused_identity import refused_identity
from cube_install.kubernetes.transport import Request, Transport

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cube_install.kubernetes.access import ClusterAccess
    from cube_install.kubernetes.patience import Patience
    from cube_install.kubernetes.status import Reply, Status

_AWAY = {429, 502, 503, 504}
_NOT_BEGUN = {409, 429}
# etcd, api/v3rpc/rpctypes: a member that is overrun or lost its leader, which the API server
# passes on as an error of its own.
_ETCD_PASSING = re.compile(
    r"etcdserver: (?:leader changed|request timed out|no leader|not leader|too many requests)"
)
_WEBHOOK = "failed calling webhook"


@dataclass(frozen=True)
class Call:
    """A call; `what` completes "refuses to" in errors, for instance "apply Secret infra/s".

    `is_overtaken` is set where others' changes may come in between, and the same call is right all
    the same.
    """

    method: str
    path: str
    what: str
    query: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = field(default=None, repr=False)
    content_type: str = "application/json"
    is_overtaken: bool = False

    @property
    def request(self) -> Request:
        """What is sent."""
        query = f"?{urlencode(self.query)}" if self.query else ""
        return Request(self.method, f"{self.path}{query}", self.body, self.content_type)


class Api:
    """Safe to use from several threads."""

    def __init__(self, access: ClusterAccess, patience: Patience) -> None:
        self.access = access
        self.retries = Retries(patience)
        self._transport = Transport(access, patience)

    def ask(self, call: Call) -> Reply:
        """The reply, if the server did what `call` asks for.

        What may pass is tried again for as long as the patience says. Raises the errors of
        refusals.py, NetworkError, AuthenticationError, UsageError.
        """
        return self.retries.run(lambda: self.tried(call))

    def body(self, call: Call) -> dict[str, Any]:
        """The object in the reply. Raises as ask() does."""
        return self.read(self.ask(call))

    def read(self, reply: Reply) -> dict[str, Any]:
        """The object in a reply. Raises NetworkError."""
        try:
            return reply.body
        except (ValueError, RecursionError):
            raise NetworkError(
                f"{self.access.shown} answers with something else than JSON",
                remedy="check the server's address in the kubeconfig; a proxy may answer in its "
                "place",
            ) from None

    def tried(self, call: Call) -> Reply:
        """As ask(), but raises PassingFault for what may pass."""
        reply = self._sent(call)
        if 200 <= reply.code < 300:
            return reply
        error = refusal(reply, call.what, self.access.shown)
        seconds = self._bearable(reply.status, call)
        if seconds is None:
            raise error
        wait = retry_after(reply.headers.get("retry-after", ""))
        is_lost = reply.code not in _NOT_BEGUN
        raise PassingFault(error, patience=seconds, wait=wait, is_lost=is_lost)

    def _sent(self, call: Call) -> Reply:
        credentials = self.access.credentials
        identity = credentials.identity()
        reply = self._transport.send(call.request, identity)
        if reply.code == 401 and credentials.renew(identity):
            identity = credentials.identity()
            reply = self._transport.send(call.request, identity)
        if reply.code == 401:
            raise refused_identity(reply, self.access, identity)
        return reply

    def _bearable(self, status: Status, call: Call) -> float | None:
        """For how many seconds to try again; None where that would be of no use."""
        patience = self.retries.patience
        is_fault = status.code == 500
        if status.code in _AWAY or (is_fault and _ETCD_PASSING.search(status.message)):
            return patience.outage
        if is_fault and _WEBHOOK in status.message:
            return patience.webhook
        if status.code == 409 and status.reason == "Conflict" and call.is_overtaken:
            return None if status.causes else patience.outdated
        return None

    def close(self) -> None:
        """End every wait and close the connections."""
        self.retries.stop()
        self._transport.close()
