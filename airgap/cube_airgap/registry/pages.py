"""Answers that come in pages, linked by `Link` headers (RFC 8288; distribution spec)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit

from requests.utils import parse_header_links

from cube_airgap.manifest import LARGEST_MANIFEST
from cube_airgap.registry.endpoint import Call

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cube_airgap.registry.answer import Answer
    from cube_airgap.registry.endpoint import Endpoint
    from cube_airgap.registry.retries import Retries

_MOST_PAGES = 100


def read_pages(
    endpoint: Endpoint, call: Call, retries: Retries, what: str
) -> Iterator[dict[str, Any]]:
    """The JSON object of each page; `what` names in errors what is read.

    Following pages are asked of the same registry, wherever a link leads. Raises AirgapError.
    """
    seen: set[str] = set()
    path: str | None = call.path
    while path and path not in seen and len(seen) < _MOST_PAGES:
        seen.add(path)
        page = Call(path, call.scopes, headers=call.headers)
        body, path = retries.run(lambda page=page: _page(endpoint, page, what))  # type: ignore[misc]
        yield body


def _page(endpoint: Endpoint, call: Call, what: str) -> tuple[dict[str, Any], str | None]:
    with endpoint.send(call) as answer:
        if answer.status != 200:
            raise endpoint.refusal(answer, what)
        return answer.json_object(LARGEST_MANIFEST), _next(answer)


def _next(answer: Answer) -> str | None:
    for link in parse_header_links(answer.header("Link")):
        if link.get("rel") == "next":
            parts = urlsplit(urljoin(answer.url, link["url"]))
            if parts.path.startswith("/v2/"):
                return f"{parts.path}?{parts.query}"
    return None
