"""A cluster's refusals as errors, by what has to be done about them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cube_airgap.errors import ClusterError

if TYPE_CHECKING:
    from cube_install.kubernetes.status import Cause, Status


class RefusalError(ClusterError):
    """A request that the API server did not fulfil; `status` is what it said."""

    def __init__(self, what: str, status: Status, *, remedy: str) -> None:
        super().__init__(what, remedy=remedy)
        self.status = status


class NotServedError(RefusalError):
    """The cluster has no such kind, or not in that version, or not yet."""


class NotFoundError(RefusalError):
    """The object, or the namespace that it is to be in, does not exist."""


@dataclass(frozen=True, slots=True)
class FieldConflict:
    """A field that another field manager owns with another value."""

    manager: str
    field: str


class ConflictError(RefusalError):
    """Other field managers own fields that were to be set."""

    def __init__(self, what: str, status: Status, conflicts: tuple[FieldConflict, ...]) -> None:
        super().__init__(
            what, status, remedy="stop what else manages these fields, or leave them to it"
        )
        self.conflicts = conflicts


class OutdatedError(RefusalError):
    """The object was changed, or replaced by another of its name, since it was read."""


class AlreadyExistsError(RefusalError):
    """There is an object of that name; it may be about to go."""


class InvalidError(RefusalError):
    """The object is not as its kind has to be, or changes what cannot be changed."""

    def __init__(
        self, what: str, status: Status, *, remedy: str, causes: tuple[Cause, ...] = ()
    ) -> None:
        super().__init__(what, status, remedy=remedy)
        self.causes = causes

    @property
    def is_immutable(self) -> bool:
        """Whether it would be accepted if there were no such object yet."""
        return is_immutable(self.status)


class ForbiddenError(RefusalError):
    """The user that asks lacks a right."""

    def __init__(self, what: str, status: Status, right: Right) -> None:
        super().__init__(what, status, remedy=right.remedy)
        self.right = right


@dataclass(frozen=True, slots=True)
class Right:
    """What a user would have to be allowed; `namespace` is empty for the whole cluster."""

    verb: str
    resource: str
    group: str = ""
    namespace: str = ""

    def __str__(self) -> str:
        group = f".{self.group}" if self.group else ""
        place = f" in namespace {self.namespace}" if self.namespace else ""
        return f"{self.verb} {self.resource}{group}{place}"

    @property
    def remedy(self) -> str:
        """How a cluster's administrator gives it, as a rule of a (Cluster)Role."""
        role = f"Role in {self.namespace}" if self.namespace else "ClusterRole"
        return (
            f"use a kubeconfig of a cluster administrator, or have a {role} give this user: "
            f'{{apiGroups: ["{self.group}"], resources: ["{self.resource}"], '
            f'verbs: ["{self.verb}"]}}'
        )


class NamespaceTerminatingError(RefusalError):
    """The namespace is being deleted, so nothing new can be in it."""


class QuotaError(RefusalError):
    """A quota of the namespace is used up."""


class AdmissionError(RefusalError):
    """A rule of the cluster, beyond the kind's own, refuses the object."""


class WebhookRefusedError(AdmissionError):
    """An admission webhook refuses the object, in the words `told`."""

    def __init__(self, what: str, status: Status, *, webhook: str, told: str) -> None:
        super().__init__(
            what,
            status,
            remedy=f"change what it complains of, or ask who runs the webhook {webhook}",
        )
        self.webhook = webhook
        self.told = told


class WebhookAwayError(RefusalError):
    """An admission webhook that must be asked cannot be."""

    def __init__(self, what: str, status: Status, *, webhook: str) -> None:
        super().__init__(
            what,
            status,
            remedy=f"bring up what is behind the webhook {webhook} (its Service and pods), or "
            "delete its webhook configuration if it is a leftover, then run the same command again",
        )
        self.webhook = webhook


class ServerFailsError(RefusalError):
    """The API server, or something behind it, does not work."""


# Kubernetes 1.25 to 1.36, in the order of: selectors, Jobs, Secrets; claims, volumes; Services;
# PriorityClasses; StorageClasses, StatefulSets; role bindings; sizes of claims.
_IMMUTABLE = (
    "field is immutable",
    "immutable after creation",
    "may not change once set",
    "may not be changed in an update",
    "are forbidden",
    "cannot change roleref",
    "only dynamically provisioned pvc can be resized",
    "field can not be less than",
)


def is_immutable(status: Status) -> bool:
    """Whether a refusal is about a change alone, and not about the object as such."""
    told = [cause.message for cause in status.causes] or [status.message]
    return all(any(sign in text.lower() for sign in _IMMUTABLE) for text in told)
