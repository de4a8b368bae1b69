"""The platform gets all that it needs from the settings and the login of the stack."""

from __future__ import annotations

import ast
import os
import runpy
import sys
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from cube_bundle.image_list import read_list, shipped_lists
from tests.support.stack_objects import MANIFESTS

if TYPE_CHECKING:
    from collections.abc import Iterator

CONFIG = MANIFESTS / "backend" / "config"
SETTINGS = CONFIG / "config.py"
NEEDED = Path(__file__).with_name("platform_settings.txt")
# The interpreter of the platform's image.
PYTHON = (3, 9)

ENVIRONMENT = {
    "MYSQL_USER": "root",
    "MYSQL_PASSWORD": "p@ss:w/1",
    "MYSQL_HOST": "mysql.example",
    "REDIS_PASSWORD": "r@1",
    "SESSION_KEY": "session",
    "TOKEN_KEY": "token",
}


def _stubs() -> dict[str, ModuleType]:
    """What the settings import, of which they use no more than names."""
    found = {
        name: ModuleType(name)
        for name in (
            "celery", "celery.schedules", "flask_appbuilder", "flask_appbuilder.security",
            "flask_appbuilder.security.manager", "myapp", "myapp.stats_logger",
        )
    }  # fmt: skip
    found["celery.schedules"].__dict__["crontab"] = dict
    found["flask_appbuilder.security.manager"].__dict__["AUTH_DB"] = 1
    found["myapp.stats_logger"].__dict__["DummyStatsLogger"] = object
    return found


@cache
def settings() -> dict[str, Any]:
    """All names of the settings in a pod's environment."""
    with pytest.MonkeyPatch.context() as patch:
        for name, module in _stubs().items():
            patch.setitem(sys.modules, name, module)
        for name, value in ENVIRONMENT.items():
            patch.setenv(name, value)
        patch.setenv("MYSQL_SERVICE", "")
        found = runpy.run_path(str(SETTINGS))
        found["environment"] = os.environ["MYSQL_SERVICE"]
    return found


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for one in value:
            yield from _texts(one[0] if isinstance(one, list) else one)
    elif isinstance(value, dict):
        for one in value.values():
            yield from _texts(one)


def _defined(path: Path) -> set[str]:
    tree = ast.parse(path.read_text())
    return {one.name for one in tree.body if isinstance(one, ast.FunctionDef | ast.ClassDef)}


@pytest.mark.parametrize("path", sorted(MANIFESTS.glob("*/**/*.py")), ids=lambda one: one.name)
def test_the_image_s_interpreter_can_read_it(path: Path) -> None:
    ast.parse(path.read_text(), feature_version=PYTHON)


def test_every_name_that_the_platform_needs_is_set() -> None:
    needed = [line for line in NEEDED.read_text().splitlines() if not line.startswith("#")]

    assert sorted(set(needed) - set(settings())) == []


def test_the_database_s_password_is_quoted_where_used_and_hidden_where_printed() -> None:
    address = settings()["SQLALCHEMY_DATABASE_URI"]

    assert "".join(address).startswith("mysql+pymysql://root:p%40ss%3Aw%2F1@mysql.example:3306/")
    assert settings()["environment"] == "".join(address)
    assert f"{address}" == str(address) == repr(address)
    assert "p%40ss" not in str(address)


def test_no_password_or_key_stands_in_the_settings() -> None:
    assert settings()["SECRET_KEY"] == "session"
    assert settings()["JWT_PASSWORD"] == "token"
    assert settings()["CELERY_CONFIG"]["broker_url"].startswith("redis://:r%401@")


def test_every_image_that_users_choose_from_is_carried() -> None:
    lists = [read_list(name) for name in shipped_lists()]
    carried = {str(image.origin.reference) for one in lists for image in one.images}
    carried |= {name.removeprefix("docker.io/") for name in carried}
    carried |= {name.removeprefix("docker.io/library/") for name in carried}
    names = ("USER_IMAGE", "NNI_IMAGES", "DOCKER_IMAGES", "NERDCTL_IMAGES", "NOTEBOOK_IMAGES")
    offered = [text for name in names for text in _texts(settings()[name])]
    offered += list(_texts(settings()["INFERNENCE_IMAGES"]))

    assert [text for text in offered if text not in carried] == []


def test_every_runtime_that_a_site_may_name_is_known() -> None:
    values = yaml.safe_load((MANIFESTS / "stack.yaml").read_text())["values"]

    assert sorted(values["container.runtime"]["choices"]) == sorted(settings()["_SOCKETS"])


def test_what_a_site_sets_is_assigned() -> None:
    components = yaml.safe_load((MANIFESTS / "stack.yaml").read_text())["components"]
    backend = next(one for one in components if one["name"] == "backend")
    wanted = {name for one in backend["settings"] for name in one["set"]}

    assert sorted(wanted - set(settings())) == []


def test_prefixes_of_short_names_end_with_a_slash() -> None:
    assert settings()["REPOSITORY_ORG"].endswith("/")
    assert settings()["PUSH_REPOSITORY_ORG"].endswith("/")


def test_nothing_outside_is_asked() -> None:
    assert [
        (name, text)
        for name, value in settings().items()
        if name.isupper()
        for text in _texts(value)
        if text.startswith(("http://", "https://")) and ".infra" not in text
    ] == []


def test_the_login_has_what_the_platform_imports() -> None:
    assert {"MyCustomRemoteUserView", "Myauthdbview", "push_admin", "push_message"} <= _defined(
        CONFIG / "project.py"
    )


def test_this_cluster_needs_no_file() -> None:
    assert list(settings()["CLUSTERS"]) == ["dev"]


def test_every_kubeconfig_is_a_cluster(tmp_path: Path) -> None:
    (tmp_path / "gpu-kubeconfig").touch()
    (tmp_path / "gpu-entry").write_text("192.0.2.20\n")

    clusters = settings()["_clusters"](tmp_path)

    assert sorted(clusters) == ["dev", "gpu"]
    assert clusters["gpu"]["HOST"] == "192.0.2.20"
    assert clusters["gpu"]["KUBECONFIG"] == str(tmp_path / "gpu-kubeconfig")


def test_every_component_is_on_the_page_about_them() -> None:
    page = (MANIFESTS.parent / "docs" / "stack-components.md").read_text()
    components = yaml.safe_load((MANIFESTS / "stack.yaml").read_text())["components"]

    assert [one["name"] for one in components if f"`{one['name']}`" not in page] == []
