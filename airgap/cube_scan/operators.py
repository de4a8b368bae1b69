"""Images that operators ask for by defaults compiled into them, which no manifest mentions."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from typing import TYPE_CHECKING, Any

from cube_scan.vocabulary import shipped_data

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cube_airgap.reference import Reference


@dataclass(frozen=True)
class Default:
    """An image, the flag by which a manifest replaces it, and why the operator asks for it."""

    image: str
    flag: str
    why: str


def defaults_of(operator: Reference) -> Iterator[Default]:
    """The images that this version of an operator adds; none if it is no operator that is known."""
    for entry in _entries():
        names = (entry["operator"], *entry.get("also", ()))
        if any(_is_repository(operator.repository, name) for name in names):
            yield from _of_version(entry["defaults"], operator.tag or "")
            return


def _of_version(groups: list[dict[str, Any]], tag: str) -> Iterator[Default]:
    for group in groups:
        if any(fnmatchcase(tag, glob) for glob in group["versions"]):
            assumed = "; assumed, as this version is not known" if group.get("assumed") else ""
            for image in group["images"]:
                text = image["image"].replace("{tag}", tag)
                yield Default(text, image["unless_flag"], image["why"] + assumed)
            return


def _is_repository(repository: str, name: str) -> bool:
    """Also where a mirror has put something before the name."""
    return repository == name or repository.endswith(f"/{name}")


@cache
def _entries() -> list[dict[str, Any]]:
    entries: list[dict[str, Any]] = shipped_data("operators.yaml")
    return entries
