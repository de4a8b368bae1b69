"""A request to the double, taken apart as Kubernetes' paths are."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, unquote, urlsplit

from tests.support.kubernetes.answers import Refused, bad_request

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.support.kubernetes.json_types import Json


@dataclass(frozen=True)
class Request:
    """`user` is the one that the client's certificate names; empty without one."""

    method: str
    target: str
    headers: Mapping[str, str]
    raw: bytes = field(default=b"", repr=False)
    user: str = ""

    @property
    def path(self) -> str:
        return urlsplit(self.target).path

    @property
    def query(self) -> dict[str, str]:
        return dict(parse_qsl(urlsplit(self.target).query, keep_blank_values=True))

    @property
    def is_dry(self) -> bool:
        return self.query.get("dryRun") == "All"

    @property
    def manager(self) -> str:
        """By default the first part of the client's name, as on a real server."""
        agent = self.headers.get("User-Agent", "unknown")
        return self.query.get("fieldManager") or agent.partition("/")[0]

    @property
    def content_type(self) -> str:
        return self.headers.get("Content-Type", "").partition(";")[0].strip()

    @property
    def body(self) -> Json:
        try:
            return json.loads(self.raw)
        except ValueError:
            raise Refused(bad_request("the body is no JSON")) from None


@dataclass(frozen=True)
class ObjectPath:
    """What /apis/GROUP/VERSION/namespaces/NAMESPACE/PLURAL/NAME/SUBRESOURCE names."""

    group: str
    version: str
    namespace: str
    plural: str
    name: str = ""
    subresource: str = ""

    @classmethod
    def of(cls, path: str) -> ObjectPath | None:
        """None for a path that is none of objects."""
        parts = [unquote(one) for one in path.strip("/").split("/")]
        if parts[0] == "api" and len(parts) > 2:
            group, version, rest = "", parts[1], parts[2:]
        elif parts[0] == "apis" and len(parts) > 3:
            group, version, rest = parts[1], parts[2], parts[3:]
        else:
            return None
        namespace = ""
        if rest[0] == "namespaces" and len(rest) > 2 and rest[2] not in {"status", "finalize"}:
            namespace, rest = rest[1], rest[2:]
        rest += [""] * (3 - len(rest))
        return cls(group, version, namespace, *rest[:3]) if len(rest) == 3 else None
