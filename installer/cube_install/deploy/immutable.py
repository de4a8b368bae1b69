"""Changes that no API server accepts, in the words of those who have to decide about them.

Nothing is deleted to make room for them, but Jobs that ran: the data and the running pods of a site
are worth more than a setting.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cube_airgap.errors import ClusterError

if TYPE_CHECKING:
    from cube_install.kubernetes.object_key import ObjectKey
    from cube_install.kubernetes.refusals import InvalidError
    from cube_install.stack.rendered import RenderedObject

_SPACE = (
    "its data stay where they are only if it does: keep the old value in site.yaml; or move the "
    "data, delete the claim and the volume by hand, and deploy again"
)
_REMEDIES = {
    "PersistentVolume": _SPACE,
    "PersistentVolumeClaim": _SPACE,
    "StatefulSet": "delete it by hand and deploy again: its pods stop meanwhile, its claims stay",
    "Deployment": "delete it by hand and deploy again: its pods stop meanwhile",
    "DaemonSet": "delete it by hand and deploy again: its pods stop meanwhile",
    "PriorityClass": "delete it by hand and deploy again: pods that run keep their priority",
    "StorageClass": "delete it by hand and deploy again: volumes that it made stay",
    "RoleBinding": "delete it by hand and deploy again: its rights are gone meanwhile",
    "ClusterRoleBinding": "delete it by hand and deploy again: its rights are gone meanwhile",
}


def explained(one: RenderedObject, error: InvalidError) -> ClusterError:
    """The refusal with what cannot be changed, and what may be done."""
    fields = ", ".join(dict.fromkeys(cause.field for cause in error.causes if cause.field))
    what = f"{one.key} ({one.origin}) is there, and its {fields or 'content'} cannot be changed"
    remedy = _REMEDIES.get(one.key.kind, "delete it by hand and deploy again")
    return ClusterError(f"{what}: {error.what}", remedy=f"{remedy} ({_command(one.key)})")


def _command(key: ObjectKey) -> str:
    place = f"-n {key.namespace} " if key.namespace else ""
    return f"kubectl {place}delete {key.kind.lower()} {key.name}"
