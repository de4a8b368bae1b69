"""A small checkout in the platform's layout, with one of each thing that a bundle has to have."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from tests.support.scan_tree import planted

if TYPE_CHECKING:
    from pathlib import Path

MODEL = "https://models.invalid/zoo/net.onnx"
DATA = "https://data.invalid/sets/numbers.zip"
WEB, LAUNCHER, WORKER = "quay.io/site/web:2", "quay.io/site/launcher:1", "quay.io/site/worker:1"
IMAGES = (WEB, LAUNCHER, WORKER)

_DEPLOYMENT = f"""\
apiVersion: apps/v1
kind: Deployment
metadata: {{name: web}}
spec:
  template:
    spec:
      containers:
        - name: web
          image: {WEB}
"""
_START = "kubectl apply -f web/deploy.yaml\n"
_ARGUMENT = {"type": "str", "label": "worker image", "default": WORKER}


def templates(**more: str) -> dict[str, object]:
    """Job templates by name, the launcher's image given; `train` always is one."""
    return {
        name: {
            "project_name": "jobs",
            "image_name": launcher,
            "job_template_name": name,
            "job_template_describe": "runs something",
            "job_template_args": {"group": {"--image": _ARGUMENT}},
        }
        for name, launcher in {"train": LAUNCHER, **more}.items()
    }


def checkout(root: Path, **more_templates: str) -> Path:
    """Write the checkout below `root`, and return that."""
    inference = {
        "net": {
            "model_name": "net",
            "model_path": MODEL,
            "command": f"wget {DATA} && unzip numbers.zip",
        }
    }
    return planted(
        root,
        {
            "install/kubernetes/start.sh": _START,
            "install/kubernetes/sa-rbac.yaml": "kind: List\n",
            "install/kubernetes/web/deploy.yaml": _DEPLOYMENT,
            "install/kubernetes/unused/deploy.yaml": _DEPLOYMENT.replace(WEB, "quay.io/site/old:1"),
            "myapp/init/init-job-template.json": json.dumps(templates(**more_templates), indent=1),
            "myapp/init/init-inference.json": json.dumps(inference, indent=1),
        },
    )
