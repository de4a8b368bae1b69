"""A rendered stack: all objects as they go to a cluster, by component, and where each came from."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from cube_install.kubernetes.object_key import ObjectKey

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cube_airgap.digest import Digest
    from cube_airgap.stack_entries import Adopted, SecretRule


@dataclass(frozen=True)
class RenderedObject:
    """`body` is what is applied; `origin` is FILE:LINE of the stack, for people.

    `served_as`, where not empty, are API versions by preference: the first that the server has is
    taken, and where it has none the object is left out.
    """

    body: dict[str, Any]
    origin: str
    served_as: tuple[str, ...] = ()

    @cached_property
    def key(self) -> ObjectKey:
        """Which object it is."""
        return ObjectKey.of(self.body)


@dataclass(frozen=True)
class RenderedComponent:
    """Objects that belong together, in the order of their files.

    `needs` are names of components that have to be up before. `awaited` are objects that others
    make and that have to be up too. All of it has `deadline` seconds.
    """

    name: str
    about: str
    objects: tuple[RenderedObject, ...]
    needs: tuple[str, ...] = ()
    awaited: tuple[ObjectKey, ...] = ()
    deadline: int = 600
    keeps: bool = False


@dataclass(frozen=True)
class RenderedStack:
    """What one bundle makes of one site.

    `components` come in an order that respects their needs. `secrets` have their texts filled in.
    `pull_secret` is the name of the image pull secret; deploying makes it in all `namespaces`.
    """

    name: str
    platform: str
    bundle: Digest
    registry: str
    components: tuple[RenderedComponent, ...]
    secrets: tuple[SecretRule, ...] = ()
    pull_secret: str = "hubsecret"  # noqa: S105 - its name
    values: Mapping[str, str | int | bool] = field(default_factory=dict)

    @cached_property
    def objects(self) -> tuple[RenderedObject, ...]:
        """The objects of all components, in their order."""
        return tuple(one for component in self.components for one in component.objects)

    @property
    def keys(self) -> set[ObjectKey]:
        """Which objects it has."""
        return {one.key for one in self.objects}

    @property
    def registry_host(self) -> str:
        """HOST[:PORT] of the site's registry."""
        return self.registry.partition("/")[0]

    @property
    def made_namespaces(self) -> tuple[str, ...]:
        """The namespaces among its objects."""
        return tuple(key.name for key in self.keys if (key.group, key.kind) == ("", "Namespace"))

    @cached_property
    def namespaces(self) -> tuple[str, ...]:
        """All namespaces that its objects are in or make, sorted."""
        found = {key.namespace for key in self.keys}
        return tuple(sorted({*found, *self.made_namespaces} - {""}))


def workload_of(adopted: Adopted) -> ObjectKey:
    """The workload that has a secret as a literal."""
    return ObjectKey("apps", adopted.kind, adopted.namespace, adopted.name)
