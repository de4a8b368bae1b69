"""Addresses in a text: files that a run fetches, services that it asks, links for people."""

from __future__ import annotations

import ipaddress
import re
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from cube_scan.findings import Claim, Sighting, Way
from cube_scan.vocabulary import Vocabulary

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_URL = re.compile(r"(?:https?|ftp)://[^\s\"'<>\\`|^\u3000-\u303f\uff00-\uffef]+")
_SEGMENT = re.compile(r"&&|\|\||[;|\n]")
_VARIABLE = re.compile(r"([A-Za-z_][\w.-]*)\s*[=:]\s*[\"']?$")
_MARKUP = re.compile(r"(?:href|src|xmlns(?::\w+)?)\s*=\s*\\?[\"']?$", re.IGNORECASE)
_INDEX = re.compile(
    r"(?:--(?:extra-)?index-url|index-url|--find-links|\s-i|--registry|--proxy)[\s=]+\S*$"
)
_LOGIN = re.compile(r"//[^/@]*@")
_TRAILING = ".,;:!?)]}"


def urls_in(
    text: str, line: int, field: str, key: str = "", *, way: Way = Way.VALUE
) -> Iterator[Sighting]:
    """Every address in `text`, which stands under `key`; `line` is that of the text's beginning."""
    if "://" not in text:
        return
    for match in _URL.finditer(text):
        url = match[0].rstrip(_TRAILING)
        claim = _claim(url, text[max(0, match.start() - 400) : match.start()], key.lower())
        if claim is not None:
            # Who may log in there is nobody's business.
            url = _LOGIN.sub("//***@", url)
            yield Sighting(url, line, field, way, claim)


def _claim(url: str, before: str, key: str) -> Claim | None:
    words = Vocabulary.shipped().urls
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        return None
    if _is_inside(host, words["inside"]):
        return None
    if host in words["namespaces"] or _MARKUP.search(before):
        return Claim.LINK
    command = _SEGMENT.split(before)[-1].lower()
    if _INDEX.search(f" {command}") or any(_is_run(one, command) for one in words["askers"]):
        return Claim.ENDPOINT
    if any(_is_run(fetcher, command) for fetcher in words["fetchers"]):
        return Claim.ENDPOINT if parts.path.endswith(".git") else Claim.FETCHED
    variable = _VARIABLE.search(before)
    return _by_name(parts.path.lower(), variable[1].lower() if variable else key)


def _by_name(path: str, key: str) -> Claim:
    """What an address under `key` is, by that name and by what it ends with."""
    vocabulary = Vocabulary.shipped()
    words = vocabulary.urls
    is_archive = path.endswith(words["archive_ends"])
    if vocabulary.is_document_key(key):
        return Claim.LINK
    if key in words["link_keys"] and not is_archive:
        return Claim.LINK
    is_file = path.endswith(words["file_ends"])
    if is_file or key in words["asset_keys"]:
        return Claim.FETCHED
    if any(word in key for word in words["endpoint_keys"]):
        return Claim.ENDPOINT
    return Claim.LINK


def _is_run(fetcher: str, command: str) -> bool:
    begin = command.find(fetcher)
    while begin >= 0:
        before = command[begin - 1] if begin else " "
        if not (before.isalnum() or before in "-_."):
            return True
        begin = command.find(fetcher, begin + 1)
    return False


def _is_inside(host: str, inside: Iterable[str]) -> bool:
    if "." not in host or any(fnmatchcase(host, glob) for glob in inside):
        return True
    if not host.isascii() or any(char in host for char in "${}*"):
        return not host.isascii()
    try:
        return not ipaddress.ip_address(host).is_global
    except ValueError:
        return host.startswith("xx.") or host.endswith(".svc")
