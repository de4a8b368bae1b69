"""daemon.json with what pulling needs, and all else as it was."""

from __future__ import annotations

import json

import pytest

from cube_airgap.errors import UsageError
from cube_install.nodes.docker_config import DockerConfig

USERS = (
    '{"log-driver":"json-file","insecure-registries":["old:5000"],"registry-mirrors":["https://m"]}'
)


def config(text: str = USERS) -> DockerConfig:
    return DockerConfig(text, "daemon.json on n1")


def test_nothing_is_written_where_nothing_changes() -> None:
    assert config().text == USERS


def test_an_insecure_registry_joins_the_others() -> None:
    changed = config()
    changed.allow_insecure("harbor:80")
    assert json.loads(changed.text) == {
        "log-driver": "json-file",
        "insecure-registries": ["old:5000", "harbor:80"],
        "registry-mirrors": ["https://m"],
    }


def test_a_mirror_is_asked_before_the_others() -> None:
    changed = config()
    changed.use_mirror("https://serve:5000/")
    assert json.loads(changed.text)["registry-mirrors"] == ["https://serve:5000", "https://m"]


@pytest.mark.parametrize("url", ["https://m", "https://m/"])
def test_what_is_there_is_not_put_in_again(url: str) -> None:
    changed = config()
    changed.use_mirror(url)
    changed.allow_insecure("old:5000")
    assert changed.text == USERS


def test_nvidia_s_runtime_becomes_the_default() -> None:
    changed = config('{"runtimes": {"crun": {"path": "/usr/bin/crun"}}}')
    changed.use_nvidia("nvidia-container-runtime")
    assert json.loads(changed.text) == {
        "runtimes": {
            "crun": {"path": "/usr/bin/crun"},
            "nvidia": {"path": "nvidia-container-runtime", "runtimeArgs": []},
        },
        "default-runtime": "nvidia",
    }


@pytest.mark.parametrize("text", ["", "  \n"])
def test_an_empty_file_is_one_without_settings(text: str) -> None:
    changed = config(text)
    changed.allow_insecure("h")
    assert json.loads(changed.text) == {"insecure-registries": ["h"]}


@pytest.mark.parametrize("text", ["{", "[]", "# no\n{}", "{} {}"])
def test_what_is_no_json_object_is_left_alone(text: str) -> None:
    with pytest.raises(UsageError, match=r"daemon\.json on n1 is not"):
        config(text)


def test_a_setting_of_another_kind_is_told() -> None:
    with pytest.raises(UsageError, match="insecure-registries"):
        config('{"insecure-registries": "all"}').allow_insecure("h")
