from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

from cube_airgap.errors import AuthenticationError, UsageError
from cube_install.kubernetes import exec_plugin as exec_module
from cube_install.kubernetes.exec_plugin import ExecPlugin
from cube_install.kubernetes.kubeconfig import Entry
from tests.support.kubernetes.plugins import VERSION, credential, plugin, printing, runs

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.kubernetes.json_types import Json


def made(tmp_path: Path, fields: dict[str, Any], **cluster: Json) -> ExecPlugin:
    user = Entry(tmp_path / "config", "user", "one", {"exec": fields})
    of = {key.replace("_", "-"): value for key, value in cluster.items()}
    return ExecPlugin.of(user, fields, Entry(tmp_path / "config", "cluster", "one", of), {})


def test_it_gives_a_token(tmp_path: Path) -> None:
    source = made(tmp_path, printing(tmp_path / "plugin", credential(token="abc")))

    assert source.identity().authorization == "Bearer abc"


def test_it_gives_a_certificate(tmp_path: Path) -> None:
    answer = credential(clientCertificateData="chain", clientKeyData="key")
    shown = made(tmp_path, printing(tmp_path / "plugin", answer)).identity()

    assert shown.certificate
    assert (shown.certificate.chain, shown.certificate.key) == (b"chain", b"key")
    assert shown.authorization == ""


def test_it_is_run_once_for_all_threads(tmp_path: Path) -> None:
    source = made(tmp_path, printing(tmp_path / "plugin", credential(token="abc")))

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(lambda _: source.identity(), range(8)))

    assert runs(tmp_path / "plugin") == 1


def test_it_is_run_again_when_its_credentials_expired(tmp_path: Path) -> None:
    answer = credential(token="abc", expirationTimestamp="2020-01-01T00:00:00Z")
    source = made(tmp_path, printing(tmp_path / "plugin", answer))
    source.identity()
    source.identity()

    assert runs(tmp_path / "plugin") == 2


def test_it_is_not_run_again_before_its_credentials_expire(tmp_path: Path) -> None:
    answer = credential(token="abc", expirationTimestamp="2999-01-01T00:00:00Z")
    source = made(tmp_path, printing(tmp_path / "plugin", answer))
    source.identity()
    source.identity()

    assert runs(tmp_path / "plugin") == 1


def test_it_is_run_again_when_its_credentials_are_refused(tmp_path: Path) -> None:
    script = (
        "import pathlib, json\n"
        f"seen = pathlib.Path({str(tmp_path / 'seen')!r})\n"
        "token = 'second' if seen.exists() else 'first'\n"
        "seen.touch()\n"
        f"print(json.dumps({{'apiVersion': {VERSION!r}, 'kind': 'ExecCredential',"
        " 'status': {'token': token}}))\n"
    )
    source = made(tmp_path, plugin(tmp_path / "plugin", script))
    refused = source.identity()

    assert source.renew(refused)
    assert source.identity().authorization == "Bearer second"
    assert source.renew(refused)  # another thread renewed it already


def test_the_same_credentials_again_are_no_others(tmp_path: Path) -> None:
    source = made(tmp_path, printing(tmp_path / "plugin", credential(token="abc")))

    assert not source.renew(source.identity())


def test_it_gets_its_arguments_and_its_environment(tmp_path: Path) -> None:
    script = (
        "import json, os, sys\n"
        f"print(json.dumps({{'apiVersion': {VERSION!r}, 'kind': 'ExecCredential',"
        " 'status': {'token': ' '.join(sys.argv[1:]) + os.environ['MORE']}}))\n"
    )
    fields = plugin(tmp_path / "plugin", script)
    fields |= {"args": ["get", "token"], "env": [{"name": "MORE", "value": "!"}]}

    assert made(tmp_path, fields).identity().authorization == "Bearer get token!"


def test_it_is_told_the_cluster_if_it_wants_to_know(tmp_path: Path) -> None:
    script = (
        "import json, os\n"
        "info = json.loads(os.environ['KUBERNETES_EXEC_INFO'])\n"
        f"print(json.dumps({{'apiVersion': {VERSION!r}, 'kind': 'ExecCredential',"
        " 'status': {'token': json.dumps(info['spec'], sort_keys=True)}}))\n"
    )
    fields = plugin(tmp_path / "plugin", script) | {"provideClusterInfo": True}
    extensions = [{"name": "client.authentication.k8s.io/exec", "extension": {"audience": "x"}}]
    source = made(tmp_path, fields, server="https://one.example", extensions=extensions)

    told = json.loads(source.identity().authorization.removeprefix("Bearer "))

    cluster = {"server": "https://one.example", "config": {"audience": "x"}}
    assert told == {"cluster": cluster, "interactive": False}


def failing(tmp_path: Path, fields: dict[str, Any]) -> AuthenticationError:
    with pytest.raises(AuthenticationError) as caught:
        made(tmp_path, fields).identity()
    return caught.value


def test_a_failing_plugin_is_told_with_what_it_says(tmp_path: Path) -> None:
    script = "import sys\nprint('log in first', file=sys.stderr)\nprint('geheim')\nsys.exit(3)\n"

    error = failing(tmp_path, plugin(tmp_path / "plugin", script))

    assert "it ends with 3 (log in first)" in str(error)
    assert "geheim" not in str(error)
    assert "user one" in str(error)


@pytest.mark.parametrize(
    ("answer", "what"),
    [
        ("geheim", "something else than JSON"),
        ("[1]", "no ExecCredential with a status"),
        ({"apiVersion": VERSION}, "no ExecCredential with a status"),
        ({**credential(token="geheim"), "apiVersion": "x"}, "does not answer in the version"),
        (credential(), "neither a token nor a certificate"),
        (credential(clientCertificateData="x"), "neither a token nor a certificate"),
        (credential(token="geheim", expirationTimestamp="soon"), "no RFC 3339 time"),
    ],
)
def test_an_answer_that_is_none_is_told_without_it(tmp_path: Path, answer: Json, what: str) -> None:
    error = failing(tmp_path, printing(tmp_path / "plugin", answer))

    assert what in str(error)
    assert "geheim" not in str(error)


def test_a_plugin_that_does_not_end_is_stopped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exec_module, "_SECONDS", 0.2)

    error = failing(tmp_path, plugin(tmp_path / "plugin", "import time\ntime.sleep(60)\n"))

    assert "does not end within" in str(error)


def test_a_plugin_that_is_not_installed_is_told_with_its_hint(tmp_path: Path) -> None:
    fields = {"apiVersion": VERSION, "command": "no-such-plugin", "installHint": "apt install it"}

    with pytest.raises(UsageError, match=r"no-such-plugin .* cannot be run: No such") as caught:
        made(tmp_path, fields).identity()

    assert caught.value.remedy == "apt install it"


@pytest.mark.parametrize(
    ("fields", "what"),
    [
        ({"apiVersion": VERSION}, "its exec names no command"),
        ({"command": "x", "apiVersion": "client.authentication.k8s.io/v1alpha1"}, "apiVersion"),
        (
            {"command": "x", "apiVersion": VERSION, "interactiveMode": "Always"},
            "wants to ask a person",
        ),
    ],
)
def test_fields_that_cannot_be_used_are_told(
    tmp_path: Path, fields: dict[str, Any], what: str
) -> None:
    with pytest.raises(UsageError, match=what):
        made(tmp_path, fields)
