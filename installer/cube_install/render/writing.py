"""Writing a rendered stack into a directory, where people and other tools can look at it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from cube_airgap.digest import Digest
from cube_airgap.disk import write_atomically, writing_to
from cube_airgap.errors import UsageError
from cube_airgap.stack_values import as_text
from cube_airgap.yaml_writing import yaml_document
from cube_install.stack.rendered import workload_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from cube_airgap.stack_entries import KeyRule
    from cube_install.stack.rendered import RenderedComponent, RenderedStack

MARK = ".cube-install-render"
"""The file by which a directory is known as one of ours: names of files, and their digests."""


def written_files(stack: RenderedStack) -> dict[str, bytes]:
    """The files of `stack` by name: NN-COMPONENT.yaml in their order, secrets and a summary.

    Secrets have no values here: those are made when deploying.
    """
    digits = max(2, len(str(len(stack.components))))
    files = {
        f"{number:0{digits}}-{one.name}.yaml": _component(one).encode()
        for number, one in enumerate(stack.components, 1)
    }
    files["secrets.txt"] = "".join(f"{line}\n" for line in _secrets(stack)).encode()
    files["summary.txt"] = "".join(f"{line}\n" for line in _summary(stack)).encode()
    return files


def write_rendered(stack: RenderedStack, directory: Path) -> tuple[Path, ...]:
    """Write the files of `stack` below `directory`, and take away those of an earlier rendering.

    Raises UsageError where other files are there, or ones that were changed since; SpaceError.
    """
    files = written_files(stack)
    with writing_to(directory):
        directory.mkdir(parents=True, exist_ok=True)
        earlier = _earlier(directory)
        new = {name: {str(Digest.of(content))} for name, content in files.items()}
        # Told before they are there, so that a rendering that was stopped can be done again.
        either = {name: earlier.get(name, set()) | new.get(name, set()) for name in earlier | new}
        _write_mark(directory, either)
        for name, content in files.items():
            write_atomically(directory / name, content)
        for name in set(earlier) - set(new):
            (directory / name).unlink(missing_ok=True)
        _write_mark(directory, new)
    return tuple(directory / name for name in files)


def _earlier(directory: Path) -> dict[str, set[str]]:
    """The digests that each file of an earlier rendering may have. Raises UsageError."""
    known: dict[str, set[str]] = {}
    mark = directory / MARK
    if mark.is_file():
        try:
            known = {str(name): set(ones) for name, ones in json.loads(mark.read_bytes()).items()}
        except (ValueError, AttributeError, TypeError):
            known = {}
    foreign = sorted(
        path.name
        for path in directory.iterdir()
        if path.name != MARK
        and not path.name.endswith(".part")
        and not _is_one_of(path, known.get(path.name, set()))
    )
    if foreign:
        raise UsageError(
            f"{directory} has something else in it, or something that was changed by hand: "
            f"{', '.join(foreign[:5])}{' and more' if len(foreign) > 5 else ''}",
            remedy="choose another directory with -o, or delete what is there",
        )
    return known


def _is_one_of(path: Path, digests: set[str]) -> bool:
    return path.is_file() and str(Digest.of(path.read_bytes())) in digests


def _write_mark(directory: Path, known: dict[str, set[str]]) -> None:
    content = {name: sorted(ones) for name, ones in sorted(known.items())}
    write_atomically(directory / MARK, json.dumps(content, indent=1).encode() + b"\n")


def _component(component: RenderedComponent) -> str:
    needs = f"\n# after: {', '.join(component.needs)}" if component.needs else ""
    parts = [f"# {component.name}: {component.about}{needs}\n"]
    for one in component.objects:
        served = f", served as one of {', '.join(one.served_as)}" if one.served_as else ""
        parts.append(f"---\n# {one.origin}{served}\n{yaml_document(one.body)}")
    return "".join(parts)


def _secrets(stack: RenderedStack) -> Iterator[str]:
    yield "# Made when deploying where they are not there yet; their values are never written here."
    yield f"{stack.pull_secret} in {', '.join(stack.namespaces)}: the login to {stack.registry}"
    for secret in stack.secrets:
        yield f"{secret.name} in {', '.join(secret.namespaces)}: {secret.about}"
        for name, key in secret.keys.items():
            yield f"  {name}: {_told(key)}"


def _told(key: KeyRule) -> str:
    if not key.length:
        return "fixed"
    told = f"{key.length} random letters and digits"
    adopted = key.adopted
    return f"{told}, or what {workload_of(adopted)} has as {adopted.env}" if adopted else told


def _summary(stack: RenderedStack) -> Iterator[str]:
    yield f"{stack.name} {stack.platform}, of bundle {stack.bundle}"
    yield f"registry: {stack.registry}"
    yield f"components: {len(stack.components)}, objects: {len(stack.objects)}"
    yield "values:"
    yield from (f"  {name}: {as_text(value)}" for name, value in sorted(stack.values.items()))
