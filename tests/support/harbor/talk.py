"""Talking to a Harbor as different people, without cookies, and keeping what was said."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Self

import requests
from requests.adapters import HTTPAdapter

from tests.support.harbor.exchange import Exchange, Names

if TYPE_CHECKING:
    from types import TracebackType

    from tests.support.harbor.running import RunningHarbor
    from tests.support.image_factory import ImageBlobs

ANONYMOUS = ""


def basic(username: str, password: str) -> str:
    return f"Basic {base64.b64encode(f'{username}:{password}'.encode()).decode()}"


@dataclass
class Talk:
    """A conversation with one Harbor; each exchange has a name of its own."""

    harbor: RunningHarbor
    names: Names
    exchanges: dict[str, Exchange] = field(default_factory=dict)
    robots: dict[str, str] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)
    adapter: HTTPAdapter = field(default_factory=HTTPAdapter)

    @classmethod
    def short(cls, harbor: RunningHarbor) -> Self:
        """One without names of its own."""
        return cls(harbor, Names(harbor.base, {}))

    @property
    def admin(self) -> str:
        return basic(self.harbor.username, self.harbor.password)

    def ask(
        self,
        name: str,
        question: str,
        authorization: str | None = None,
        *,
        body: Any = None,  # noqa: ANN401 - JSON, or bytes as they are
        headers: dict[str, str] | None = None,
        seen: str = "",
    ) -> Exchange:
        """Send `METHOD PATH`, as the administrator unless told otherwise, and keep the answer."""
        assert name not in self.exchanges, f"two exchanges are called {name}"
        exchange = self._exchange(name, question, authorization, body, headers or {})
        self.exchanges[name] = replace(exchange, seen=seen)
        return exchange

    def quietly(
        self,
        question: str,
        *,
        body: Any = None,  # noqa: ANN401 - JSON, or bytes as they are
        headers: dict[str, str] | None = None,
    ) -> Exchange:
        """Ask as the administrator what is not to be kept."""
        return self._exchange("", question, None, body, headers or {})

    def _exchange(
        self,
        name: str,
        question: str,
        authorization: str | None,
        body: Any,  # noqa: ANN401
        headers: dict[str, str],
    ) -> Exchange:
        method, _, template = question.partition(" ")
        path = self.names.filled(template)
        url = path if path.startswith("http") else f"{self.harbor.base}{path}"
        answer = self.adapter.send(
            self._prepared(method, url, authorization, body, headers),
            timeout=60,
            verify=self.harbor.ca_file or True,
        )
        kept = {key.lower(): value for key, value in answer.headers.items()}
        return Exchange(name, method, template, answer.status_code, kept, answer.content)

    def _prepared(
        self,
        method: str,
        url: str,
        authorization: str | None,
        body: Any,  # noqa: ANN401
        headers: dict[str, str],
    ) -> requests.PreparedRequest:
        whole = dict(headers)
        given = self.admin if authorization is None else authorization
        if given:
            whole["Authorization"] = given
        if body is not None and not isinstance(body, bytes):
            body = json.dumps(body).encode()
            whole.setdefault("Content-Type", "application/json")
        if isinstance(body, bytes):
            whole.setdefault("Content-Type", "application/octet-stream")
        prepared = requests.Request(method, url, headers=whole, data=body).prepare()
        prepared.url = url  # as it was written: requests changes what it takes for unusual
        return prepared

    def __enter__(self) -> Talk:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.adapter.close()


def push_image(harbor: RunningHarbor, repository: str, tag: str, image: ImageBlobs) -> None:
    """Push every blob and manifest, children first, as the administrator."""
    with Talk.short(harbor) as talk:
        for digest, data in image.blobs.items():
            if _is_manifest(data):
                continue
            begun = talk.quietly(f"POST /v2/{repository}/blobs/uploads/")
            assert begun.status == 202, begun
            ended = talk.quietly(f"PUT {begun.location}&digest={digest}", body=data)
            assert ended.status == 201, ended
        manifests = [(digest, data) for digest, data in image.blobs.items() if _is_manifest(data)]
        for name, data in [*manifests, (tag, image.root)]:
            headers = {"Content-Type": json.loads(data)["mediaType"]}
            put = f"PUT /v2/{repository}/manifests/{name}"
            answer = talk.quietly(put, body=data, headers=headers)
            assert answer.status == 201, answer


def _is_manifest(data: bytes) -> bool:
    return data.startswith(b'{"schemaVersion"')
