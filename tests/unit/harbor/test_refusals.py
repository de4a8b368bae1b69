from __future__ import annotations

import json

import pytest

from cube_airgap.errors import (
    AirgapError,
    AuthenticationError,
    MissingError,
    NetworkError,
    SpaceError,
    UsageError,
)
from cube_airgap.registry.login import Login
from cube_harbor.refusals import fails_for_now, refusal
from cube_harbor.reply import Reply

LOGIN = Login("the file", "ann", "hidden-password")
READ_ONLY = "The system is in read only mode. Any modification is prohibited."
FULL = "adding 1 MiB ... will exceed the configured upper limit of 1 MiB."


def reply(status: int, message: str = "why not", kind: str = "application/json") -> Reply:
    raw = json.dumps({"errors": [{"code": "X", "message": message}]}).encode()
    return Reply(status, {"content-type": kind}, raw)


def error(answer: Reply, login: Login | None = LOGIN) -> AirgapError:
    return refusal(answer, "harbor.example", "do it", login)


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, UsageError),
        (401, AuthenticationError),
        (403, AuthenticationError),
        (404, MissingError),
        (409, UsageError),
        (412, UsageError),
        (413, NetworkError),
        (422, UsageError),
        (500, NetworkError),
        (301, NetworkError),
    ],
)
def test_a_status_has_its_kind_of_error_with_harbors_words(
    status: int, kind: type[AirgapError]
) -> None:
    told = error(reply(status))
    assert type(told) is kind
    assert "harbor.example" in told.what
    assert "why not" in told.what
    assert told.remedy


def test_read_only_mode_is_told_as_such() -> None:
    told = error(reply(403, READ_ONLY))
    assert isinstance(told, SpaceError)
    assert "read-only mode" in told.what


def test_a_full_quota_is_told_as_such() -> None:
    told = error(reply(403, FULL))
    assert isinstance(told, SpaceError)
    assert "quota" in told.what


def test_without_a_login_one_is_asked_for() -> None:
    told = error(reply(401), None)
    assert "wants credentials to do it" in told.what
    assert "docker login harbor.example" in told.remedy


def test_a_web_page_points_to_a_proxy() -> None:
    assert "NO_PROXY" in error(reply(403, kind="text/html; charset=utf-8")).remedy


def test_no_refusal_shows_the_password() -> None:
    for status in (400, 401, 403, 404, 409, 413, 500, 504):
        told = error(reply(status))
        assert "hidden-password" not in f"{told!r}{told.remedy}"


def test_what_may_pass_says_so() -> None:
    assert "later" in fails_for_now(reply(502), "harbor.example").remedy
