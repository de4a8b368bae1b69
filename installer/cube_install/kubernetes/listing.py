"""All objects of a kind, page by page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cube_install.kubernetes.api import Call
from cube_install.kubernetes.refusals import RefusalError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from cube_install.kubernetes.api import Api
    from cube_install.kubernetes.discovery import ApiKind

PAGE = 500  # as kubectl
_GONE = 410


def list_all(
    api: Api, kind: ApiKind, namespace: str, selectors: Mapping[str, str], page: int = PAGE
) -> list[dict[str, Any]]:
    """All objects that the `selectors` (labelSelector, fieldSelector) choose. Raises AirgapError.

    `page` is how many are asked for at once.
    A list that the server forgets between two pages is read once more, in one piece.
    """
    query = {name: text for name, text in selectors.items() if text}
    try:
        return list(_pages(api, kind, namespace, query | {"limit": str(page)}))
    except RefusalError as error:
        if error.status.code != _GONE:
            raise
    return list(_pages(api, kind, namespace, query))


def _pages(
    api: Api, kind: ApiKind, namespace: str, query: Mapping[str, str]
) -> Iterator[dict[str, Any]]:
    token = ""
    while True:
        more = {**query, "continue": token} if token else query
        body = api.body(Call("GET", kind.path(namespace), f"list {kind.plural}", more))
        for item in body.get("items") or ():
            # Lists of built-in kinds leave out what all have in common.
            yield {"apiVersion": kind.api_version, "kind": kind.kind, **item}
        token = (body.get("metadata") or {}).get("continue") or ""
        if not token:
            return
