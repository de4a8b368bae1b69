"""What to tell of an evaluated text: all of it, the part that is known, or nothing."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from cube_scan.findings import Claim, Sighting, Way
from cube_scan.lines import images_in_value, is_more_than_a_word
from cube_scan.python.text import Hole, Text, is_whole, shown
from cube_scan.tree import Scalar
from cube_scan.urls import urls_in

if TYPE_CHECKING:
    import ast
    from collections.abc import Iterator

    from cube_scan.python.context import Context
    from cube_scan.structured import InnerText
    from cube_scan.vocabulary import Vocabulary

_IMAGE_END = re.compile(r"/[\w.-]+:[\w.-]*$|:\$\{[^}]*\}$")
_HOLE = re.compile(r"\$\{([^}]*)\}")
_PUT_TOGETHER = "it is put together from what this file does not say"
_COMMAND = re.compile(r"\b(?:docker|nerdctl|crictl|podman|ctr)\b.*\b(?:pull|run)\b")


class Telling:
    """Turns the values of one expression into sightings; `inner` looks into longer texts."""

    def __init__(self, vocabulary: Vocabulary, inner: InnerText) -> None:
        self._words = vocabulary
        self._inner = inner

    def of(self, text: Text, node: ast.expr, context: Context) -> Iterator[Sighting]:
        """The sightings of one value of `node`."""
        if is_whole(text):
            yield from self._whole(shown(text), node, context)
        elif _COMMAND.search(shown(text)):
            yield from self._several_words(shown(_named_plainly(text)), node, context)
        elif self._is_worth_telling(text, context):
            is_set_outside = any(isinstance(part, Hole) and part.is_variable for part in text)
            note = _PUT_TOGETHER
            if is_set_outside:
                note = "an environment variable decides it, and there is no fall-back"
            place = (node.lineno, context.path, Way.PYTHON)
            yield Sighting(shown(text), *place, Claim.PARTIAL, note=note)
        elif is_more_than_a_word(shown(text).strip()):
            yield from self._template(shown(_named_plainly(text)), node, context)

    def _template(self, text: str, node: ast.expr, context: Context) -> Iterator[Sighting]:
        """A longer text with holes, such as a manifest that a program fills in.

        What is nothing but a hole is told where its value stands.
        """
        for sighting in self._several_words(text, node, context):
            if "${" not in sighting.text:
                yield sighting
            elif not sighting.claim.is_address:
                place = replace(context, claim=sighting.claim)
                if self._is_worth_telling(_with_holes(sighting.text), place):
                    yield replace(sighting, claim=Claim.PARTIAL, note=_PUT_TOGETHER)

    def _whole(self, text: str, node: ast.expr, context: Context) -> Iterator[Sighting]:
        if context.is_for_images:
            found = Sighting(text, node.lineno, context.path, Way.PYTHON, context.claim)
            yield from images_in_value(found, is_block=False)
        elif is_more_than_a_word(text.strip()):
            yield from self._several_words(text, node, context)
            return
        elif not self._words.is_document_key(context.name):
            yield Sighting(text, node.lineno, context.path, Way.PYTHON, context.claim)
        yield from urls_in(text, node.lineno, context.path, context.name, way=Way.PYTHON)

    def _several_words(self, text: str, node: ast.expr, context: Context) -> Iterator[Sighting]:
        """A longer text: where it is written over several lines, each stands in its own."""
        is_spread = (node.end_lineno or node.lineno) > node.lineno and "\n" in text
        scalar = Scalar(text, node.lineno - 1 if is_spread else node.lineno, block=is_spread)
        yield from self._inner(scalar, context.path, context.name)

    def _is_worth_telling(self, text: Text, context: Context) -> bool:
        """Whether a partly known text may be an image: by its name, or by what is known of it."""
        holes = [part for part in text if isinstance(part, Hole)]
        known = "".join(part for part in text if isinstance(part, str))
        is_path = isinstance(text[0], str) and text[0].startswith(("/", "."))
        if any(char.isspace() for char in known) or "://" in known or is_path:
            return False
        if isinstance(text[-1], str) and self._words.is_file_name(f"-{text[-1]}"):
            return False
        if context.is_for_images:
            return bool(known) or any(hole.is_variable for hole in holes)
        if "/" not in known:
            return False
        return self._words.is_registry(known.partition("/")[0]) or bool(
            _IMAGE_END.search(shown(text))
        )


def _with_holes(shown_text: str) -> Text:
    """The text that is shown like this."""
    parts = _HOLE.split(shown_text)
    return tuple(Hole(part) if n % 2 else part for n, part in enumerate(parts) if n % 2 or part)


def _named_plainly(text: Text) -> Text:
    """The text with holes whose names are words, so that the shell's rules can be applied to it."""
    return tuple(
        part if isinstance(part, str) else Hole(re.sub(r"\W+", "_", part.name).strip("_"))
        for part in text
    )
