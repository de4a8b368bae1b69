"""A small stack with one of each thing that rendering has to deal with, and a site for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cube_airgap.catalogue import BundledAsset, BundledFile, BundledImage, Catalogue
from cube_airgap.digest import Digest
from cube_airgap.reference import Reference
from cube_airgap.relocation import default_relocation
from cube_airgap.stack_parsing import parse_stack
from cube_airgap.stack_values import Given, Wishes
from cube_bundle.plan import BundlePlan
from cube_install.render.render import render
from cube_install.render.site_registry import SiteRegistry
from cube_install.render.source import StackSource
from tests.support.made_plan import build

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from cube_airgap.catalogue import Allowance
    from cube_install.stack.rendered import RenderedObject, RenderedStack

REGISTRY = SiteRegistry("harbor.example", "cube-studio", default_relocation())
MODEL = "https://models.invalid/zoo/net.onnx"
STACK = """\
version: 1
name: small
platform: "2026.03.01"
assets: http://assets.${cube.entry.address}.example
values:
  entry.address: {type: address, required: true, about: where users go}
  gpu: {type: boolean, default: false, about: whether there are GPUs}
profiles:
  core: {default: true}
  gpu: {when: gpu}
secrets:
  - name: web-keys
    namespaces: [infra]
    about: what signs
    keys: {user: {text: "at ${cube.entry.address}"}, key: {generate: 24}}
components:
  - name: namespaces
    about: where all of it lives
    profile: core
  - name: web
    about: the pages
    profile: core
    needs: [namespaces]
    configMaps:
      - {name: web-config, namespace: infra, files: [config/settings.py, "config/*.bin"]}
      - {name: web-seeds, namespace: infra, seeds: true}
    settings:
      - file: config/settings.py
        set: {HOSTS: ["${cube.entry.address}"], GPU: "${cube.gpu}", PREFIX: "${cube.registry}/"}
    awaits:
      - {apiVersion: apps/v1, kind: StatefulSet, namespace: infra, name: made-by-others}
  - name: plugin
    about: GPUs
    profile: gpu
    needs: [namespaces]
"""
_WEB = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: infra}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
        - name: web
          image: nginx:1.27  # not busybox:1
          args: ["--helper-image=busybox:1", "--listen=${cube.entry.address}"]
          volumeMounts: [{name: config, mountPath: /config}]
      volumes: [{name: config, configMap: {name: web-config}}]
---
apiVersion: v1
kind: ConfigMap
metadata: {name: sidecar, namespace: infra}
data:
  values: |-
    {"hub": "docker.io/istio",
     "proxy": {"image": "proxyv2"},
     "tag": "1.15.0"}
"""
_SETTINGS = """\
# What the pages need.
HOSTS = []  # set by the installer
GPU = True
PREFIX = 'ccr.ccs.tencentyun.com/cube-studio/'
USER_IMAGE = PREFIX + 'notebook:1'
NOTEBOOK_IMAGES = [['python:3.9', 'Python']]
"""
_SEED = f"""\
{{
 "train": {{"image_name": "python:3.9", "workdir": "wget {MODEL} && cp x y"}}
}}
"""
FILES = {
    "stack.yaml": STACK.encode(),
    "namespaces/all.yaml": b"apiVersion: v1\nkind: Namespace\nmetadata: {name: infra}\n",
    "web/web.yaml": _WEB.encode(),
    "web/config/settings.py": _SETTINGS.encode(),
    "web/config/logo.bin": b"\x89\x00\xff",
    "plugin/plugin.yaml": b"apiVersion: v1\nkind: Pod\n"
    b"metadata: {name: p, namespace: kube-system}\nspec: {containers: []}\n",
}
IMAGES = tuple(
    Reference.parse(text)
    for text in (
        "nginx:1.27",
        "busybox:1",
        "python:3.9",
        "istio/proxyv2:1.15.0",
        "ccr.ccs.tencentyun.com/cube-studio/notebook:1",
    )
)


ASSETS = (BundledAsset("zoo/net-v1.onnx", MODEL, Digest.of(b""), 0, "small", ""),)


def source(
    files: Mapping[str, bytes | None] | None = None, *, allowed: tuple[Allowance, ...] = ()
) -> StackSource:
    """The small stack with some files replaced, or left out where they are None."""
    chosen = {**FILES, **(files or {})}
    return StackSource(
        stack=parse_stack({name: one for name, one in chosen.items() if one is not None}),
        bundle=Digest.of(b"bundle"),
        seeds={"job-templates/init-job-template.json": _SEED.encode()},
        images=IMAGES,
        assets=ASSETS,
        allowed=allowed,
    )


def wishes(**values: object) -> Wishes:
    """What a site needs to say, and `values` besides."""
    told = {"entry.address": "10.0.0.1", **values}
    return Wishes({name: Given(value, "site.yaml:3") for name, value in told.items()})


def rendered(
    files: Mapping[str, bytes | None] | None = None, *, allowed: tuple[Allowance, ...] = ()
) -> RenderedStack:
    """The small stack rendered."""
    return render(source(files, allowed=allowed), REGISTRY, wishes())


def object_in(stack: RenderedStack, kind: str, name: str) -> RenderedObject:
    """The one object of that kind and name."""
    (found,) = (
        one
        for component in stack.components
        for one in component.objects
        if (one.key.kind, one.key.name) == (kind, name)
    )
    return found


def stack_directory(directory: Path) -> Path:
    """The small stack in a directory, as people keep it."""
    for name, content in FILES.items():
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return directory


def stack_bundle(path: Path) -> Path:
    """A bundle of the small stack; of its images it has the names alone."""
    made = source()
    files = {f"stack/{name}": content for name, content in FILES.items()} | dict(made.seeds)
    catalogue = Catalogue(
        images=tuple(
            BundledImage(one, Digest.of(str(one).encode()), "small", "", ()) for one in IMAGES
        ),
        files=tuple(BundledFile(name, Digest.of(one), len(one)) for name, one in files.items()),
        manifests=(),
        blobs=(),
        assets=ASSETS,
    )
    build(BundlePlan(catalogue, files, {}, frozenset(), {}), path)
    return path
