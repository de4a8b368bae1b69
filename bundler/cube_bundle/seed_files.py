"""Job templates, seed data and the stack as files of a bundle: ours, or those of a checkout."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from cube_airgap.digest import Digest
from cube_airgap.errors import AirgapError, UsageError
from cube_airgap.file_range import read_head
from cube_airgap.inspection import JOB_TEMPLATES
from cube_airgap.stack import STACK_FILE, STACK_MEMBERS
from cube_airgap.stack_parsing import read_stack
from cube_airgap.tar_member import checked_path
from cube_bundle.checkout.conversion import stack_of
from cube_bundle.checkout.recipe import recipe_for
from cube_bundle.job_templates import as_one_file, read_templates, seeded_file, shipped_templates
from cube_bundle.lock import FileOrigin, LockedFile
from cube_bundle.shipped_manifests import shipped_stack

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from cube_airgap.stack import Stack

SEED_DATA = "init-data/"
_OURS = f"{JOB_TEMPLATES}init-job-template.json"
_SEED_ENDS = (".json", ".csv")
_LARGEST = 16 << 20


@dataclass(frozen=True)
class SeedFiles:
    """Files of a bundle by path, and whose they are; `programs` are the paths of installers."""

    contents: Mapping[str, bytes] = field(default_factory=dict)
    origin: FileOrigin = FileOrigin.OURS
    programs: frozenset[str] = frozenset()

    @property
    def locked(self) -> tuple[LockedFile, ...]:
        """What a lock says of them."""
        return tuple(
            LockedFile(path, Digest.of(content), self._origin_of(path))
            for path, content in sorted(self.contents.items())
        )

    def _origin_of(self, path: str) -> FileOrigin:
        return FileOrigin.PROGRAM if path in self.programs else self.origin

    def with_programs(self, programs: Mapping[str, bytes]) -> SeedFiles:
        """These, and installers by path."""
        return replace(self, contents={**self.contents, **programs}, programs=frozenset(programs))

    def joined(self, other: SeedFiles) -> SeedFiles:
        """These and `other`'s, which are of the same origin."""
        return SeedFiles({**self.contents, **other.contents}, self.origin)


def our_files() -> SeedFiles:
    """The project's own job templates, as the one file that the platform reads."""
    return SeedFiles({_OURS: as_one_file(shipped_templates())})


def our_stack() -> SeedFiles:
    """The project's own stack. Raises what parse_stack() raises."""
    return SeedFiles(_members(shipped_stack()))


def checkout_files(checkout: Path) -> SeedFiles:
    """The job templates of a checkout of the platform, and the seed data beside them.

    With the stack that a recipe makes of it. Of a directory with a stack of our format, that and
    its job templates. Nothing where it has none of these. Raises UsageError with file and line for
    what is broken there, and MissingError where kubectl is needed and missing.
    """
    if (checkout / STACK_FILE).is_file():
        return SeedFiles(_stack_directory(checkout), FileOrigin.CHECKOUT)
    seeds = checkout_seeds(checkout)
    recipe = recipe_for(checkout)
    if recipe is None:
        return seeds
    stack = stack_of(checkout, recipe, shipped_stack(), seeds.contents)
    return seeds.joined(SeedFiles(_members(stack)))


def checkout_seeds(checkout: Path) -> SeedFiles:
    """The same without a stack."""
    seeded = seeded_file(checkout)
    if seeded is None:
        return SeedFiles(origin=FileOrigin.CHECKOUT)
    read_templates(seeded)
    files = {JOB_TEMPLATES + seeded.name: _read(seeded)}
    for path in sorted(seeded.parent.iterdir()):
        is_data = path.suffix in _SEED_ENDS and path.is_file() and not path.is_symlink()
        if is_data and path != seeded:
            files[_place(path)] = _read(path)
    return SeedFiles(files, FileOrigin.CHECKOUT)


def _stack_directory(directory: Path) -> dict[str, bytes]:
    """The members of a bundle that a directory in the form of our manifests becomes."""
    files = _members(read_stack(directory))
    templates = directory / "job-templates"
    if templates.is_dir():
        files[_OURS] = as_one_file(read_templates(templates))
    return files


def _members(stack: Stack) -> dict[str, bytes]:
    return {STACK_MEMBERS + name: content for name, content in stack.files.items()}


def recalled(locked: Iterable[LockedFile], checkout: Path | None) -> SeedFiles:
    """The files of a lock again, ours or those of `checkout`; raises UsageError if they changed.

    Installers are not among them: their makers have them.
    """
    wanted = {one.path: one for one in locked if one.origin is not FileOrigin.PROGRAM}
    if not wanted:
        return SeedFiles()
    if any(one.origin is FileOrigin.OURS for one in wanted.values()):
        there = our_files()
        if any(path.startswith(STACK_MEMBERS) for path in wanted):
            there = there.joined(our_stack())
    elif checkout is None:
        raise UsageError(
            "the lock has files of a checkout, whose bytes it does not hold",
            remedy="give the same checkout with --checkout",
        )
    elif any(path.startswith(STACK_MEMBERS) for path in wanted):
        there = checkout_files(checkout)
    else:
        there = checkout_seeds(checkout)
    changed = sorted(
        path
        for path, one in wanted.items()
        if not one.digest.matches(there.contents.get(path, b""))
    )
    if changed:
        raise UsageError(
            f"{', '.join(changed)} changed since the lock was made",
            remedy="make another lock, or use the checkout and the version of this program that "
            "the lock was made with",
        )
    return SeedFiles({path: there.contents[path] for path in sorted(wanted)}, there.origin)


def _place(path: Path) -> str:
    try:
        return checked_path(SEED_DATA + path.name)
    except AirgapError as error:
        raise UsageError(f"{path}: {error.what}", remedy="rename the file") from None


def _read(path: Path) -> bytes:
    raw = read_head(path, _LARGEST + 1)
    if len(raw) > _LARGEST:
        raise UsageError(
            f"{path} is larger than {_LARGEST >> 20} MiB",
            remedy="seed data is never so large: see what is in it, or move it elsewhere",
        )
    return raw
