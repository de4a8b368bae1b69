"""A bundle with a stack that comes up on the Kubernetes double, and a site file for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import yaml

from cube_airgap.catalogue import BundledFile, BundledImage, Catalogue
from cube_airgap.digest import Digest
from cube_airgap.platforms import Platform
from cube_airgap.reference import Reference
from cube_bundle.plan import BundlePlan
from tests.support.made_plan import build

if TYPE_CHECKING:
    from pathlib import Path

STACK = """\
version: 1
name: small-platform
platform: "2026.03.01"
values:
  entry.address: {type: address, required: true, about: where users go}
  entry.port: {type: integer, default: 80, about: at which port}
  colour: {type: text, default: red, about: of the pages}
profiles:
  core: {default: true}
secrets:
  - name: mysql-credentials
    namespaces: [infra, pipeline]
    about: the database's account
    keys: {username: {text: root}, password: {generate: 24}}
components:
  - {name: namespaces, about: where all of it lives, profile: core}
  - {name: queues, about: a kind, profile: core, needs: [namespaces]}
  - {name: storage, about: volumes, profile: core, needs: [namespaces]}
  - {name: mysql, about: the database, profile: core, needs: [storage]}
  - {name: web, about: the pages, profile: core, needs: [mysql, queues], deadline: DEADLINE}
"""
_NAMESPACES = """\
apiVersion: v1
kind: Namespace
metadata: {name: infra}
---
apiVersion: v1
kind: Namespace
metadata: {name: pipeline}
"""
_QUEUES = """\
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: queues.example.org}
spec:
  group: example.org
  names: {kind: Queue, plural: queues, singular: queue, listKind: QueueList}
  scope: Namespaced
  versions:
    - name: v1
      served: true
      storage: true
      schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}
"""
_STORAGE = """\
apiVersion: v1
kind: PersistentVolume
metadata: {name: mysql}
spec:
  capacity: {storage: 1Gi}
  accessModes: [ReadWriteMany]
  storageClassName: ""
  hostPath: {path: /data/k8s/mysql}
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: mysql, namespace: infra}
spec:
  accessModes: [ReadWriteMany]
  storageClassName: ""
  volumeName: mysql
  resources: {requests: {storage: 1Gi}}
"""
_MYSQL = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: mysql, namespace: infra}
spec:
  selector: {matchLabels: {app: mysql}}
  template:
    metadata: {labels: {app: mysql}}
    spec:
      nodeSelector: {mysql: "true"}
      containers:
        - {name: mysql, image: "mysql:8.0.32"}
      volumes: [{name: data, persistentVolumeClaim: {claimName: mysql}}]
---
apiVersion: v1
kind: Service
metadata: {name: mysql, namespace: infra}
spec:
  selector: {app: mysql}
  ports: [{port: 3306}]
"""
_WEB = """\
apiVersion: v1
kind: ConfigMap
metadata: {name: settings, namespace: infra}
data: {colour: "${cube.colour}"}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: infra}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
        - {name: web, image: "nginx:TAG"}
---
apiVersion: batch/v1
kind: Job
metadata: {name: setup, namespace: infra}
spec:
  backoffLimit: 0
  template:
    spec:
      restartPolicy: Never
      containers:
        - {name: main, image: "nginx:TAG"}
---
apiVersion: example.org/v1
kind: Queue
metadata: {name: default, namespace: infra}
spec: {weight: 1}
"""


def stack_members(tag: str = "1", *, deadline: int = 60, more: str = "") -> dict[str, bytes]:
    """The stack as it lies in a bundle; `more` are further objects of component web."""
    files = {
        "stack/stack.yaml": STACK.replace("DEADLINE", str(deadline)),
        "stack/namespaces/all.yaml": _NAMESPACES,
        "stack/queues/queues.yaml": _QUEUES,
        "stack/storage/storage.yaml": _STORAGE,
        "stack/mysql/mysql.yaml": _MYSQL,
        "stack/web/web.yaml": _WEB.replace("TAG", tag) + more,
    }
    return {name: content.encode() for name, content in files.items()}


def deployable_bundle(path: Path, tag: str = "1", *, deadline: int = 60, more: str = "") -> Path:
    """A bundle whose pages are of that tag, and that has of its images the names alone."""
    raw = stack_members(tag, deadline=deadline, more=more)
    platforms = (Platform("linux", "amd64"),)
    catalogue = Catalogue(
        images=tuple(
            BundledImage(Reference.parse(name), Digest.of(name.encode()), "small", "", platforms)
            for name in ("mysql:8.0.32", f"nginx:{tag}")
        ),
        files=tuple(BundledFile(name, Digest.of(one), len(one)) for name, one in raw.items()),
        manifests=(),
        blobs=(),
    )
    build(BundlePlan(catalogue, raw, {}, frozenset(), {}), path)
    return path


def write_site(directory: Path, kubeconfig: Path, port: int, **values: str) -> Path:
    """A site file whose entry is at `port` of this machine, for the bundle `site.tar.zst`."""
    site = {
        "version": 1,
        "bundle": "site.tar.zst",
        "registry": {"host": "harbor.example", "project": "cube-studio"},
        "cluster": {"kubeconfig": str(kubeconfig)},
        "stack": {"values": {"entry.address": "127.0.0.1", "entry.port": port, **values}},
    }
    path = directory / "site.yaml"
    path.write_text(yaml.safe_dump(site))
    return path
