"""Small stacks as rendering hands them over, for deploying."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from cube_airgap.digest import Digest
from cube_airgap.stack_entries import KeyRule, SecretRule
from cube_install.stack.rendered import RenderedComponent, RenderedObject, RenderedStack

if TYPE_CHECKING:
    from cube_install.kubernetes.object_key import ObjectKey

Body = dict[str, Any]
REGISTRY = "harbor.example/cube-studio"
OURS = {"app.kubernetes.io/managed-by": "cube-airgap"}


def made(api_version: str, kind: str, name: str, **content: Any) -> Body:  # noqa: ANN401
    """An object; in namespace infra, unless `namespace` says otherwise (empty: in none)."""
    namespace = content.pop("namespace", "infra")
    metadata: Body = {"name": name, "labels": dict(OURS)}
    if namespace:
        metadata["namespace"] = namespace
    return {"apiVersion": api_version, "kind": kind, "metadata": metadata, **content}


def namespace(name: str = "infra") -> Body:
    return made("v1", "Namespace", name, namespace="")


def pod_template(name: str, image: str, **spec: Any) -> Body:  # noqa: ANN401
    return {
        "metadata": {"labels": {"app": name}},
        "spec": {"containers": [{"name": "main", "image": image}]} | spec,
    }


def definition(kind: str = "Queue", group: str = "example.org", *versions: str) -> Body:
    """A CustomResourceDefinition of namespaced objects with any content."""
    plural = f"{kind.lower()}s"
    schema = {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}}
    spec = {
        "group": group,
        "names": {
            "kind": kind,
            "plural": plural,
            "singular": kind.lower(),
            "listKind": kind + "List",
        },
        "scope": "Namespaced",
        "versions": [
            {"name": one, "served": True, "storage": at == 0, "schema": schema}
            for at, one in enumerate(versions or ("v1",))
        ],
    }
    version, name = "apiextensions.k8s.io/v1", f"{plural}.{group}"
    return made(version, "CustomResourceDefinition", name, namespace="", spec=spec)


def component(
    name: str,
    *bodies: Body,
    needs: tuple[str, ...] = (),
    awaited: tuple[ObjectKey, ...] = (),
    deadline: int = 60,
) -> RenderedComponent:
    objects = tuple(
        RenderedObject(body, f"stack/{name}/objects.yaml:{line}")
        for line, body in enumerate(bodies, 1)
    )
    return RenderedComponent(name, f"the {name}", objects, needs, awaited, deadline)


def stack(
    *components: RenderedComponent, seed: bytes = b"bundle", secrets: tuple[SecretRule, ...] = ()
) -> RenderedStack:
    return RenderedStack(
        "cube-studio",
        "2026.03.01",
        Digest.of(seed),
        REGISTRY,
        components,
        secrets,
        values={"entry.address": "127.0.0.1"},
    )


@dataclass(frozen=True)
class SmallSite:
    """Names that are one test's own, so that several may be on one real cluster."""

    place: str = "infra"

    @property
    def other(self) -> str:
        return f"{self.place}-jobs"

    @property
    def group(self) -> str:
        return f"{self.place}.example.org"

    def stack(self, tag: str = "1", **settings: str) -> RenderedStack:
        """Four components, the last of which needs the others, and a secret in two namespaces."""
        password = SecretRule(
            "mysql-credentials",
            (self.place, self.other),
            "the database's account",
            {"username": KeyRule(text="root"), "password": KeyRule(length=24)},
        )
        return stack(
            component("namespaces", namespace(self.place), namespace(self.other)),
            component("mysql", self.deployment("mysql"), self.service(), needs=("namespaces",)),
            component("queues", definition("Queue", self.group), needs=("namespaces",)),
            self.backend(tag, **settings),
            seed=tag.encode(),
            secrets=(password,),
        )

    def backend(self, tag: str = "1", **settings: str) -> RenderedComponent:
        return component(
            "backend",
            self.config_map(**settings),
            self.deployment("web", tag),
            self.job("setup", tag),
            self.queue(),
            needs=("mysql", "queues"),
        )

    def config_map(self, name: str = "settings", **data: str) -> Body:
        return made("v1", "ConfigMap", name, namespace=self.place, data=data)

    def deployment(self, name: str, tag: str = "1", **spec: Any) -> Body:  # noqa: ANN401
        """A Deployment of one pod; `spec` is of the pod."""
        template = pod_template(name, f"{REGISTRY}/{name}:{tag}", **spec)
        content = {"selector": {"matchLabels": {"app": name}}, "template": template}
        return made("apps/v1", "Deployment", name, namespace=self.place, spec=content)

    def job(self, name: str, tag: str = "1") -> Body:
        template = pod_template(name, f"{REGISTRY}/{name}:{tag}", restartPolicy="Never")
        spec = {"backoffLimit": 0, "template": template}
        return made("batch/v1", "Job", name, namespace=self.place, spec=spec)

    def service(self, name: str = "mysql") -> Body:
        spec = {"selector": {"app": name}, "ports": [{"port": 80}]}
        return made("v1", "Service", name, namespace=self.place, spec=spec)

    def queue(self, name: str = "default") -> Body:
        spec = {"weight": 1}
        return made(f"{self.group}/v1", "Queue", name, namespace=self.place, spec=spec)


def without(stack: RenderedStack, *names: str) -> RenderedStack:
    """The stack without objects of these names."""
    components = tuple(
        replace(one, objects=tuple(each for each in one.objects if each.key.name not in names))
        for one in stack.components
    )
    return replace(stack, components=components)


def added(stack: RenderedStack, name: str, *bodies: Body) -> RenderedStack:
    """The stack with more objects in the component of that name."""
    more = tuple(RenderedObject(body, f"stack/{name}/more.yaml:1") for body in bodies)
    components = tuple(
        replace(one, objects=(*one.objects, *more)) if one.name == name else one
        for one in stack.components
    )
    return replace(stack, components=components)


def within(seconds: int, stack: RenderedStack) -> RenderedStack:
    """The stack with this deadline for each component."""
    components = tuple(replace(one, deadline=seconds) for one in stack.components)
    return replace(stack, components=components)
