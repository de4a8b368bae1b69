"""An image reference: host, repository, tag and digest, by the rules that Docker set."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Self

from cube_airgap.digest import Digest
from cube_airgap.errors import IntegrityError, UsageError

DOCKER_HUB = "docker.io"
_HUB_ALIASES = {"index.docker.io", "registry-1.docker.io", "registry.hub.docker.com"}

_LABEL = r"(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])"
_HOST = re.compile(rf"(?:{_LABEL}(?:\.{_LABEL})*|\[[a-fA-F0-9:]+\])(?::([0-9]{{1,5}}))?")
_PATH_PART = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_REPOSITORY = re.compile(rf"{_PATH_PART}(?:/{_PATH_PART})*")
_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}")
_IMAGE_ID = re.compile(r"[a-f0-9]{64}")
_LONGEST_NAME = 255
_LONGEST = 1024
_LARGEST_PORT = 65535


@dataclass(frozen=True, slots=True)
class Reference:
    """A full image reference; `tag` and `digest` may both be there, and one always is.

    Grammar: distribution/reference. A name without host is Docker Hub's, a single Hub name is in
    `library/`, and a name without tag and digest means `latest`.
    """

    host: str
    repository: str
    tag: str | None = None
    digest: Digest | None = None

    @classmethod
    def parse(cls, text: str, *, where: str = "") -> Self:
        """Read a familiar or canonical reference; `where` tells the error's reader its origin.

        Raises UsageError.
        """
        try:
            return cls._parse(text)
        except (ValueError, IntegrityError) as error:
            origin = f" ({where})" if where else ""
            raise UsageError(
                f"{text[:300]!r}{origin} is not an image reference: {error}",
                remedy="write it as [HOST[:PORT]/]REPOSITORY[:TAG][@sha256:DIGEST], in lower case",
            ) from None

    @classmethod
    def _parse(cls, text: str) -> Self:
        if len(text) > _LONGEST:
            raise ValueError(f"it is longer than {_LONGEST} characters")
        if _IMAGE_ID.fullmatch(text):
            raise ValueError("64 hexadecimal digits are an image ID, not a name")
        name, at, digest_text = text.partition("@")
        digest = Digest.parse(digest_text) if at else None
        name, tag = _split_tag(name)
        host, repository = _split_host(name)
        if not _REPOSITORY.fullmatch(repository):
            raise ValueError(_why_not_a_repository(repository))
        if len(host) + 1 + len(repository) > _LONGEST_NAME:
            raise ValueError(f"the name is longer than {_LONGEST_NAME} characters")
        if tag is None and digest is None:
            tag = "latest"
        return cls(host, repository, tag, digest)

    @property
    def name(self) -> str:
        """Host and repository."""
        return f"{self.host}/{self.repository}"

    @property
    def familiar(self) -> str:
        """The short form that people type: no `docker.io/library/` where none is needed."""
        if self.host != DOCKER_HUB:
            return str(self)
        first, _, rest = self.repository.partition("/")
        if first == "library" and "/" not in rest:
            return str(self).removeprefix(f"{DOCKER_HUB}/library/")
        return str(self) if _looks_like_host(first) else str(self).removeprefix(f"{DOCKER_HUB}/")

    def at(self, digest: Digest) -> Reference:
        """The same name and tag, pinned to `digest`."""
        return replace(self, digest=digest)

    def tagged(self, tag: str) -> Reference:
        """Another tag of the same repository, not pinned. Raises UsageError for what is no tag."""
        return replace(self, tag=checked_tag(tag), digest=None)

    def __lt__(self, other: Reference) -> bool:
        return str(self) < str(other)

    def __str__(self) -> str:
        tag = f":{self.tag}" if self.tag else ""
        digest = f"@{self.digest}" if self.digest else ""
        return f"{self.name}{tag}{digest}"


def checked_tag(text: str) -> str:
    """`text`, if it is a tag. Raises UsageError."""
    if not _TAG.fullmatch(text):
        raise UsageError(
            f"{text[:140]!r} is not a tag",
            remedy="a tag has letters, digits, _, . and -, at most 128, and begins with no . or -",
        )
    return text


def checked_repository(text: str) -> str:
    """`text`, if it is a repository's path without host. Raises UsageError."""
    if len(text) > _LONGEST_NAME or not _REPOSITORY.fullmatch(text):
        raise UsageError(
            f"{text[:300]!r} is not the name of a repository",
            remedy="it has lower-case letters and digits in parts with / between them, inside a "
            f"part also ., _, __ and -, and at most {_LONGEST_NAME} characters",
        )
    return text


def _split_tag(name: str) -> tuple[str, str | None]:
    head, colon, tail = name.rpartition(":")
    if not colon or "/" in tail:
        return name, None
    if not _TAG.fullmatch(tail):
        raise ValueError(f"{tail[:140]!r} is not a tag")
    return head, tail


def _split_host(name: str) -> tuple[str, str]:
    first, slash, rest = name.partition("/")
    if slash and _looks_like_host(first):
        match = _HOST.fullmatch(first)
        if match is None or not 0 < int(match[1] or _LARGEST_PORT) <= _LARGEST_PORT:
            raise ValueError(f"{first!r} is not a host name")
        host, repository = first.lower(), rest
    else:
        host, repository = DOCKER_HUB, name
    if host in _HUB_ALIASES:
        host = DOCKER_HUB
    if host == DOCKER_HUB and "/" not in repository:
        repository = f"library/{repository}"
    return host, repository


def _looks_like_host(first: str) -> bool:
    """As Docker has it, but that upper case alone makes no host: in lower case it would be none."""
    return first.lower() == "localhost" or any(c in first for c in ".:")


def _why_not_a_repository(repository: str) -> str:
    bare = repository.removeprefix("library/")
    if not bare:
        return "it has no repository name"
    if bare != bare.lower():
        return f"the repository {bare!r} has upper-case letters"
    return f"{bare!r} is not a repository name"
