"""Where images are mentioned: a look into texts, whatever they are, for names and digests."""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING

from cube_airgap.errors import UsageError
from cube_airgap.reference import Reference

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from cube_airgap.digest import Digest
    from cube_install.prune.candidates import Candidate

# What a backslash goes before may be a letter of its own, or stand for the end of a line.
_WORD = re.compile(r"(\\?)([A-Za-z0-9][A-Za-z0-9._/:@-]*)")
_ESCAPED = ("n", "r", "t")
_HEX = re.compile(r"[0-9a-f]{64}")
_LONG = 64  # so much is a digest, if nothing else
_AFTER_NAMES = ".:-/@"
_TELLING = ("image", "repository")


def sought(candidate: Candidate, tags: Iterable[str], parts: Iterable[Digest]) -> frozenset[str]:
    """What a text says that means the image, which has `tags` now, and these manifests as parts.

    That is its digests, and with these tags its names: ours, also at whatever other host the
    registry is known as, and those of its origins.
    """
    found = {digest.hex for digest in parts}
    for image in candidate.images:
        found |= {image.digest.hex, image.origin_digest.hex}
        for tag in tags:
            found |= {str(image.origin.tagged(tag)), str(image.target.tagged(tag))}
            found.add(f"/{image.target.repository}:{tag}")
    return frozenset(found)


class Mentions:
    """Which of the `wanted` words of sought() are in texts, each with the first that has it."""

    def __init__(self, wanted: frozenset[str]) -> None:
        self._wanted = wanted
        self._bases = {_base(word) for word in wanted}
        self._tags: dict[str, set[str]] = defaultdict(set)
        for word in wanted:
            name, colon, tag = word.rpartition(":")
            if colon:
                self._tags[name].add(tag)
        self._places: dict[str, str] = {}

    def empty(self) -> Mentions:
        """One that looks for the same, and has found nothing yet."""
        return Mentions(self._wanted)

    def add(self, where: str, text: str) -> None:
        """Take in a text; `where` tells people what it is."""
        before = ""
        seen: set[tuple[str, bool]] = set()
        for backslash, word in _WORD.findall(text):
            # Nearly all words of large texts end here.
            base = _base(word.rstrip(_AFTER_NAMES))
            if base in self._bases or len(word) >= _LONG or (backslash and base[1:] in self._bases):
                told = before.rstrip(":").lower().endswith(_TELLING)
                for one in {(reading, told) for reading in _readings(backslash, word)} - seen:
                    seen.add(one)
                    for found in self._named(one[0], text, is_told=told):
                        self._places.setdefault(found, where)
            before = word

    def merge(self, other: Mentions) -> None:
        """Take over what another one found."""
        self._places = other._places | self._places

    def of(self, words: Iterable[str]) -> str | None:
        """Where one of these words is; None where none is."""
        return next((self._places[word] for word in words if word in self._places), None)

    def _named(self, word: str, text: str, *, is_told: bool) -> Iterator[str]:
        """The wanted words that `word` of `text` means; `is_told` is set behind `image:`."""
        if len(word) >= _LONG:
            yield from (one for one in _HEX.findall(word) if one in self._wanted)
        name, at, _ = word.partition("@")
        if _base(name) not in self._bases:
            return
        is_bare = ":" not in name.rpartition("/")[2]
        if is_bare and (at or not ("/" in name or is_told)):
            return
        try:
            reference = Reference.parse(name)
        except UsageError:
            return
        names = (reference.name, f"/{reference.repository}")
        there = {f"{one}:{reference.tag}" for one in names}
        if is_bare:
            there |= {f"{one}:{tag}" for one in names for tag in self._tags_apart(one, text)}
        yield from there & self._wanted

    def _tags_apart(self, name: str, text: str) -> Iterator[str]:
        """Wanted tags of `name` that stand anywhere in the text: charts have them beside it."""
        for tag in self._tags.get(name, ()):
            if re.search(rf"(?<![\w.-]){re.escape(tag)}(?![\w-]|\.\w)", text):
                yield tag


def _readings(backslash: str, word: str) -> Iterator[str]:
    """The word as it may be meant: without what surrounds names, and behind an escaped letter."""
    bare = word.rpartition("//")[2]
    yield from dict.fromkeys((bare, bare.rstrip(_AFTER_NAMES)))
    if backslash and word.startswith(_ESCAPED):
        rest = word[1:].lstrip(_AFTER_NAMES)
        yield from dict.fromkeys((rest, rest.rstrip(_AFTER_NAMES)))


def _base(name: str) -> str:
    """The last part of a name, without its tag and digest."""
    return name.partition("@")[0].rpartition("/")[2].partition(":")[0]
