"""The objects of a stack's components, as they are applied."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cube_airgap.built_in_kinds import is_in_a_namespace
from cube_airgap.errors import AirgapError, UsageError, collected_in, raise_all
from cube_airgap.yaml_objects import objects_in
from cube_install.kubernetes.object_key import ObjectKey
from cube_install.render.config_maps import config_map
from cube_install.render.pod_templates import add_config_hash, add_pull_secret, content_hash
from cube_install.stack.rendered import RenderedComponent, RenderedObject

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from cube_airgap.stack import Stack
    from cube_airgap.stack_entries import AwaitedObject, Component
    from cube_install.render.generated import Generator

MANAGED_BY = "cube-airgap"
COMPONENT_LABEL = "cube-airgap/component"


def rendered_components(
    stack: Stack,
    components: Iterable[Component],
    files: Mapping[str, bytes],
    generators: Mapping[str, Generator],
) -> tuple[RenderedComponent, ...]:
    """All objects of `components`, in their order, made of `files` that are rendered already.

    `generators` are by the name that a component's `generates` has. Raises UsageError for what is
    no object, for one without its namespace, and for one that is there twice.
    """
    rendering = _Rendering(stack, files)
    found = [rendering.component(one) for one in components]
    raise_all(rendering.errors)
    found = [rendering.generated(one, generators, found) for one in found]
    raise_all(list(_problems(found)))
    rendering.finish(found)
    return tuple(found)


class _Rendering:
    """The way from files to objects; what goes wrong with single files gathers in `errors`."""

    def __init__(self, stack: Stack, files: Mapping[str, bytes]) -> None:
        self._stack = stack
        self._files = files
        self.errors: list[AirgapError] = []
        self._generating: dict[str, str] = {}

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
            self._generating[component.name] = component.generates
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

    def generated(
        self,
        component: RenderedComponent,
        generators: Mapping[str, Generator],
        everything: list[RenderedComponent],
    ) -> RenderedComponent:
        """The component with what is generated for it, which may depend on all namespaces."""
        name = self._generating.get(component.name)
        if name is None:
            return component
        objects = [one for part in everything for one in part.objects]
        made = {one.key.name for one in objects if one.key.kind == "Namespace"}
        spaces = {one.key.namespace for one in objects} | made
        where = self._stack.component(component.name).where
        more = [
            RenderedObject(one.body, where, one.served_as)
            for one in generators[name](spaces - {""})
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
            needs_one = is_in_a_namespace(one.body["apiVersion"], key.kind)
            if needs_one and not key.namespace:
                what = f"{one.origin}: {key} does not say in which namespace it is"
                yield UsageError(what, remedy="add metadata.namespace, and build again")
