"""Scanning trees: from paths to findings, each with its place, its way and its state."""

from __future__ import annotations

import posixpath
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from cube_airgap.errors import MissingError
from cube_airgap.reference import Reference
from cube_scan.file_finder import FileFinder
from cube_scan.files import NotTextError, Tree, decoded, held, walk
from cube_scan.findings import Finding, Kind, Place, Sighting, State, Way
from cube_scan.helm import charts_of, images_of_chart, templates_of
from cube_scan.judgement import Judge, Known, known_from
from cube_scan.operators import defaults_of
from cube_scan.problem import Problem, Severity
from cube_scan.recipe import Effects, Recipe, effects_of, shipped_recipes
from cube_scan.rendering import Rendering
from cube_scan.settings import settings_of
from cube_scan.text_finder import TextFinder
from cube_scan.vocabulary import Vocabulary

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

_OPERATOR_WAYS = {Way.CONTAINER, Way.KUSTOMIZE, Way.HELM}


@dataclass(frozen=True)
class ScanReport:
    """All findings of a scan, in the order of their places, and the problems met.

    `skipped` counts, by suffix, the files of kinds that are not looked into.
    """

    paths: tuple[str, ...]
    findings: tuple[Finding, ...]
    problems: tuple[Problem, ...]
    files: int
    skipped: dict[str, int]
    sources: tuple[str, ...]

    def of_kind(self, kind: Kind) -> list[Finding]:
        """The findings of one kind."""
        return [finding for finding in self.findings if finding.kind is kind]

    @property
    def references(self) -> dict[Reference, list[Finding]]:
        """The places of every reference, in the order of the references."""
        found: dict[Reference, list[Finding]] = {}
        for finding in self.findings:
            if finding.reference is not None:
                found.setdefault(finding.reference, []).append(finding)
        return dict(sorted(found.items(), key=lambda pair: str(pair[0])))

    def joined(self, other: ScanReport) -> ScanReport:
        """What both scans found."""
        return ScanReport(
            paths=(*self.paths, *other.paths),
            findings=(*self.findings, *other.findings),
            problems=(*self.problems, *other.problems),
            files=self.files + other.files,
            skipped=dict(Counter(self.skipped) + Counter(other.skipped)),
            sources=(*self.sources, *other.sources),
        )


@dataclass
class _Seen:
    """What was seen in one tree, before it is judged."""

    tree: Tree
    prefix: str
    texts: TextFinder
    effects: Effects = field(default_factory=Effects)
    sightings: dict[str, list[Sighting]] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    is_replaced: Callable[[str, int], bool] = lambda _file, _line: False

    def add_problems(self, problems: Iterable[Problem]) -> None:
        """Keep `problems`, with their files as people know them."""
        self.problems += [replace(one, file=self.prefix + one.file) for one in problems]

    def state_of(self, name: str, line: int) -> tuple[State, str]:
        """When what stands in that line takes effect, and why if that is not for its file."""
        state = self.effects.state_of(name)
        if self.is_replaced(name, line):
            return State.UNAPPLIED, "a kustomization puts another image in its place"
        return state, ""


def scan(
    paths: Sequence[Path],
    *,
    recipes: Sequence[Recipe] | None = None,
    listed: Sequence[Reference] = (),
    exclude: Sequence[str] = (),
) -> ScanReport:
    """Look into everything below `paths`; `listed` are images known by name beforehand.

    Recipes are tried in order; by default those that come with the package. `exclude` are shell
    patterns of paths that are left out. A file that cannot be read is a problem of the report.

    Raises MissingError for a path that does not exist.
    """
    chosen = tuple(shipped_recipes() if recipes is None else recipes)
    trees = []
    for path in paths:
        if not path.exists():
            raise MissingError(f"there is no {path}", remedy="give a directory or file that exists")
        prefix = f"{path}/" if len(paths) > 1 and path.is_dir() else ""
        trees.append(_look(walk(path, exclude), prefix, chosen))
    return _report([str(path) for path in paths], trees, listed)


def scan_contents(contents: Mapping[str, bytes], *, listed: Sequence[Reference] = ()) -> ScanReport:
    """Look into files that are in memory, by their names; `listed` as of scan().

    All of them count as used: there are no recipes, charts and kustomizations.
    """
    return _report([], [_look_into(held(contents), "", frozenset())], listed)


def _report(paths: Sequence[str], trees: list[_Seen], listed: Sequence[Reference]) -> ScanReport:
    findings = sorted(_judged(trees, listed), key=lambda finding: (finding.place, finding.text))
    skipped: Counter[str] = sum((seen.tree.skipped for seen in trees), Counter())
    return ScanReport(
        paths=tuple(paths),
        findings=tuple(findings),
        problems=tuple(sorted({problem for seen in trees for problem in seen.problems})),
        files=sum(len(seen.tree.files) for seen in trees),
        skipped=dict(skipped),
        sources=tuple(seen.effects.source for seen in trees if seen.effects.source),
    )


def _look(tree: Tree, prefix: str, recipes: tuple[Recipe, ...]) -> _Seen:
    """Look into a tree of files on disk, where some decide what others mean."""
    names = frozenset(file.name for file in tree.files)
    charts = charts_of(names)
    seen = _look_into(tree, prefix, templates_of(charts, names))
    for chart in charts:
        for name, sighting in images_of_chart(chart, tree.root):
            seen.sightings.setdefault(name, []).append(sighting)
    seen.effects = effects_of(tree.root, names, recipes)
    rendering = Rendering(tree.root, seen.sightings, seen.effects)
    rendering.lay(tree.files, seen.texts, Vocabulary.shipped())
    seen.is_replaced = rendering.is_replaced
    seen.add_problems([*rendering.problems, *_remote(seen.effects)])
    return seen


def _look_into(tree: Tree, prefix: str, templates: frozenset[str]) -> _Seen:
    """Look into each file by itself."""
    words = Vocabulary.shipped()
    seen = _Seen(tree, prefix, TextFinder(words, settings_of(tree.files)))
    finder = FileFinder(words, seen.texts, templates)
    seen.add_problems(tree.problems)
    for file in tree.files:
        inspected = finder.inspect(file)
        seen.sightings[file.name] = inspected.sightings
        seen.add_problems(inspected.problems)
    return seen


def _remote(effects: Effects) -> Iterator[Problem]:
    for script, line, address in effects.remote:
        what = f"it applies {address}, which is not in the tree"
        remedy = "fetch that manifest, and scan it as well"
        yield Problem(script, line, Severity.WARNING, what, remedy)


def _judged(trees: list[_Seen], listed: Sequence[Reference]) -> Iterator[Finding]:
    words = Vocabulary.shipped()
    everything = [one for seen in trees for found in seen.sightings.values() for one in found]
    known = known_from(Judge(words, Known()), everything)
    for reference in listed:
        known.add(reference)
    judge = Judge(words, known)
    for seen in trees:
        for name, sightings in seen.sightings.items():
            for sighting in sightings:
                finding = _finding(judge, sighting, seen, name)
                if finding is not None:
                    yield finding
                    yield from _defaults(finding, seen, name)


def _finding(judge: Judge, sighting: Sighting, seen: _Seen, name: str) -> Finding | None:
    verdict = judge.judge(sighting)
    if verdict is None:
        return None
    state, why = seen.state_of(name, sighting.line)
    return Finding(
        kind=verdict.kind,
        text=sighting.text,
        place=Place(seen.prefix + name, sighting.line, sighting.field),
        way=sighting.way,
        state=state,
        reference=verdict.reference,
        note=why or verdict.note or sighting.note,
        suggestion=verdict.suggestion,
        rest=sighting.rest,
    )


def _defaults(operator: Finding, seen: _Seen, name: str) -> Iterator[Finding]:
    """The images that the operator found asks for without any manifest's saying so."""
    if operator.reference is None or operator.way not in _OPERATOR_WAYS:
        return
    if posixpath.basename(name).lower().startswith("kustomization"):
        return
    for default in defaults_of(operator.reference):
        if default.flag not in _text_of(seen.tree, name):
            yield replace(
                operator,
                text=default.image,
                way=Way.OPERATOR_DEFAULT,
                reference=Reference.parse(default.image, where="operators.yaml"),
                note=default.why,
            )


def _text_of(tree: Tree, name: str) -> str:
    file = next((one for one in tree.files if one.name == name), None)
    try:
        return decoded(file.read())[0] if file else ""
    except (NotTextError, OSError):
        return ""
