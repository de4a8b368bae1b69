"""Which error an API server's refusal is."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from cube_airgap.errors import AirgapError, AuthenticationError, NetworkError
from cube_install.kubernetes.refusals import (
    AdmissionError,
    AlreadyExistsError,
    ConflictError,
    FieldConflict,
    ForbiddenError,
    InvalidError,
    NamespaceTerminatingError,
    NotFoundError,
    NotServedError,
    OutdatedError,
    QuotaError,
    Right,
    ServerFailsError,
    WebhookAwayError,
    WebhookRefusedError,
    is_immutable,
)
from cube_install.kubernetes.status import told_cause

if TYPE_CHECKING:
    from collections.abc import Callable

    from cube_install.kubernetes.status import Reply, Status

_RIGHT = re.compile(
    r'cannot (?P<verb>\S+) (?P<what>resource|path) "(?P<resource>[^"]*)"'
    r'(?: in API group "(?P<group>[^"]*)")?(?: in the namespace "(?P<namespace>[^"]*)")?'
)
_MANAGER = re.compile(r'conflict with "(?P<manager>(?:[^"\\]|\\.)*)"')
_DENIED = re.compile(
    r'admission webhook "(?P<webhook>[^"]+)" denied the request(?:: )?(?P<told>.*)'
)
_AWAY = re.compile(r'failed calling webhook "(?P<webhook>[^"]+)"')
_TYPED_PATCH = re.compile(r"failed to create typed patch object(?: \(.*?\))?: (?P<told>.*)")
_ADMISSION = re.compile(
    r"violates PodSecurity|ValidatingAdmissionPolicy|MutatingAdmissionPolicy|"
    r"(?:minimum|maximum) (?:cpu|memory|storage) usage|error looking up service account"
)
_ETCD_FULL = "database space exceeded"
_TOO_LARGE = "request is too large"


def refusal(reply: Reply, what: str, host: str) -> AirgapError:
    """The error for a `reply` that is no success; `what` completes "refuses to"."""
    status = reply.status
    if reply.code == 401:
        return AuthenticationError(
            f"{host} does not accept the credentials to {what}",
            remedy="renew them in the kubeconfig",
        )
    if 300 <= reply.code < 400 or (status.is_plain and (reply.is_web_page or reply.code != 404)):
        return _no_api(reply, host, what)
    known = _BY_CODE.get(reply.code, _other)
    return known(status, what)


def _no_api(reply: Reply, host: str, what: str) -> AirgapError:
    if reply.code >= 500:
        return ServerFailsError(
            f"{host} fails to {what} (status {reply.code}): {reply.status.told}",
            reply.status,
            remedy="look at the API server and at a load balancer before it, then run the same "
            "command again",
        )
    return NetworkError(
        f"{host} answers with status {reply.code}, and not as a Kubernetes API server does",
        remedy="check the server's address in the kubeconfig; a proxy or sign-in page may answer "
        "in its place: check proxy-url, HTTPS_PROXY and NO_PROXY",
    )


def _not_found(status: Status, what: str) -> AirgapError:
    if status.is_plain or not status.kind:
        return NotServedError(
            f"the cluster cannot {what}: it serves no such kind",
            status,
            remedy="check the kind and its API version; the version may be too old or too new for "
            "this cluster, or the CustomResourceDefinition is missing",
        )
    if status.kind == "namespaces":
        return NotFoundError(
            f"the cluster cannot {what}: there is no namespace {status.name}",
            status,
            remedy="make the namespace first",
        )
    return NotFoundError(
        f"the cluster cannot {what}: {status.told}",
        status,
        remedy="check the name; it may have been deleted in the meantime",
    )


def _forbidden(status: Status, what: str) -> AirgapError:
    if any(cause.reason == "NamespaceTerminating" for cause in status.causes):
        return NamespaceTerminatingError(
            f"the cluster refuses to {what}: its namespace is being deleted",
            status,
            remedy="wait until the namespace is gone, then run the same command again; if it "
            "stays, its conditions tell what holds it back (kubectl get namespace NAME -o yaml), "
            "often an APIService without what is behind it (kubectl get apiservices)",
        )
    if right := _RIGHT.search(status.message):
        return _lacking(status, what, right)
    if is_immutable(status):
        return _invalid(status, what)
    if "exceeded quota" in status.message:
        return QuotaError(
            f"the cluster refuses to {what}: {status.told}",
            status,
            remedy="have the namespace's ResourceQuota raised, or delete what is not needed",
        )
    return _not_admitted(status, what)


def _lacking(status: Status, what: str, found: re.Match[str]) -> ForbiddenError:
    right = Right(found["verb"], found["resource"], found["group"] or "", found["namespace"] or "")
    return ForbiddenError(
        f"the cluster does not allow this user to {what} (lacks: {right})", status, right
    )


def _not_admitted(status: Status, what: str) -> AirgapError:
    if denied := _DENIED.search(status.message):
        told = replace(status, message=denied["told"].strip()).told
        return WebhookRefusedError(
            f"the webhook {denied['webhook']} refuses to let this command {what}: {told}",
            status,
            webhook=denied["webhook"],
            told=told,
        )
    return AdmissionError(
        f"the cluster does not admit this command to {what}: {status.told}",
        status,
        remedy="change the cluster's rule that it names, or what it complains of",
    )


def _conflict(status: Status, what: str) -> AirgapError:
    conflicts = tuple(
        FieldConflict(found["manager"], cause.field.removeprefix("."))
        for cause in status.causes
        if cause.reason == "FieldManagerConflict"
        if (found := _MANAGER.search(cause.message))
    )
    if conflicts:
        shown = ", ".join(f"{one.field} ({one.manager})" for one in conflicts[:5])
        more = f" and {len(conflicts) - 5} more" if len(conflicts) > 5 else ""
        return ConflictError(
            f"the cluster refuses to {what}: others manage {shown}{more}", status, conflicts
        )
    if status.reason == "AlreadyExists":
        return AlreadyExistsError(
            f"the cluster refuses to {what}: {status.told}",
            status,
            remedy="use another name, or delete it first",
        )
    return OutdatedError(
        f"the cluster refuses to {what}: it was changed in the meantime",
        status,
        remedy="run the same command again",
    )


def _invalid(status: Status, what: str) -> AirgapError:
    if _ADMISSION.search(status.message) or _DENIED.search(status.message):
        return _not_admitted(status, what)
    told = [told_cause(cause) for cause in status.causes] or [_without_name(status)]
    if is_immutable(status):
        return InvalidError(
            f"the cluster cannot {what}: {'; '.join(told)}",
            status,
            remedy="this cannot be changed in place: keep it as it was, or delete the object after "
            "making sure that its data is safe",
            causes=status.causes,
        )
    return InvalidError(
        f"the cluster cannot {what}: {'; '.join(told)}",
        status,
        remedy="correct these fields",
        causes=status.causes,
    )


def _without_name(status: Status) -> str:
    """The message without the object's kind and name, which `what` tells already."""
    _, _, rest = status.message.partition(" is forbidden: ")
    return replace(status, message=rest or status.message).told


def _bad_request(status: Status, what: str) -> AirgapError:
    if _DENIED.search(status.message):
        return _not_admitted(status, what)
    return InvalidError(
        f"the cluster cannot {what}: {status.told}", status, remedy="correct the object"
    )


def _other(status: Status, what: str) -> AirgapError:
    if typed := _TYPED_PATCH.search(status.message):
        return InvalidError(
            f"the cluster cannot {what}: {replace(status, message=typed['told']).told}",
            status,
            remedy="correct the field's name or type, or take out what this version of Kubernetes "
            "does not know",
        )
    if away := _AWAY.search(status.message):
        return WebhookAwayError(
            f"the cluster cannot {what}, since the webhook {away['webhook']} cannot be asked: "
            f"{status.told}",
            status,
            webhook=away["webhook"],
        )
    if _DENIED.search(status.message):
        return _not_admitted(status, what)
    return ServerFailsError(
        f"the cluster fails to {what} (status {status.code}): {status.told}",
        status,
        remedy=_failing(status),
    )


def _failing(status: Status) -> str:
    if _ETCD_FULL in status.message:
        return "etcd is full: compact and defragment it, and clear its alarm"
    if _TOO_LARGE in status.message or status.code == 413:
        return "an object is larger than the API server and etcd take (1.5 MiB): make it smaller"
    return "the log of the API server tells more; then run the same command again"


_BY_CODE: dict[int, Callable[[Status, str], AirgapError]] = {
    400: _bad_request,
    403: _forbidden,
    404: _not_found,
    409: _conflict,
    422: _invalid,
}
