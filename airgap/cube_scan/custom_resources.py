"""Fields of custom resources that hold an image, or a part of one, by a table."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from cube_scan.findings import Claim, Sighting, Way
from cube_scan.tree import Mapping, Scalar, at
from cube_scan.vocabulary import shipped_data

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True)
class Field:
    """One row of the table: the field, and the fields that complete it."""

    path: str
    tag: tuple[str, ...] = ()
    digest: str = ""
    repository: str = ""
    unless: str = ""
    names: tuple[str, ...] = ()
    scheme: str = ""


@dataclass(frozen=True)
class CustomResources:
    """The table, by kind; `absent` is what it means when a resource has none of its fields."""

    fields: dict[str, tuple[tuple[tuple[Field, ...], str], ...]]

    @classmethod
    @cache
    def shipped(cls) -> CustomResources:
        """The table in data/crd-fields.yaml."""
        table: dict[str, list[tuple[tuple[Field, ...], str]]] = {}
        for entry in shipped_data("crd-fields.yaml"):
            rows = tuple(_field(row) for row in entry["fields"])
            for kind in entry["kinds"]:
                table.setdefault(kind, []).append((rows, entry.get("absent", "")))
        return CustomResources({kind: tuple(rows) for kind, rows in table.items()})

    def find(self, root: Mapping, claimed: set[int]) -> Iterator[Sighting]:
        """What the table says about `root`; the scalars used are added to `claimed`."""
        if not root.text("apiVersion"):
            return
        for fields, absent in self.fields.get(root.text("kind"), ()):
            found = [sighting for row in fields for sighting in _row(root, row, claimed)]
            yield from found
            if not found and absent:
                kind = root.text("kind")
                yield Sighting(kind, root.line, "spec", Way.CRD_FIELD, Claim.PARTIAL, note=absent)


def _row(root: Mapping, row: Field, claimed: set[int]) -> Iterator[Sighting]:
    scalar = _scalar(root, row.path)
    if scalar is None or not scalar.text or (row.unless and _scalar(root, row.unless)):
        return
    claimed.add(id(scalar))
    for reference in _references(root, row, scalar):
        yield Sighting(scalar.text, scalar.line, row.path, Way.CRD_FIELD, Claim.IMAGE, reference)


def _references(root: Mapping, row: Field, scalar: Scalar) -> Iterator[str]:
    if row.repository:
        yield f"{row.repository}:{scalar.text}"
    elif row.scheme:
        if scalar.text.startswith(row.scheme):
            yield scalar.text.removeprefix(row.scheme)
    elif row.names:
        for name in row.names:
            yield _completed(root, row, f"{scalar.text}/{name}")
    else:
        yield _completed(root, row, scalar.text)


def _completed(root: Mapping, row: Field, text: str) -> str:
    last = text.rpartition("/")[2]
    if ":" in last or "@" in last:
        return text
    digest = _scalar(root, row.digest) if row.digest else None
    if digest is not None and digest.text:
        return f"{text}@sha256:{digest.text.removeprefix('sha256:')}"
    for path in row.tag:
        tag = _scalar(root, path)
        if tag is not None and tag.text:
            return f"{text}:{tag.text}"
    return text


def _scalar(root: Mapping, path: str) -> Scalar | None:
    node = at(root, tuple(path.split(".")))
    return node if isinstance(node, Scalar) else None


def _field(row: dict[str, Any]) -> Field:
    row = {**row, "tag": tuple(row.get("tag", ())), "names": tuple(row.get("names", ()))}
    return Field(**row)
