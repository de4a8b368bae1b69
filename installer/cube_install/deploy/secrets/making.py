"""Making the secrets of a stack where they are absent; what is there is never overwritten."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cube_airgap.each import each
from cube_install.deploy.body import Body, part
from cube_install.deploy.ownership import OUR_LABELS
from cube_install.deploy.secrets.content import complete, content_of, encoded, literal_in
from cube_install.deploy.secrets.hiding import unknown_to_others
from cube_install.kubernetes.object_key import ObjectKey
from cube_install.kubernetes.refusals import AlreadyExistsError
from cube_install.stack.rendered import workload_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cube_airgap.stack_entries import Adopted, SecretRule
    from cube_harbor.secret import Secret
    from cube_install.kubernetes.cluster import Cluster

_ABOUT = "cube-airgap/about"
_JOBS = 8


@dataclass
class SecretMaker:
    """Makes secrets; `made` has the names of those that were, and `hidden` what nobody may see.

    `differing` names secrets whose content is not the same in all their namespaces.
    """

    cluster: Cluster
    made: list[str] = field(default_factory=list)
    differing: list[str] = field(default_factory=list)
    hidden: list[Secret] = field(default_factory=list, repr=False)

    def make(self, wanted: SecretRule) -> None:
        """See that it is in each of its namespaces, with all its keys. Raises AirgapError."""
        there = {place: self.cluster.get(_key(wanted, place)) for place in wanted.namespaces}
        found = [body for body in there.values() if body is not None]
        content = complete(wanted, found, self._adopted)
        self.hidden += unknown_to_others(wanted, content)
        for place, body in there.items():
            found_now = body or self._created(wanted, place, content)
            self._complete(wanted, place, found_now, content)

    def _adopted(self, adopted: Adopted) -> Secret | None:
        workload = self.cluster.get(workload_of(adopted))
        return literal_in(workload, adopted.env) if workload else None

    def _created(self, wanted: SecretRule, place: str, content: dict[str, Secret]) -> Body:
        metadata = {
            "name": wanted.name,
            "namespace": place,
            "labels": OUR_LABELS,
            "annotations": {_ABOUT: wanted.about},
        }
        body = {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": metadata,
            "type": wanted.kind,
            "data": encoded(content),
        }
        try:
            self.cluster.create(body)
        except AlreadyExistsError:
            return self.cluster.get(_key(wanted, place)) or body
        self.made.append(f"{place}/{wanted.name}")
        return body

    def _complete(
        self, wanted: SecretRule, place: str, body: Body, content: dict[str, Secret]
    ) -> None:
        has = part(body, "data")
        lacking = {key: one for key, one in content.items() if key not in has}
        if lacking:
            self.cluster.patch(_key(wanted, place), {"data": encoded(lacking)})
            self.made.append(f"{place}/{wanted.name} ({', '.join(sorted(lacking))})")
        kept = content_of(body)
        if any(kept[key] != content[key] for key in content if key in kept):
            self.differing.append(f"{place}/{wanted.name}")


def hidden_in(cluster: Cluster, secrets: Iterable[SecretRule]) -> tuple[Secret, ...]:
    """What nobody may see of a stack's secrets on a cluster. Raises AirgapError."""
    places = [(wanted, place) for wanted in secrets for place in wanted.namespaces]
    found = each(places, lambda one: cluster.get(_key(*one)) or {}, _JOBS)
    return tuple(
        one
        for (wanted, _), body in zip(places, found, strict=True)
        for one in unknown_to_others(wanted, content_of(body))
    )


def _key(wanted: SecretRule, place: str) -> ObjectKey:
    return ObjectKey("", "Secret", place, wanted.name)


def secret_command(place: str, name: str, key: str) -> str:
    """The command by which an administrator reads one key."""
    return (
        f"kubectl -n {place} get secret {name} -o go-template="
        f'\'{{{{index .data "{key}" | base64decode}}}}{{{{"\\n"}}}}\''
    )
