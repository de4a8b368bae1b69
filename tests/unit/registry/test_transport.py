"""Whom a redirected request still tells who asks."""

from __future__ import annotations

import io

import pytest
import requests
import urllib3

from cube_airgap.registry.access import RegistryAccess
from cube_airgap.registry.answer import Answer
from cube_airgap.registry.pace import Pace
from cube_airgap.registry.transport import HttpRequest, Transport


class Redirecting(Transport):
    """Answers by a script instead of asking: a test can have neither port 80 nor 443."""

    def __init__(self, target: str) -> None:
        super().__init__(RegistryAccess(insecure=frozenset({"a.example", "b.example"})))
        self.target = target
        self.sent: list[HttpRequest] = []

    def send(self, request: HttpRequest) -> Answer:
        self.sent.append(request)
        response = requests.Response()
        response.raw = urllib3.HTTPResponse(io.BytesIO(), preload_content=False)
        response.status_code = 200
        if len(self.sent) == 1:
            response.status_code = 307
            response.headers["Location"] = self.target
        return Answer(response, request.url, Pace())


@pytest.mark.parametrize(
    ("target", "told"),
    [
        ("https://a.example/other", "Basic c2VjcmV0"),
        ("https://a.example:443/other", "Basic c2VjcmV0"),
        ("http://a.example/other", ""),
        ("https://a.example:8443/other", ""),
        ("https://b.example/other", ""),
    ],
)
def test_only_the_same_host_by_the_same_scheme_is_told_the_login(target: str, told: str) -> None:
    transport = Redirecting(target)
    with transport.follow(HttpRequest("GET", "https://a.example/v2/", {}, "Basic c2VjcmV0")):
        pass
    transport.close()
    assert [one.authorization for one in transport.sent] == ["Basic c2VjcmV0", told]
