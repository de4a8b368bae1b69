"""What is wrong with directories as nodes have them: absent, full, read-only, or not shared."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from cube_console.amounts import size_text
from cube_install.deploy.prerequisites.directories import making_command
from cube_install.harbor.finding import Finding, Severity

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

_FULL = 1 << 30
_TOLD = 5
# File systems that are one machine's own.
_LOCAL = {"btrfs", "ext2/ext3", "ext2", "ext3", "ext4", "overlay", "tmpfs", "xfs", "zfs"}


@dataclass(frozen=True)
class SeenDirectory:
    """A directory of a node: the type and source of its file system, and its free bytes.

    `source` is empty where it is absent; `failure` says why it could not be made.
    """

    path: str
    type: str = ""
    source: str = ""
    free: int = 0
    is_read_only: bool = False
    failure: str = ""

    @classmethod
    def of(cls, line: str) -> Self:
        """What a line of node_directories.sh tells. Raises ValueError."""
        kind, path, *rest = line.split("\t")
        if kind == "there":
            type_, source, free, writing = rest
            return cls(path, type_, source, 1024 * int(free), writing == "ro")
        if kind not in {"absent", "failed"}:
            raise ValueError(line)
        return cls(path, failure=" ".join(rest))


def directory_faults(seen: Mapping[str, Sequence[SeenDirectory]]) -> Iterator[Finding]:
    """What is wrong with the directories that were `seen`, by node."""
    if failed := _where(seen, lambda one: bool(one.failure)):
        why = next(one.failure for ones in seen.values() for one in ones if one.failure)
        yield Finding(
            Severity.ERROR,
            f"{_told(failed)} could not be made: {why}",
            "make them by hand where the storage is, or let root of the nodes write there",
        )
    if absent := _where(seen, lambda one: not one.source and not one.failure):
        paths = sorted({path for found in absent.values() for path in found})
        yield Finding(
            Severity.ERROR,
            f"{_told(absent)} is not there",
            "mount the shared storage there if it is not; then give --make-directories, or run "
            f"there: {making_command(paths)}",
        )
    if full := _where(seen, lambda one: bool(one.source) and one.free < _FULL):
        least = min(one.free for ones in seen.values() for one in ones if one.source)
        yield Finding(
            Severity.ERROR, f"the disk of {_told(full)} is full: {size_text(least)} are free",
            "make room there, or mount larger storage",
        )  # fmt: skip
    if frozen := _where(seen, lambda one: one.is_read_only):
        yield Finding(
            Severity.ERROR, f"the file system of {_told(frozen)} is read-only",
            "see what the node's kernel says of it (dmesg), and mount it so that it can be written",
        )  # fmt: skip
    own = _where(seen, lambda one: one.type in _LOCAL)
    if len(own) > 1 or (own and len(seen) > len(own)):
        yield Finding(
            Severity.WARNING,
            f"{_told(own)} is on a disk of the node's own: what pods write on one node, those on "
            "others will not see",
            "mount the shared storage there on every node",
        )


def _where(
    seen: Mapping[str, Sequence[SeenDirectory]], is_meant: Callable[[SeenDirectory], bool]
) -> dict[str, tuple[str, ...]]:
    """The paths that are meant, by node; nodes without any are left out."""
    found = {node: tuple(one.path for one in ones if is_meant(one)) for node, ones in seen.items()}
    return {node: paths for node, paths in found.items() if paths}


def _told(found: Mapping[str, tuple[str, ...]]) -> str:
    """Each group of directories with the nodes that have it in common."""
    nodes: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for node, paths in found.items():
        nodes[paths].append(node)
    return "; ".join(f"{_some(paths)} of {_some(names)}" for paths, names in nodes.items())


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - _TOLD} more" if len(names) > _TOLD else ""
    return f"{', '.join(names[:_TOLD])}{more}"
