"""The objects of a stack's components, as they are applied."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cube_airgap.errors import AirgapError, UsageError, collected_in, raise_all
from cube_airgap.yaml_objects import objects_in
from cube_install.kubernetes.object_key import ObjectKey
from cube_install.render.config_maps import config_map
from cube_install.render.image_admission import SERVED_AS, admission_objects
from cube_install.render.pod_templates import add_config_hash, add_pull_secret, content_hash
from cube_install.stack.rendered import RenderedComponent, RenderedObject

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from cube_airgap.reference import Reference
    from cube_airgap.stack import Stack
    from cube_airgap.stack_entries import AwaitedObject, Component

MANAGED_BY = "cube-airgap"
COMPONENT_LABEL = "cube-airgap/component"
_IN_A_NAMESPACE = {
    "ConfigMap", "CronJob", "DaemonSet", "Deployment", "Endpoints", "HorizontalPodAutoscaler",
    "Ingress", "Job", "LimitRange", "NetworkPolicy", "PersistentVolumeClaim", "Pod",
    "PodDisruptionBudget", "ReplicaSet", "ResourceQuota", "Role", "RoleBinding", "Secret",
    "Service", "ServiceAccount", "StatefulSet",
}  # fmt: skip
_BUILT_IN_GROUPS = {"", "apps", "autoscaling", "batch", "networking.k8s.io", "policy",
                    "rbac.authorization.k8s.io"}  # fmt: skip


def rendered_components(
    stack: Stack,
    components: Iterable[Component],
    files: Mapping[str, bytes],
    targets: Mapping[Reference, Reference],
) -> tuple[RenderedComponent, ...]:
    """All objects of `components`, in their order, made of `files` that are rendered already.

    Raises UsageError for what is no object, for one without its namespace, and for one that is
    there twice.
    """
    rendering = _Rendering(stack, files)
    found = [rendering.component(one) for one in components]
    raise_all(rendering.errors)
    found = [rendering.admitting(one, targets, found) for one in found]
    raise_all(list(_problems(found)))
    rendering.finish(found)
    return tuple(found)


class _Rendering:
    """The way from files to objects; what goes wrong with single files gathers in `errors`."""

    def __init__(self, stack: Stack, files: Mapping[str, bytes]) -> None:
        self._stack = stack
        self._files = files
        self.errors: list[AirgapError] = []
        self._generating: set[str] = set()

    def component(self, component: Component) -> RenderedComponent:
        objects: list[RenderedObject] = []
        for rule in component.config_maps:
            with collected_in(self.errors):
                body = config_map(rule, self._files, self._stack.origin)
                objects.append(RenderedObject(body, rule.where))
        for name in component.manifests:
            with collected_in(self.errors):
                objects += self._in_file(f"{self._stack.origin}/{name}")
        if component.generates:
            self._generating.add(component.name)
        return RenderedComponent(
            name=component.name,
            about=component.about,
            objects=tuple(objects),
            needs=component.needs,
            awaited=tuple(_awaited(one) for one in component.awaits),
            deadline=component.deadline,
            keeps=component.keeps,
        )

    def _in_file(self, name: str) -> Iterator[RenderedObject]:
        try:
            text = self._files[name].decode("utf-8-sig")
        except UnicodeDecodeError:
            raise UsageError(f"{name} is not UTF-8", remedy="save it as UTF-8") from None
        for one in objects_in(text, name):
            yield RenderedObject(one.body, f"{name}:{one.line}")

    def admitting(
        self,
        component: RenderedComponent,
        targets: Mapping[Reference, Reference],
        everything: list[RenderedComponent],
    ) -> RenderedComponent:
        """The component with the policy that it is to have, which has to know all namespaces."""
        if component.name not in self._generating:
            return component
        objects = [one for part in everything for one in part.objects]
        made = {one.key.name for one in objects if one.key.kind == "Namespace"}
        spaces = {one.key.namespace for one in objects} | made
        where = self._stack.component(component.name).where
        more = [
            RenderedObject(body, where, SERVED_AS)
            for body in admission_objects(targets, spaces - {""})
        ]
        return RenderedComponent(**{**vars(component), "objects": (*component.objects, *more)})

    def finish(self, components: Iterable[RenderedComponent]) -> None:
        """Put labels, the pull secret and hashes of ConfigMaps into all objects."""
        everything = [(part, one) for part in components for one in part.objects]
        hashes = {
            (one.key.namespace, one.key.name): content_hash(one.body)
            for _, one in everything
            if one.key.kind == "ConfigMap"
        }
        for part, one in everything:
            metadata = one.body["metadata"]
            metadata["labels"] = {
                **(metadata.get("labels") or {}),
                "app.kubernetes.io/managed-by": MANAGED_BY,
                COMPONENT_LABEL: part.name,
            }
            add_pull_secret(one.body, self._stack.pull_secret)
            add_config_hash(one.body, hashes)


def _awaited(one: AwaitedObject) -> ObjectKey:
    group, slash, _ = one.api_version.partition("/")
    return ObjectKey(group if slash else "", one.kind, one.namespace, one.name)


def _problems(components: Iterable[RenderedComponent]) -> Iterator[UsageError]:
    seen: dict[ObjectKey, str] = {}
    for component in components:
        for one in component.objects:
            key = one.key
            if key in seen:
                what = f"{one.origin}: {key} is there already, in {seen[key]}"
                yield UsageError(what, remedy="keep one of the two, and build again")
            seen[key] = one.origin
            is_built_in = key.group in _BUILT_IN_GROUPS and key.kind in _IN_A_NAMESPACE
            if is_built_in and not key.namespace:
                what = f"{one.origin}: {key} does not say in which namespace it is"
                yield UsageError(what, remedy="add metadata.namespace, and build again")
