"""The paths below /v2/ that Harbor knows, and what they are about."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from tests.support.harbor.answers import refuse

if TYPE_CHECKING:
    from tests.support.harbor.request import Request
    from tests.support.harbor.state import State

_PART = r"[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*"
_NAME = rf"(?P<name>{_PART}(?:/{_PART})*)"
_TAG = re.compile(r"\w[\w.-]{0,127}", re.ASCII)


class Matter(Enum):
    MANIFEST = re.compile(rf"/v2/{_NAME}/manifests/(?P<reference>.*)")
    TAGS = re.compile(rf"/v2/{_NAME}/tags/list")
    BLOB = re.compile(rf"/v2/{_NAME}/blobs/(?P<reference>[a-z0-9]+:[a-f0-9]{{32,}})")
    UPLOAD = re.compile(rf"/v2/{_NAME}/blobs/uploads(?P<reference>[/a-zA-Z0-9\-_.=]*)")
    REFERRERS = re.compile(rf"/v2/{_NAME}/referrers/(?P<reference>.*)")


@dataclass(frozen=True)
class Address:
    """What a path is about; `name` is the repository with its project."""

    matter: Matter
    name: str
    reference: str

    @property
    def project(self) -> str:
        return self.name.partition("/")[0]

    @property
    def repository(self) -> str:
        return self.name.partition("/")[2]


def parse_address(request: Request, state: State) -> Address | None:
    """None for what no registry has. Raises Refused for names that are no repository's."""
    for matter in Matter:
        match = matter.value.fullmatch(request.path)
        if match is None:
            continue
        address = Address(matter, match["name"], match.groupdict().get("reference") or "")
        _check_name(address.name)
        if source := mount_source(request, address):
            _check_name(source)
        if matter is Matter.MANIFEST and not state.is_old:
            _check_tag(address.reference)
        return address
    return None


def mount_source(request: Request, address: Address) -> str:
    """The repository to mount from, or an empty text."""
    is_mount = address.matter is Matter.UPLOAD and request.method == "POST" and request.one("mount")
    return request.one("from") if is_mount else ""


def _check_name(name: str) -> None:
    if "/" not in name:
        raise refuse(400, "BAD_REQUEST", f"bad request: invalid repository name: {name}")


def _check_tag(reference: str) -> None:
    if ":" not in reference and not _TAG.fullmatch(reference):
        raise refuse(400, "BAD_REQUEST", f"bad request: invalid tag name: {reference}")
