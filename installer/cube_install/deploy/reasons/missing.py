"""ConfigMaps, Secrets and keys in them that a container names and that are not there."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from cube_install.deploy.reasons.evidence import Evidence, Reason, seen_containers

if TYPE_CHECKING:
    from collections.abc import Iterator

_ABSENT = re.compile(r'(configmap|secret) "([\w.-]+)" not found', re.I)
_KEY = re.compile(r"couldn't find key ([\w.-]+) in (ConfigMap|Secret) ([\w./-]+)")
_NO_KEY = re.compile(r"references non-existent (?:config|secret) key: ([\w.-]+)")
_SAYING = ("FailedMount", "Failed")
_KINDS = {"configmap": "ConfigMap", "secret": "Secret"}


def missing_reasons(evidence: Evidence) -> Iterator[Reason]:
    """What events and waiting containers say is absent."""
    said = [*evidence.messages(*_SAYING), *(one.message for one in seen_containers(evidence))]
    for one in said:
        yield from _of_message(one, evidence.namespace)


def tells_of_missing(said: str) -> bool:
    """Whether the reason for a failure is one of these."""
    return any(pattern.search(said) for pattern in (_ABSENT, _KEY, _NO_KEY))


def _of_message(said: str, place: str) -> Iterator[Reason]:
    for kind, name in _ABSENT.findall(said):
        yield Reason(
            f"{_KINDS[kind.lower()]} {place}/{name} is not there",
            f"run cube-install deploy again; if the stack does not have {name}, make it by hand",
        )
    for key, kind, name in _KEY.findall(said):
        yield Reason(f"{kind} {name} has no key {key}", f"add the key {key} to {kind} {name}")
    for key in _NO_KEY.findall(said):
        yield Reason(
            f"an object that is mounted in {place} has no key {key}", f"add the key {key} to it"
        )
