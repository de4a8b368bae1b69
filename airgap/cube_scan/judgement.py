"""Deciding what a sighted text is: a reference, a placeholder, a mistake, or not to be told."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import TYPE_CHECKING

from cube_airgap.errors import UsageError
from cube_airgap.reference import DOCKER_HUB, Reference
from cube_scan.findings import Claim, Kind

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cube_scan.findings import Sighting
    from cube_scan.vocabulary import Vocabulary

_FULL_SHAPE = re.compile(
    r"[A-Za-z0-9][A-Za-z0-9._:/-]*(?::[A-Za-z0-9_][\w.-]*|@sha256:[0-9a-f]{64})"
)
_SCHEME = re.compile(r"^(?:https?|docker|oci|docker-image)://")
_ADDRESSES = {
    Claim.FETCHED: Kind.ASSET,
    Claim.ENDPOINT: Kind.ENDPOINT,
    Claim.LINK: Kind.LINK,
}
_PORT = re.compile(r"[0-9]{2,5}")
_NAME_WITH_VERSION = re.compile(r"([a-z][a-z_-]*?)[-_.]?([0-9][\w.-]*)")


@dataclass(frozen=True)
class Verdict:
    """What a text is, with the reference it stands for, or why it stands for none."""

    kind: Kind
    reference: Reference | None = None
    note: str = ""
    suggestion: str = ""


@dataclass
class Known:
    """Names that are images for certain: seen in places that say so, or listed."""

    references: set[str] = field(default_factory=set)
    names: set[str] = field(default_factory=set)

    def add(self, reference: Reference) -> None:
        """Remember an image that is one for certain."""
        self.references.add(reference.familiar)
        self.names.add(reference.name)


class Judge:
    """Judges sightings one by one; `known` is what the whole tree is known to use."""

    def __init__(self, vocabulary: Vocabulary, known: Known) -> None:
        self._words = vocabulary
        self._known = known
        self._candidates = {name: f"{name}:latest" for name in sorted(vocabulary.official)}
        self._candidates.update((text, text) for text in sorted(known.references))

    def judge(self, sighting: Sighting) -> Verdict | None:
        """What the text is; None for what has nothing to do with images."""
        if sighting.claim.is_address:
            return Verdict(_ADDRESSES[sighting.claim], note=sighting.note)
        if sighting.claim is Claim.PARTIAL:
            return Verdict(Kind.UNKNOWN, note=sighting.note)
        text = _SCHEME.sub("", sighting.reference or sighting.text).strip()
        if not text:
            return None
        if sighting.claim is not Claim.MAYBE:
            return self._meant(sighting, text)
        return None if sighting.text.startswith("http") else self._maybe(text)

    def _meant(self, sighting: Sighting, text: str) -> Verdict | None:
        """A text in a place that says that it is an image."""
        if sighting.text.startswith(("http://", "https://")):
            return self._address(text)
        if self._words.is_placeholder(text):
            return Verdict(Kind.PLACEHOLDER)
        if self._words.is_file_name(text):
            return None
        if sighting.claim is Claim.CONTAINED and ":" not in text and "/" not in text:
            return self._bare_in_container(text)
        return self._named(text)

    def certain(self, sighting: Sighting) -> Reference | None:
        """The reference of a sighting that is one without knowing any other."""
        text = sighting.reference or sighting.text
        if sighting.claim is Claim.PARTIAL or sighting.claim.is_address:
            return None
        if self._words.is_placeholder(text) or self._words.is_file_name(text):
            return None
        if sighting.claim is Claim.MAYBE and not self._is_full(text):
            return None
        reference = _parsed(text)
        if reference is None or not self._is_explicit(text):
            return None
        return reference

    def _named(self, text: str) -> Verdict | None:
        reference = _parsed(text)
        if reference is None:
            return self._mistaken(text)
        if not self._is_explicit(text) and not self._exists(reference):
            return self._unheard_of(text)
        return Verdict(Kind.REFERENCE, reference)

    def _bare_in_container(self, text: str) -> Verdict | None:
        reference = _parsed(text)
        if reference is None or text in self._words.not_images:
            return None
        if self._exists(reference):
            return Verdict(Kind.REFERENCE, reference)
        return Verdict(Kind.UNKNOWN, note="a bare word among images: a label, or an image's name")

    def _maybe(self, text: str) -> Verdict | None:
        if self._words.is_placeholder(text) or self._words.is_file_name(text):
            return None
        if self._is_full(text):
            return Verdict(Kind.REFERENCE, _parsed(text))
        reference = _parsed(text) if _FULL_SHAPE.fullmatch(text) else None
        return self._shaped(text, reference) if reference else self._repository_or_prefix(text)

    def _shaped(self, text: str, reference: Reference) -> Verdict | None:
        """A text with a tag but no host, in a place that says nothing."""
        tag = reference.tag or ""
        if tag.lower() in self._words.not_tags or reference.host != DOCKER_HUB:
            return None
        if self._exists(reference):
            is_service = "/" not in text and _PORT.fullmatch(tag)
            return None if is_service else Verdict(Kind.REFERENCE, reference)
        if "/" in text and (tag == "latest" or any(char.isdigit() for char in tag)):
            return Verdict(Kind.UNKNOWN, note="it has the shape of a Docker Hub image")
        return None

    def _repository_or_prefix(self, text: str) -> Verdict | None:
        host, slash, path = text.partition("/")
        if not slash or not path or path.endswith("/") or not self._words.is_registry(host):
            return None
        if _parsed(text) is None:
            return None
        return Verdict(
            Kind.UNKNOWN, note="without a tag: a repository, or the beginning of several"
        )

    def _is_full(self, text: str) -> bool:
        """Whether host, path and tag are all there, so that nothing but an image reads like it."""
        if not _FULL_SHAPE.fullmatch(text):
            return False
        host, slash, rest = text.partition("/")
        if not slash or not ("." in host or ":" in host) or host.startswith("."):
            return False
        tag = rest.rpartition(":")[2].lower()
        return tag not in self._words.not_tags and _parsed(text) is not None

    def _is_explicit(self, text: str) -> bool:
        return any(mark in text for mark in ":/@")

    def _exists(self, reference: Reference) -> bool:
        bare = reference.repository.removeprefix("library/")
        return reference.name in self._known.names or (
            reference.host == DOCKER_HUB and bare in self._words.official
        )

    def _address(self, text: str) -> Verdict | None:
        if not self._words.is_registry(text.partition("/")[0]) or _parsed(text) is None:
            return None
        note = "an address; a reference has no scheme before it"
        return Verdict(Kind.INVALID, note=note, suggestion=text)

    def _unheard_of(self, text: str) -> Verdict:
        return Verdict(
            Kind.INVALID,
            note=f"no tag, and Docker Hub has no official image {text!r}",
            suggestion=self._nearest(text),
        )

    def _mistaken(self, text: str) -> Verdict | None:
        is_wording = not text.isascii() and not self._is_explicit(text)
        if is_wording or any(char.isspace() for char in text):
            return None
        try:
            Reference.parse(text)
        except UsageError as error:
            return Verdict(
                Kind.INVALID, note=error.what.partition(": ")[2], suggestion=self._repaired(text)
            )
        return None

    def _repaired(self, text: str) -> str:
        repaired = re.sub(r":{2,}", ":", text.replace("\uff1a", ":")).strip(":/,;").lower()
        return repaired if _parsed(repaired) else self._nearest(repaired)

    def _nearest(self, text: str) -> str:
        match = _NAME_WITH_VERSION.fullmatch(text)
        if match and (match[1] in self._words.official or self._is_known_name(match[1])):
            return f"{match[1]}:{match[2]}"
        near = get_close_matches(text, self._candidates, n=1, cutoff=0.75)
        return self._candidates[near[0]] if near else ""

    def _is_known_name(self, text: str) -> bool:
        reference = _parsed(text)
        return reference is not None and reference.name in self._known.names


def known_from(judge: Judge, sightings: Iterable[Sighting]) -> Known:
    """The names of all sightings that are images whatever else there is."""
    known = Known()
    for sighting in sightings:
        reference = judge.certain(sighting)
        if reference is not None:
            known.add(reference)
    return known


def _parsed(text: str) -> Reference | None:
    try:
        return Reference.parse(text)
    except UsageError:
        return None
