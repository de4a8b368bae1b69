from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cube_install.kubernetes.access import ClusterAccess, FixedCredentials, Identity
from cube_install.kubernetes.patience import Patience
from cube_install.kubernetes.transport import Request, Transport, proxy_for
from tests.support.kubernetes.answers import Answer
from tests.support.kubernetes.server import serving

if TYPE_CHECKING:
    from cube_install.kubernetes.status import Reply
    from tests.support.kubernetes.json_types import Json
    from tests.support.kubernetes.request import Request as Asked

NOBODY = Identity()
FINE = Answer(200, b"{}", {"Content-Type": "application/json"})


def exchanged(
    answer: Answer, request: Request, identity: Identity = NOBODY, **more: Json
) -> tuple[Asked, Reply]:
    """What arrives at the server, and what comes back."""
    seen: list[Asked] = []

    def note(asked: Asked) -> Answer:
        seen.append(asked)
        return answer

    with serving(note, None) as port:
        server = f"http://me:geheim@127.0.0.1:{port}/k8s"
        access = ClusterAccess(server, "context one", FixedCredentials("user one"), **more)
        transport = Transport(access, Patience())
        reply = transport.send(request, identity)
        transport.close()
    return seen[0], reply


def test_the_servers_path_comes_first_and_its_user_is_not_sent() -> None:
    asked, _ = exchanged(FINE, Request("GET", "/version?a=b"))

    assert asked.target == "/k8s/version?a=b"
    assert "Authorization" not in asked.headers


def test_an_identity_is_shown_and_others_are_acted_for() -> None:
    headers = (("Impersonate-User", "eve"),)

    asked, _ = exchanged(FINE, Request("GET", "/x"), Identity("Bearer abc"), headers=headers)

    assert asked.headers["Authorization"] == "Bearer abc"
    assert asked.headers["Impersonate-User"] == "eve"


def test_a_body_is_sent_as_it_is() -> None:
    asked, _ = exchanged(FINE, Request("PATCH", "/x", b'{"a": 1}', "application/apply-patch+yaml"))

    assert asked.raw == b'{"a": 1}'
    assert asked.headers["Content-Type"] == "application/apply-patch+yaml"


def test_headers_and_warnings_are_kept() -> None:
    warnings = ("first", 'says "no", and \\ more', "third, with a comma")

    _, reply = exchanged(Answer(404, b"x", {"Retry-After": "3"}, warnings), Request("GET", "/x"))

    assert (reply.code, reply.raw, reply.headers["retry-after"]) == (404, b"x", "3")
    assert reply.warnings == warnings


def test_redirects_are_not_followed() -> None:
    _, reply = exchanged(Answer(302, b"", {"Location": "/elsewhere"}), Request("GET", "/x"))

    assert reply.code == 302


def access(server: str, proxy: str = "") -> ClusterAccess:
    return ClusterAccess(server, "context one", FixedCredentials("user one"), proxy=proxy)


def test_the_kubeconfigs_proxy_wins_over_the_environments(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://environment.example:1")

    assert (
        proxy_for(access("https://one.example", "http://own.example:2")) == "http://own.example:2"
    )
    assert proxy_for(access("https://one.example")) == "http://environment.example:1"


@pytest.mark.parametrize("no_proxy", ["one.example", ".example", "10.0.0.0/8", "*"])
def test_the_environment_names_hosts_without_a_proxy(
    monkeypatch: pytest.MonkeyPatch, no_proxy: str
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://environment.example:1")
    monkeypatch.setenv("NO_PROXY", no_proxy)
    host = "10.1.2.3" if "/" in no_proxy else "one.example"

    assert proxy_for(access(f"https://{host}:6443")) == ""


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.1.2.3", "[::1]"])
def test_this_host_is_reached_without_the_environments_proxy(
    monkeypatch: pytest.MonkeyPatch, host: str
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://environment.example:1")

    assert proxy_for(access(f"https://{host}:6443")) == ""
