"""What can be wrong with a stack beyond its schema: names that lead nowhere, files left over."""

from __future__ import annotations

from collections import Counter
from graphlib import CycleError, TopologicalSorter
from typing import TYPE_CHECKING

from cube_airgap.errors import UsageError
from cube_airgap.near_names import did_you_mean
from cube_airgap.placeholders import BUILT_IN, placeholders_in, texts_of
from cube_airgap.stack_entries import ValueType
from cube_airgap.stack_reading import matching_files
from cube_airgap.stack_values import problem_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cube_airgap.stack import Stack
    from cube_airgap.yaml_document import YamlDocument


def check_stack(stack: Stack, document: YamlDocument) -> Iterator[UsageError]:
    """Everything that is wrong with `stack`, which `document` says, with FILE:LINE."""
    yield from _values(stack, document)
    yield from _profiles(stack, document)
    yield from _names(stack, document)
    yield from _needs(stack, document)
    yield from _circles(stack)
    yield from _config_maps(stack, document)
    yield from _settings(stack)
    yield from _left_over(stack)
    yield from _placeholders(stack, document)


def _values(stack: Stack, document: YamlDocument) -> Iterator[UsageError]:
    for name, value in stack.values.items():
        where = document.where("values", name)
        if name in BUILT_IN:
            yield _wrong(where, f"the value {name} exists in every stack", "choose another name")
        problem = None if value.default is None else problem_of(value, value.default)
        if problem:
            yield _wrong(where, f"the default of {name} {problem}", "correct the default")


def _profiles(stack: Stack, document: YamlDocument) -> Iterator[UsageError]:
    for name, profile in stack.profiles.items():
        decider = profile.when or profile.unless
        value = stack.values.get(decider)
        if decider and (value is None or value.type is not ValueType.BOOLEAN):
            where = document.where("profiles", name, "when" if profile.when else "unless")
            booleans = [key for key, one in stack.values.items() if one.type is ValueType.BOOLEAN]
            what = f"profile {name} depends on {decider}, which is no boolean value"
            yield _wrong(where, what, did_you_mean(decider, booleans))
    used = [(one.profile, one.where) for one in stack.components]
    used += [(one.profile, one.where) for one in stack.secrets if one.profile]
    for name, where in used:
        if name not in stack.profiles:
            yield _wrong(where, f"there is no profile {name}", did_you_mean(name, stack.profiles))


def _names(stack: Stack, document: YamlDocument) -> Iterator[UsageError]:
    counted = Counter(one.name for one in stack.components)
    for name in sorted(name for name, times in counted.items() if times > 1):
        where = document.where("components")
        yield _wrong(where, f"component {name} is there {counted[name]} times", "keep one of them")
    made = Counter((one.name, space) for one in stack.secrets for space in one.namespaces)
    for (name, space), times in sorted(made.items()):
        if times > 1:
            where = document.where("secrets")
            yield _wrong(where, f"secret {space}/{name} is there {times} times", "keep one of them")


def _needs(stack: Stack, document: YamlDocument) -> Iterator[UsageError]:
    names = {one.name for one in stack.components}
    for number, one in enumerate(document.data["components"]):
        for position, need in enumerate(one.get("needs", ())):
            if need not in names:
                where = document.where("components", number, "needs", position)
                what = f"component {one['name']} needs {need}, and there is no such component"
                yield _wrong(where, what, did_you_mean(need, names))


def _circles(stack: Stack) -> Iterator[UsageError]:
    names = {one.name: one for one in stack.components}
    graph = {one.name: [need for need in one.needs if need in names] for one in stack.components}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        circle = list(reversed(error.args[1]))
        what = f"components need each other in a circle: {' needs '.join(circle)}"
        yield _wrong(names[circle[0]].where, what, "take one of these needs away")


def _config_maps(stack: Stack, document: YamlDocument) -> Iterator[UsageError]:
    for number, component in enumerate(document.data["components"]):
        for position, one in enumerate(component.get("configMaps", ())):
            path = ("components", number, "configMaps", position, "files")
            seen: dict[str, str] = {}
            for which, pattern in enumerate(one.get("files", ())):
                where = document.where(*path, which)
                found = list(matching_files(pattern, f"{component['name']}/", sorted(stack.files)))
                if not found:
                    what = f"no file of {component['name']}/ is {pattern}"
                    yield _wrong(where, what, "correct the pattern, or add the file")
                for key, name in found:
                    if seen.setdefault(key, name) != name:
                        what = f"{seen[key]} and {name} both become {key} of {one['name']}"
                        yield _wrong(where, what, "give one of them another key: KEY=PATH")


def _settings(stack: Stack) -> Iterator[UsageError]:
    for component in stack.components:
        mapped = {name for one in component.config_maps for name in one.keys.values()}
        for rule in component.settings:
            if rule.file not in mapped:
                what = f"{rule.file} is in no config map of {component.name}"
                yield _wrong(rule.where, what, "name a file that is")


def _left_over(stack: Stack) -> Iterator[UsageError]:
    folders = {one.name for one in stack.components}
    taken = {"stack.yaml"}
    for component in stack.components:
        taken.update(component.manifests)
        for rule in component.config_maps:
            taken.update(rule.keys.values())
            for name in sorted(set(rule.keys.values()) & set(component.manifests)):
                what = f"{name} is taken for objects, and the config map {rule.name} wants it too"
                yield _wrong(rule.where, what, "put it into a folder below its component's")
        if not component.manifests and not component.config_maps and not component.generates:
            what = f"component {component.name} has no objects: {component.name}/ has no *.yaml"
            yield _wrong(component.where, what, "write its manifests, or leave it out")
    for name in sorted(set(stack.files) - taken):
        folder, _, _ = name.partition("/")
        what = f"no config map takes {name}" if folder in folders else f"no component takes {name}"
        yield _wrong(f"{stack.origin}/{name}", what, "name it in stack.yaml, or delete it")


def _placeholders(stack: Stack, document: YamlDocument) -> Iterator[UsageError]:
    known = {*BUILT_IN, *stack.values}
    for where, used in (*_used_in_files(stack), *_used_in_document(document)):
        if used not in known:
            yield _wrong(where, f"there is no value {used!r}", did_you_mean(used, known))


def _used_in_files(stack: Stack) -> Iterator[tuple[str, str]]:
    for name, content in stack.files.items():
        if name != "stack.yaml" and b"${cube." in content:
            for line, used in placeholders_in(content.decode(errors="replace")):
                yield f"{stack.origin}/{name}:{line}", used


def _used_in_document(document: YamlDocument) -> Iterator[tuple[str, str]]:
    """Not by its text: its comments may explain what a placeholder is."""
    for path, text in texts_of(document.data):
        for _, used in placeholders_in(text):
            yield document.where(*path), used


def _wrong(where: str, what: str, remedy: str) -> UsageError:
    return UsageError(f"{where}: {what}", remedy=remedy)
