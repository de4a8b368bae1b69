"""A checkout in miniature, and a recipe and a stack of ours for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cube_airgap.stack_parsing import parse_stack
from cube_bundle.checkout.recipe import CheckoutRecipe
from tests.support.scan_tree import planted

if TYPE_CHECKING:
    from pathlib import Path

    from cube_airgap.stack import Stack

OURS = """\
version: 1
name: cube-studio
platform: "1"
values:
  entry.address: {type: address, required: true, about: where users go}
profiles:
  core: {default: true}
  extra: {}
secrets:
  - {name: mysql-credentials, namespaces: [infra], about: root, keys: {password: {generate: 20}}}
  - {name: unused, namespaces: [infra], about: nobody's, keys: {key: {generate: 20}}}
components:
  - {name: namespaces, about: spaces, profile: core}
  - name: mysql
    about: the database
    profile: core
    needs: [namespaces]
    deadline: 900
  - {name: backend, about: the pages, profile: core, needs: [mysql, gone]}
  - {name: gone, about: not in every checkout, profile: extra, needs: [namespaces]}
"""
RECIPE = """\
version: 1
name: small
base: install
marks: [mysql]
secrets: [mysql-credentials]
replacements:
  - {key: imagePullPolicy, from: Always, to: IfNotPresent}
components:
  - {name: namespaces, ours: true}
  - name: mysql
    take: [[mysql/new-*.yaml, "mysql/*.yaml"], more/other.yaml]
    drop: [{kind: Secret, name: "old-*"}]
    patches:
      - kind: Deployment
        name: [mysql]
        merge: {spec: {paused: null, template: {spec: {containers: [{name: "*", tty: false}]}}}}
  - name: backend
    kustomize: overlay
    configMaps:
      - {name: settings, namespace: infra, files: ["config/*.py"]}
      - {name: seeds, namespace: infra, seeds: true}
    settings:
      - {file: config/config.py, set: {HOSTS: ["${cube.entry.address}"], LATER: 1}}
    edits:
      - {file: config/config.py, old: "secret", new: "changed"}
  - {name: gone, take: [gone/*.yaml]}
"""
DEPLOYMENT = """\
# the user's own remark
apiVersion: apps/v1
kind: Deployment
metadata: {name: mysql, namespace: infra}
spec:
  paused: true
  template:
    spec:
      containers:
        - {name: mysql, image: mysql:8, imagePullPolicy: Always}
"""
SERVICE = """\
# stays as it is
apiVersion: v1
kind: Service
metadata: {name: mysql, namespace: infra}
"""
FILES = {
    "install/mysql/a-deploy.yaml": DEPLOYMENT,
    "install/mysql/b-service.yaml": SERVICE,
    "install/mysql/notes.md": "no manifest",
    "install/more/other.yaml": "apiVersion: v1\nkind: Secret\nmetadata: {name: old-one}\n"
    "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: kept}\n"
    "---\napiVersion: v1\nkind: PersistentVolume\nmetadata: {name: pv, namespace: infra}\n",
    "install/overlay/kustomization.yaml": "namespace: infra\n"
    "configMapGenerator:\n- {name: made, literals: [A=1]}\n"
    "resources: [../base]\n"
    "images: [{name: reg.example/x/kubeflow-dashboard, newTag: '2026.03.01'}]\n",
    "install/base/kustomization.yaml": "resources: [deploy.yaml]\n",
    "install/base/deploy.yaml": "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\n"
    "spec:\n  template:\n    spec:\n      containers:\n"
    "        - name: web\n          image: reg.example/x/kubeflow-dashboard\n"
    "          envFrom: [{configMapRef: {name: made}}]\n",
    "install/config/config.py": "HOSTS = []\nKEY = 'secret'\n",
}


def small_checkout(directory: Path, **others: str) -> Path:
    """The checkout in `directory`; `others` are further files."""
    return planted(directory, {**FILES, **others})


def ours() -> Stack:
    """A stack of ours, of which the recipe takes parts."""
    space = b"apiVersion: v1\nkind: Namespace\nmetadata: {name: infra}\n"
    bodies = dict.fromkeys(("mysql", "backend", "gone"), space)
    return parse_stack(
        {
            "stack.yaml": OURS.encode(),
            "namespaces/all.yaml": space,
            **{f"{name}/x.yaml": one for name, one in bodies.items()},
        }
    )


def recipe(text: str = RECIPE) -> CheckoutRecipe:
    return CheckoutRecipe.parse(text.encode(), "recipe.yaml")
