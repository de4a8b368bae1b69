"""Laying kustomizations over what was found in the files that they take in."""

from __future__ import annotations

import posixpath
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from cube_scan.findings import Claim, Sighting, Way
from cube_scan.kubectl import rendered_images
from cube_scan.kustomize import (
    KUSTOMIZATION_NAMES,
    ImageRule,
    Kustomization,
    Use,
    changed,
    read_kustomization,
    roots_of,
    uses_of,
)
from cube_scan.problem import Problem, Severity
from cube_scan.tables import setting

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from cube_scan.files import SourceFile
    from cube_scan.recipe import Effects
    from cube_scan.text_finder import TextFinder
    from cube_scan.vocabulary import Vocabulary


@dataclass
class Rendering:
    """The sightings of a tree by file, and what kustomizations make of them."""

    root: Path
    sightings: dict[str, list[Sighting]]
    effects: Effects
    problems: list[Problem] = field(default_factory=list)
    replaced: set[tuple[str, int]] = field(default_factory=set)
    kept: set[tuple[str, int]] = field(default_factory=set)

    def lay(self, files: Iterable[SourceFile], texts: TextFinder, words: Vocabulary) -> None:
        """Apply every kustomization among `files`."""
        files = list(files)
        names = frozenset(file.name for file in files)
        found = [
            one
            for file in files
            if posixpath.basename(file.name) in KUSTOMIZATION_NAMES
            and (one := read_kustomization(file, names)) is not None
        ]
        all_of = {one.file: one for one in found}
        for one in found:
            self.problems.extend(one.problems)
            self.sightings[one.file] = list(_own(one, texts, words))
        applied = [one for one in found if one.directory in self.effects.kustomizations]
        roots = {one.file: one for one in (*roots_of(all_of), *applied)}
        before = {file: list(sightings) for file, sightings in self.sightings.items()}
        handled: dict[str, list[Use]] = {}
        for root in roots.values():
            for use in uses_of(root, all_of):
                handled.setdefault(use.file, []).append(use)
        for file, uses in handled.items():
            self._replace(file, uses, before.get(file, []))
        for root in roots.values():
            self._finish(root, all_of, before)

    def _replace(self, file: str, uses: list[Use], sightings: list[Sighting]) -> None:
        """Put each container image as kustomizations leave it in the place of the written one."""
        applied = {posixpath.dirname(use.root) for use in uses} & self.effects.kustomizations
        if applied:
            self.effects.applied.add(file)
        kept: list[Sighting] = []
        for sighting in sightings:
            results = [changed(sighting.text, use.rules) for use in uses]
            if sighting.way is not Way.CONTAINER or not any(used for _, used in results):
                kept.append(sighting)
                continue
            for text, used in results:
                way = Way.KUSTOMIZE if used else Way.CONTAINER
                kept.append(replace(sighting, way=way, reference=text if used else ""))
                for rule in used:
                    self._note_rule(rule, text)
        self.sightings[file] = [
            *self.sightings.get(file, ())[len(sightings) :],
            *dict.fromkeys(kept),
        ]

    def _note_rule(self, rule: ImageRule, reference: str) -> None:
        """A rule is a place of the reference that it makes."""
        place = f"images[{rule.number}]"
        text = rule.new_name or rule.name
        sighting = Sighting(text, rule.line, place, Way.KUSTOMIZE, Claim.IMAGE, reference)
        self._add(rule.file, sighting)

    def _finish(
        self,
        root: Kustomization,
        all_of: dict[str, Kustomization],
        before: dict[str, list[Sighting]],
    ) -> None:
        """Tell of rules that fit nothing, and compare with what kubectl renders."""
        uses = uses_of(root, all_of)
        images = [
            _Rendered(*changed(sighting.text, use.rules), use.file, sighting.line)
            for use in uses
            for sighting in before.get(use.file, ())
            if sighting.way is Way.CONTAINER
        ]
        fitting = {rule for image in images for rule in image.rules}
        for rule in dict.fromkeys(rule for use in uses for rule in use.rules):
            if rule not in fitting:
                self._unused(rule)
        taken = [all_of[use.file] for use in uses if use.file in all_of]
        beyond = sorted({key for one in taken for key in one.beyond_us})
        rendered = None
        if beyond and all(one.is_self_contained for one in taken):
            rendered = rendered_images(self.root / root.directory)
        if beyond and rendered is None:
            what = f"it uses {', '.join(beyond)}, and kubectl could not render it"
            remedy = "install kubectl, and scan the whole checkout"
            self.problems.append(Problem(root.file, 1, Severity.WARNING, what, remedy))
        self._compare(root, rendered, images)

    def _unused(self, rule: ImageRule) -> None:
        text, _ = changed(rule.name, [rule])
        note = "no resource here has this image: its base is not in the tree, or it has no effect"
        place = f"images[{rule.number}]"
        sighting = Sighting(text, rule.line, place, Way.KUSTOMIZE, Claim.PARTIAL, note=note)
        self._add(rule.file, sighting)

    def _add(self, file: str, sighting: Sighting) -> None:
        found = self.sightings.setdefault(file, [])
        if sighting not in found:
            found.append(sighting)

    def _compare(
        self, root: Kustomization, rendered: frozenset[str] | None, own: list[_Rendered]
    ) -> None:
        """Add what only kubectl sees; mark what it does not see, for something replaced it."""
        for image in own:
            is_there = rendered is None or image.text in rendered
            (self.kept if is_there else self.replaced).add((image.file, image.line))
        found = self.sightings.setdefault(root.file, [])
        told = {image.text for image in own} | {sighting.text for sighting in found}
        for text in sorted((rendered or frozenset()) - told):
            note = "rendered by kubectl kustomize"
            found.append(Sighting(text, 1, "", Way.KUSTOMIZE, Claim.IMAGE, note=note))

    def is_replaced(self, file: str, line: int) -> bool:
        """Whether every kustomization that takes in the image there puts another in its place."""
        return (file, line) in self.replaced - self.kept


@dataclass(frozen=True)
class _Rendered:
    """A container's image after the rules that were for it, and where it is written."""

    text: str
    rules: list[ImageRule]
    file: str
    line: int


def _own(one: Kustomization, texts: TextFinder, words: Vocabulary) -> Iterable[Sighting]:
    """What the kustomization file holds by itself: inline patches and literals."""
    for scalar in one.inline:
        yield from texts.inside(scalar, "patches", "patch")
    for scalar in one.literals:
        name, _, value = scalar.text.partition("=")
        yield from setting(name, value.strip("\"'"), scalar.line, words)
