from __future__ import annotations

from typing import Any

import pytest

from cube_airgap.errors import MissingError
from cube_install.database.question import question


def deployment(**pod: Any) -> dict[str, Any]:  # noqa: ANN401 - any JSON
    server = {
        "name": "mysql",
        "image": "harbor.example/cube-studio/docker.io/library/mysql:8.0.32",
        "env": [{"name": "MYSQL_ROOT_PASSWORD", "value": "admin"}],
        "volumeMounts": [{"name": "data", "mountPath": "/var/lib/mysql"}],
    }
    return {"spec": {"template": {"spec": {"containers": [server], **pod}}}}


def test_the_job_has_the_databases_image_account_and_place() -> None:
    there = {"nodeSelector": {"mysql": "true"}, "imagePullSecrets": [{"name": "hubsecret"}]}

    pod = question(deployment(**there))["spec"]["template"]["spec"]

    [container] = pod["containers"]
    assert container["image"] == "harbor.example/cube-studio/docker.io/library/mysql:8.0.32"
    assert container["env"] == [{"name": "MYSQL_ROOT_PASSWORD", "value": "admin"}]
    assert {name: pod[name] for name in there} == there


def test_the_job_touches_no_volume_of_the_database() -> None:
    pod = question(deployment(volumes=[{"name": "data"}]))["spec"]["template"]["spec"]

    assert "volumes" not in pod
    assert "volumeMounts" not in pod["containers"][0]


def test_without_a_database_it_says_where_it_looked() -> None:
    with pytest.raises(MissingError, match=r"Deployment\.apps infra/mysql"):
        question(None)
