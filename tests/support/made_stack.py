"""Small stacks as rendering hands them over, for deploying."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cube_airgap.digest import Digest
from cube_install.stack.rendered import (
    RenderedComponent,
    RenderedObject,
    RenderedStack,
    SecretKey,
    StackSecret,
)

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


def config_map(name: str = "settings", **data: str) -> Body:
    return made("v1", "ConfigMap", name, data=data)


def pod_template(name: str, image: str, **spec: Any) -> Body:  # noqa: ANN401
    return {
        "metadata": {"labels": {"app": name}},
        "spec": {"containers": [{"name": "main", "image": image}]} | spec,
    }


def deployment(name: str, tag: str = "1", **spec: Any) -> Body:  # noqa: ANN401
    """A Deployment of one pod; `spec` is of the pod."""
    template = pod_template(name, f"{REGISTRY}/{name}:{tag}", **spec)
    selector = {"matchLabels": {"app": name}}
    return made("apps/v1", "Deployment", name, spec={"selector": selector, "template": template})


def job(name: str, tag: str = "1") -> Body:
    template = pod_template(name, f"{REGISTRY}/{name}:{tag}", restartPolicy="Never")
    return made("batch/v1", "Job", name, spec={"backoffLimit": 0, "template": template})


def service(name: str) -> Body:
    spec = {"selector": {"app": name}, "ports": [{"port": 80}]}
    return made("v1", "Service", name, spec=spec)


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
    *components: RenderedComponent, seed: bytes = b"bundle", secrets: tuple[StackSecret, ...] = ()
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


def small_stack(tag: str = "1", **settings: str) -> RenderedStack:
    """Three components, the last of which needs both others, and a secret in two namespaces."""
    password = StackSecret(
        "mysql-credentials",
        ("infra", "pipeline"),
        "the database's account",
        {"username": SecretKey(text="root"), "password": SecretKey(length=24)},
    )
    return stack(
        component("namespaces", namespace(), namespace("pipeline")),
        component("mysql", deployment("mysql"), service("mysql"), needs=("namespaces",)),
        component("queues", definition(), needs=("namespaces",)),
        component(
            "backend",
            config_map(**settings),
            deployment("web", tag),
            job("setup", tag),
            made("example.org/v1", "Queue", "default", spec={"weight": 1}),
            needs=("mysql", "queues"),
        ),
        seed=tag.encode(),
        secrets=(password,),
    )
