"""The Job that asks the platform's database, made of what the database's own pods have."""

from __future__ import annotations

from importlib import resources
from typing import Any

from cube_airgap.errors import MissingError
from cube_install.kubernetes.object_key import ObjectKey

DATABASE = ObjectKey("apps", "Deployment", "infra", "mysql")
NAME = "cube-airgap-images-in-use"
_SECONDS = 300


def question(deployment: dict[str, Any] | None) -> dict[str, Any]:
    """The Job, for a platform whose database is `deployment`; its image and account are taken.

    So it works where start.sh made the platform, too. Raises MissingError where there is none.
    """
    if deployment is None:
        raise MissingError(
            f"the cluster has no {DATABASE}",
            remedy="see that the kubeconfig leads to the cluster of the platform; where the "
            "database is elsewhere, leave --with-database out",
        )
    pod = deployment["spec"]["template"]["spec"]
    taken = ("affinity", "nodeSelector", "tolerations", "imagePullSecrets")
    template = {
        "metadata": {"labels": {"app": NAME}},
        "spec": {
            **{name: pod[name] for name in taken if name in pod},
            "restartPolicy": "Never",
            "automountServiceAccountToken": False,
            "containers": [_client(pod["containers"][0])],
        },
    }
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": NAME, "namespace": DATABASE.namespace},
        "spec": {"backoffLimit": 0, "activeDeadlineSeconds": _SECONDS, "template": template},
    }


def _client(server: dict[str, Any]) -> dict[str, Any]:
    """The container that asks, with what the database's own `server` has."""
    return {
        "name": "question",
        "image": server["image"],
        "command": ["bash", "-c", _program()],
        "env": server.get("env", []),
        "envFrom": server.get("envFrom", []),
        "resources": {"requests": {"cpu": "50m", "memory": "64Mi"}, "limits": {"memory": "256Mi"}},
        "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
    }


def _program() -> str:
    return (resources.files("cube_install.database") / "images_in_use.sh").read_text()
