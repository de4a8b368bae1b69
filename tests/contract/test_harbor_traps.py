"""What one has to know of Harbor before sending it blobs, beyond the shape of single answers."""

from __future__ import annotations

import base64
import json
import socket
import ssl
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

from cube_harbor.projects import Usage, read_usage
from tests.support.harbor.content import MEDIUM, OTHER
from tests.support.harbor.harbors import HARBORS, open_harbor
from tests.support.harbor.site import Site
from tests.support.harbor.talk import Talk, basic
from tests.support.image_factory import digest_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.harbor.running import RunningHarbor

_PATIENCE = 60
_PAUSE = 0.1


@pytest.fixture(scope="module", params=HARBORS)
def site(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Site]:
    with open_harbor(request.param, tmp_path_factory.mktemp("harbor")) as harbor:
        site = Site(harbor)
        yield site
        site.close()


@pytest.fixture
def talk(site: Site) -> Iterator[Talk]:
    with site.talk() as talk:
        yield talk


def begin(talk: Talk, project: str) -> str:
    return talk.quietly(f"POST /v2/{project}/x/blobs/uploads/").location


def send_half(harbor: RunningHarbor, location: str, data: bytes) -> None:
    """Announce `data`, send half of it, and go away."""
    parts = urlsplit(location)
    head = (
        f"PATCH {parts.path}?{parts.query} HTTP/1.1\r\nHost: {parts.netloc}\r\n"
        f"Authorization: {basic(harbor.username, harbor.password)}\r\n"
        f"Content-Type: application/octet-stream\r\nContent-Length: {len(data)}\r\n\r\n"
    )
    with connected(harbor, parts.hostname or "", parts.port or 443) as connection:
        connection.sendall(head.encode() + data[: len(data) // 2])


def connected(harbor: RunningHarbor, host: str, port: int) -> socket.socket:
    connection = socket.create_connection((host, port))
    if harbor.is_plain:
        return connection
    context = ssl.create_default_context(cafile=harbor.ca_file)
    return context.wrap_socket(connection, server_hostname=host)


def test_a_chunk_that_broke_off_cannot_be_gone_on_with(site: Site, talk: Talk) -> None:
    project = site.new_project()
    location = talk.quietly(f"PATCH {begin(talk, project)}", body=MEDIUM).location
    # What the registry has not yet written is forgotten, so a small part would leave no trace.
    send_half(site.harbor, location, bytes(5_000_000))
    end = time.monotonic() + _PATIENCE
    while (state := talk.quietly(f"GET {location}")).status == 204:
        assert time.monotonic() < end, "the registry does not notice that the client went away"
        time.sleep(_PAUSE)
    assert (state.status, state.json["errors"][0]["code"]) == (404, "BLOB_UPLOAD_INVALID")
    assert talk.quietly(f"PATCH {location}", body=MEDIUM).status == 404


def test_an_upload_that_ends_with_a_body_is_counted_by_that_body_alone(
    site: Site, talk: Talk
) -> None:
    project = site.new_project(limit=10_000_000)
    location = talk.quietly(f"PATCH {begin(talk, project)}", body=MEDIUM).location
    digest = digest_of(MEDIUM + OTHER)
    assert talk.quietly(f"PUT {location}&digest={digest}", body=OTHER).status == 201
    assert read_usage(site.api(), project) == Usage(len(OTHER), 10_000_000)


def test_an_upload_that_ends_without_a_body_is_counted_whole(site: Site, talk: Talk) -> None:
    project = site.new_project(limit=10_000_000)
    location = talk.quietly(f"PATCH {begin(talk, project)}", body=MEDIUM).location
    location = talk.quietly(f"PATCH {location}", body=OTHER).location
    digest = digest_of(MEDIUM + OTHER)
    assert talk.quietly(f"PUT {location}&digest={digest}", body=b"").status == 201
    assert read_usage(site.api(), project) == Usage(len(MEDIUM) + len(OTHER), 10_000_000)


def test_a_blob_counts_once_in_a_project(site: Site, talk: Talk) -> None:
    project = site.new_project(limit=10_000_000)
    location = begin(talk, project)
    digest = digest_of(MEDIUM)
    assert talk.quietly(f"PUT {location}&digest={digest}", body=MEDIUM).status == 201
    mount = f"POST /v2/{project}/y/blobs/uploads/?mount={digest}&from={project}/x"
    assert talk.quietly(mount).status == 201
    assert read_usage(site.api(), project) == Usage(len(MEDIUM), 10_000_000)


def access(talk: Talk, query: str, login: str | None = None) -> dict[str, set[str]]:
    """What a token for `query` allows, by repository."""
    path = f"GET /service/token?service=harbor-registry{query}"
    body: Any = talk.ask(query or "nothing", path, login).json
    assert body["access_token"] == ""
    claims = body["token"].split(".")[1]
    told = json.loads(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))
    return {one["name"]: set(one["actions"] or ()) for one in told["access"]}


def test_a_token_allows_what_the_account_may_and_not_what_was_asked_for(
    site: Site, talk: Talk
) -> None:
    project = site.new_project()
    scopes = f"&scope=repository:{project}/x:pull&scope=repository:{project}-none/x:pull,push"
    allowed = access(talk, scopes)
    assert allowed == {f"{project}/x": {"pull", "push", "delete"}, f"{project}-none/x": set()}


def test_a_token_for_a_wrong_password_allows_nothing(site: Site, talk: Talk) -> None:
    project = site.new_project()
    scope = f"&scope=repository:{project}/x:pull,push"
    assert access(talk, scope, basic("cube-nobody", "wrong")) == {f"{project}/x": set()}


def test_a_token_from_before_a_project_is_of_no_use_in_it(site: Site, talk: Talk) -> None:
    name = site.new_name()
    path = f"GET /service/token?service=harbor-registry&scope=repository:{name}/x:pull,push"
    early = f"Bearer {talk.ask('early', path).json['token']}"
    made = talk.quietly("POST /api/v2.0/projects", body={"project_name": name})
    assert made.status == 201
    answer = talk.ask("used", f"POST /v2/{name}/x/blobs/uploads/", early)
    assert answer.status == 401
