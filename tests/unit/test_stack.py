"""A stack: parsed from its files, and refused with file and line where it does not fit."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cube_airgap.errors import AirgapError, MissingError, SeveralErrors, UsageError
from cube_airgap.stack_parsing import parse_stack, read_stack, stack_files

if TYPE_CHECKING:
    from pathlib import Path

    from cube_airgap.stack import Stack

_STACK = """\
version: 1
name: cube-studio
platform: "2026.03.01"
values:
  entry.address: {type: address, required: true, about: where users go}
  gpu: {type: boolean, default: false, about: whether there are GPUs}
profiles:
  core: {default: true}
  gpu: {when: gpu}
secrets:
  - name: mysql-credentials
    namespaces: [infra]
    about: the root account
    keys:
      username: {text: root}
      password: {generate: 24, adopt: {kind: Deployment, namespace: infra, name: mysql, env: PW}}
components:
  - name: mysql
    about: the database
    profile: core
    needs: [namespaces]
    deadline: 900
    configMaps:
      - {name: mysql-config, namespace: infra, files: ["conf/*.cnf", init=sql/init.sql]}
    settings:
      - {file: conf/my.cnf, set: {A: 1}}
    awaits:
      - {apiVersion: apps/v1, kind: StatefulSet, namespace: infra, name: made-by-others}
  - {name: namespaces, about: where all of it lives, profile: core, keeps: true}
  - {name: device-plugin, about: GPUs, profile: gpu, needs: [namespaces]}
"""
_FILES = {
    "stack.yaml": _STACK.encode(),
    "mysql/b-deployment.yaml": b"x: ${cube.entry.address}\n",
    "mysql/a-service.yaml": b"y: ${HOME} $other\n",
    "mysql/conf/my.cnf": b"A = 0\n",
    "mysql/sql/init.sql": b"create database;\n",
    "namespaces/all.yaml": b"z: 1\n",
    "device-plugin/daemonset.yaml": b"z: 1\n",
}


def parsed(changes: dict[str, bytes | None] | None = None) -> Stack:
    files = {**_FILES, **(changes or {})}
    return parse_stack({name: one for name, one in files.items() if one is not None}, "manifests")


def changed(old: str, new: str) -> Stack:
    assert old in _STACK
    return parsed({"stack.yaml": _STACK.replace(old, new, 1).encode()})


def told_by(error: AirgapError) -> list[str]:
    return [str(one) for one in (error.errors if isinstance(error, SeveralErrors) else [error])]


def test_reads_every_entry() -> None:
    stack = parsed()
    mysql = stack.component("mysql")
    assert (stack.name, stack.platform, stack.pull_secret) == (
        "cube-studio",
        "2026.03.01",
        "hubsecret",
    )
    assert mysql.manifests == ("mysql/a-service.yaml", "mysql/b-deployment.yaml")
    assert mysql.config_maps[0].keys == {
        "my.cnf": "mysql/conf/my.cnf",
        "init": "mysql/sql/init.sql",
    }
    assert mysql.deadline == 900
    assert mysql.settings[0].values == {"A": 1}
    assert mysql.awaits[0].kind == "StatefulSet"
    assert stack.secrets[0].keys["password"].length == 24
    assert stack.component("namespaces").keeps


def test_components_come_after_what_they_need() -> None:
    assert [one.name for one in parsed().components] == ["namespaces", "mysql", "device-plugin"]


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("needs: [namespaces]", "needs: [namespace]", "manifests/stack.yaml:21: component mysql"),
        ("profile: core", "profile: cores", "there is no profile cores"),
        ("{when: gpu}", "{when: entry.address}", "manifests/stack.yaml:9: profile gpu depends on"),
        ("default: false, about: w", "default: 0, about: w", "the default of gpu is neither"),
        ("conf/*.cnf", "conf/*.ini", "manifests/stack.yaml:24: no file of mysql/ is conf/*.ini"),
        ("init=sql", "my.cnf=sql", "both become my.cnf"),
        ("conf/my.cnf, set", "conf/none, set", "mysql/conf/none is in no config map of mysql"),
        ("{text: root}", "{text: '${cube.nope}'}", "stack.yaml:15: there is no value 'nope'"),
        ("deadline: 900", "deadlines: 900", "manifests/stack.yaml:22: "),
        ("name: device-plugin", "name: mysql", "component mysql is there 2 times"),
        ("namespaces: [infra]", "namespaces: [Infra]", "manifests/stack.yaml:12: "),
        ('files: ["conf', 'files: ["../conf', "manifests/stack.yaml:24: "),
        ("generate: 24", "generate: 4", "less than the minimum"),
        ("gpu: {type", "platform: {type", "the value platform exists in every stack"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_with_its_line(old: str, new: str, told: str) -> None:
    with pytest.raises((UsageError, SeveralErrors)) as caught:
        changed(old, new)
    assert any(told in one for one in told_by(caught.value)), told_by(caught.value)


def test_a_wrong_name_is_answered_with_the_nearest() -> None:
    with pytest.raises(UsageError) as caught:
        changed("needs: [namespaces]", "needs: [namespace]")
    assert caught.value.remedy == "did you mean namespaces?"


def test_a_circle_of_needs_is_told() -> None:
    text = _STACK.replace("profile: core, keeps: true", "profile: core, needs: [mysql]")
    with pytest.raises(UsageError, match="need each other in a circle: "):
        parsed({"stack.yaml": text.encode()})


def test_a_component_without_files_is_told() -> None:
    with pytest.raises(UsageError, match=r"component device-plugin has no objects"):
        parsed({"device-plugin/daemonset.yaml": None})


def test_a_file_that_nobody_takes_is_told() -> None:
    with pytest.raises(SeveralErrors) as caught:
        parsed({"mysql/notes.txt": b"", "redis/deployment.yaml": b""})
    assert told_by(caught.value) == [
        "manifests/mysql/notes.txt: no config map takes mysql/notes.txt",
        "manifests/redis/deployment.yaml: no component takes redis/deployment.yaml",
    ]


def test_an_unknown_value_is_told_with_file_and_line() -> None:
    with pytest.raises(UsageError, match=r"manifests/mysql/a-service.yaml:2: .*'entry.adress'"):
        parsed({"mysql/a-service.yaml": b"a: 1\nb: ${cube.entry.adress}\n"})


def test_a_placeholder_that_is_not_closed_is_told() -> None:
    with pytest.raises(UsageError, match="not closed"):
        parsed({"mysql/a-service.yaml": b"a: ${cube.gpu\n"})


def test_comments_of_the_stack_may_explain_placeholders() -> None:
    parsed({"stack.yaml": b"# ${cube.NAME} stands for a value\n" + _FILES["stack.yaml"]})


def test_a_stack_needs_its_file() -> None:
    with pytest.raises(MissingError):
        parsed({"stack.yaml": None})


def test_a_directory_is_read_without_what_is_no_part_of_it(tmp_path: Path) -> None:
    for name, content in {**_FILES, "job-templates/a.json": b"{}", ".git/x": b""}.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    assert stack_files(tmp_path) == _FILES
    assert read_stack(tmp_path).origin == str(tmp_path)


def test_a_link_is_refused(tmp_path: Path) -> None:
    (tmp_path / "stack.yaml").symlink_to("/etc/hosts")
    with pytest.raises(UsageError, match="is a link"):
        stack_files(tmp_path)
