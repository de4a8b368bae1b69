"""Who owns which fields of an object: server-side apply, and changes by others."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from tests.support.kubernetes.answers import Refused, apply_conflict
from tests.support.kubernetes.field_sets import (
    FieldSet,
    fields_of,
    from_fields_v1,
    shown,
    to_fields_v1,
    value_at,
)
from tests.support.kubernetes.merging import merged, without


@dataclass(frozen=True)
class Owner:
    """An entry of `managedFields`."""

    manager: str
    operation: str
    api_version: str
    fields: FieldSet
    subresource: str = ""
    time: str = ""

    @property
    def identity(self) -> tuple[str, str, str]:
        return self.manager, self.operation, self.subresource

    @classmethod
    def of(cls, entry: dict[str, Any]) -> Owner:
        return cls(
            entry["manager"],
            entry["operation"],
            entry["apiVersion"],
            from_fields_v1(entry["fieldsV1"]),
            entry.get("subresource", ""),
            entry.get("time", ""),
        )

    @property
    def entry(self) -> dict[str, Any]:
        entry = {
            "manager": self.manager,
            "operation": self.operation,
            "apiVersion": self.api_version,
            "time": self.time,
            "fieldsType": "FieldsV1",
            "fieldsV1": to_fields_v1(self.fields),
        }
        return entry | ({"subresource": self.subresource} if self.subresource else {})


def owners_of(body: dict[str, Any]) -> list[Owner]:
    return [Owner.of(entry) for entry in body["metadata"].get("managedFields") or ()]


def with_owners(body: dict[str, Any], owners: list[Owner]) -> dict[str, Any]:
    entries = [owner.entry for owner in owners if owner.fields]
    return {**body, "metadata": {**body["metadata"], "managedFields": entries}}


def applied(
    live: dict[str, Any], config: dict[str, Any], who: Owner, *, force: bool, is_custom: bool
) -> dict[str, Any]:
    """`live` after `who` applied `config`. Raises Refused for a conflict."""
    ours = fields_of(config, is_custom=is_custom)
    owners = owners_of(live)
    others = [owner for owner in owners if owner.identity != who.identity]
    before = next((one.fields for one in owners if one.identity == who.identity), frozenset())
    result = merged(live, config, "", is_custom=is_custom)
    changed = frozenset(
        path
        for path in ours
        if not path[-1].startswith("k:")
        and value_at(live, path, is_custom=is_custom) != value_at(result, path, is_custom=is_custom)
    )
    conflicts = [
        (other.manager, shown(path)) for other in others for path in sorted(other.fields & changed)
    ]
    if conflicts and not force:
        raise Refused(apply_conflict(conflicts))
    others = [replace(other, fields=other.fields - changed) for other in others]
    kept = ours.union(*(other.fields for other in others))
    gone = frozenset(path for path in before - ours if not _is_kept(path, kept))
    result = without(result, gone, is_custom=is_custom)
    return with_owners(result, [*others, replace(who, fields=ours)])


def _is_kept(path: tuple[str, ...], kept: FieldSet) -> bool:
    return any(one[: len(path)] == path for one in kept)


def updated(
    old: dict[str, Any], new: dict[str, Any], who: Owner, *, is_custom: bool
) -> dict[str, Any]:
    """`new` with its fields given to `who`, as far as they differ from `old`."""
    there = fields_of(new, is_custom=is_custom)
    changed = frozenset(
        path
        for path in there
        if value_at(old, path, is_custom=is_custom) != value_at(new, path, is_custom=is_custom)
    )
    # An object without entries was made before anybody kept account.
    owners = [
        replace(
            owner,
            fields=(owner.fields - changed) & there
            if owner.identity != who.identity
            else owner.fields & there,
        )
        for owner in owners_of(new)
    ]
    mine = next((one.fields for one in owners if one.identity == who.identity), frozenset())
    others = [owner for owner in owners if owner.identity != who.identity]
    if mine | changed:
        others.append(replace(who, fields=mine | changed))
    return with_owners(new, others)
