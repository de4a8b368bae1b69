"""What of a cluster runs or may start something: built-in kinds, and every custom one."""

from __future__ import annotations

import json
from contextlib import suppress
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from cube_airgap.built_in_kinds import BUILT_IN_GROUPS
from cube_airgap.each import each, each_shown
from cube_airgap.errors import AirgapError, ClusterError, IntegrityError
from cube_install.deploy.record.record import Record
from cube_install.deploy.record.revision import kept
from cube_install.kubernetes.object_key import ObjectKey
from cube_install.kubernetes.refusals import ForbiddenError
from cube_install.prune.endings import is_over

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from cube_airgap.progress import Progress
    from cube_install.deploy.body import Body
    from cube_install.kubernetes.cluster import Cluster
    from cube_install.kubernetes.discovery import ApiKind
    from cube_install.prune.mentions import Mentions

_BUILT_IN = {
    "": {"Pod", "PodTemplate", "ReplicationController", "ConfigMap"},
    "apps": {"Deployment", "StatefulSet", "DaemonSet", "ReplicaSet"},
    "batch": {"Job", "CronJob"},
}
# Groups of Kubernetes' own and of what is measured: nothing of them starts anything.
_IDLE = BUILT_IN_GROUPS | {
    "authentication.k8s.io",
    "authorization.k8s.io",
    "certificates.k8s.io",
    "coordination.k8s.io",
    "custom.metrics.k8s.io",
    "discovery.k8s.io",
    "events.k8s.io",
    "extensions",
    "external.metrics.k8s.io",
    "flowcontrol.apiserver.k8s.io",
    "internal.apiserver.k8s.io",
    "metrics.k8s.io",
    "node.k8s.io",
    "resource.k8s.io",
    "storagemigration.k8s.io",
}


def read_cluster(
    cluster: Cluster,
    mentions: Mentions,
    skipped: Sequence[str],
    jobs: int,
    progress: Progress,
) -> tuple[AirgapError, ...]:
    """Take in every object that may start something, but of kinds called as `skipped` has it.

    Returned is what could not be looked at. Raises NetworkError, AuthenticationError.
    """
    unseen: list[tuple[str, ClusterError]] = []
    kinds = [one for one in _kinds(cluster, jobs, unseen) if not _is_one_of(skipped, one.name)]

    def look(kind: ApiKind) -> Mentions:
        found = mentions.empty()
        try:
            for body in cluster.list(kind.group, kind.kind):
                if not is_over(body):
                    found.add(str(ObjectKey.of(body)), _text(body))
        except ClusterError as error:
            unseen.append((kind.name, error))
        return found

    for found in each_shown(kinds, look, jobs, progress):
        mentions.merge(found)
    # A group that cannot be asked is one of them where all of its kinds are.
    missed = (one for one in unseen if not _is_one_of(skipped, one[0]))
    return tuple(_told(sorted(missed, key=lambda one: one[0])))


def _is_one_of(skipped: Sequence[str], name: str) -> bool:
    return any(fnmatchcase(name, one) for one in skipped)


def _kinds(cluster: Cluster, jobs: int, unseen: list[tuple[str, ClusterError]]) -> list[ApiKind]:
    """The kinds to look at, those of Kubernetes' own first."""

    def of(group: str) -> tuple[ApiKind, ...]:
        try:
            return cluster.kinds(group)
        except ClusterError as error:
            unseen.append((f"*.{group}", error))
            return ()

    groups = [*_BUILT_IN, *(one for one in cluster.groups() if one not in _IDLE)]
    found = [kind for kinds in each(groups, of, jobs) for kind in kinds]
    return [
        kind
        for kind in found
        if "list" in kind.verbs and kind.kind in _BUILT_IN.get(kind.group, {kind.kind})
    ]


def _text(body: Body) -> str:
    metadata = {name: one for name, one in body["metadata"].items() if name != "managedFields"}
    return json.dumps({**body, "metadata": metadata}, ensure_ascii=False)


def _told(unseen: Sequence[tuple[str, ClusterError]]) -> Iterator[AirgapError]:
    forbidden = [name for name, error in unseen if isinstance(error, ForbiddenError)]
    if forbidden:
        yield ClusterError(
            f"the cluster does not allow this user to list {', '.join(forbidden)}, so it is not "
            "known which images they name",
            remedy="use a kubeconfig of a cluster administrator, or have a ClusterRole give this "
            "user the verb list for them; kinds that name no image can be left out with "
            "--skip-kind",
        )
    for name, error in unseen:
        if not isinstance(error, ForbiddenError):
            yield ClusterError(
                f"which images {name} names is not known: {error.what}",
                remedy=f"{error.remedy}; or, if it names none, leave it out: --skip-kind '{name}'",
            )


def read_revisions(
    cluster: Cluster, mentions: Mentions, count: int | None
) -> tuple[AirgapError, ...]:
    """Take in the revisions that a rollback can go back to, or the last `count` and the last whole.

    Returned is what could not be read of them. Raises NetworkError, AuthenticationError.
    """
    try:
        record = Record.read(cluster)
        revisions = record.revisions if count is None else kept(record.revisions, count)
        for revision in reversed(revisions):
            # A damaged one cannot come back, so it needs nothing.
            with suppress(IntegrityError):
                for component in record.stack(revision).components:
                    for one in component.objects:
                        where = f"revision {revision.number}, kept for a rollback,"
                        mentions.add(where, _text(one.body))
    except (ClusterError, IntegrityError) as error:
        return (error,)
    return ()
