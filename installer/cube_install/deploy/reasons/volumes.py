"""Volumes that a pod does not get, and claims that no volume is bound to."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from cube_install.deploy.body import Body, part, parts, text
from cube_install.deploy.reasons.evidence import Evidence, Reason, name_of
from cube_install.deploy.reasons.missing import tells_of_missing

if TYPE_CHECKING:
    from collections.abc import Iterator

_PATH = re.compile(r"hostPath type check failed: (\S+) is not an? (\w+)")
_NO_PATH = re.compile(r'(?:path|stat) "?(/[^\s":]+)"?(?: does not exist|: no such file)')
_UNMOUNTED = ("FailedMount", "FailedAttachVolume")
_LONGEST = 300


def volume_reasons(evidence: Evidence) -> Iterator[Reason]:
    """What the pods' events say of mounting, and each claim of theirs that is not bound."""
    for said in evidence.messages(*_UNMOUNTED):
        yield from _of_mount(said)
    for name in _claimed(evidence):
        yield from claim_reasons(name, evidence)


def _of_mount(said: str) -> Iterator[Reason]:
    if found := _PATH.search(said) or _NO_PATH.search(said):
        yield Reason(
            f"{found[1]} is not there on the node",
            f"make it on every node (mkdir -p {found[1]}) or mount the shared storage there; "
            "cube-install deploy --make-directories does the former",
        )
    elif "read-only file system" in said:
        yield Reason(
            f"a directory cannot be made on the node: {said[-_LONGEST:]}",
            "mount the storage so that it can be written to",
        )
    elif "no space left on device" in said:
        yield Reason(f"a disk is full: {said[-_LONGEST:]}", "make room there")
    elif "MountVolume" in said and not tells_of_missing(said):
        yield Reason(f"a volume cannot be mounted: {said[-_LONGEST:]}", "see: kubectl describe pod")


def _claimed(evidence: Evidence) -> list[str]:
    names = (
        text(volume, "persistentVolumeClaim", "claimName")
        for pod in evidence.pods
        for volume in parts(pod, "spec", "volumes")
    )
    return list(dict.fromkeys(name for name in names if name))


def claim_reasons(name: str, evidence: Evidence) -> Iterator[Reason]:
    """Why the claim of that name is not bound."""
    subject = f"claim {evidence.namespace}/{name}"
    claim = next((one for one in evidence.claims if name_of(one) == name), None)
    if claim is None:
        yield Reason(f"{subject} is not there", "run cube-install deploy again")
        return
    if text(claim, "status", "phase") == "Bound":
        return
    said = [
        text(one, "message")
        for one in evidence.events
        if text(one, "involvedObject", "name") == name
        and text(one, "involvedObject", "kind") == "PersistentVolumeClaim"
    ]
    yield _unbound(claim, subject, said[-1] if said else "", evidence)


def _unbound(claim: Body, subject: str, said: str, evidence: Evidence) -> Reason:
    wanted = text(claim, "spec", "volumeName")
    for volume in evidence.volumes:
        holder = part(volume, "spec", "claimRef")
        is_for_it = (text(holder, "namespace"), text(holder, "name")) == (
            evidence.namespace,
            name_of(claim),
        )
        if text(volume, "status", "phase") == "Released" and (
            is_for_it or name_of(volume) == wanted
        ):
            return _released(subject, name_of(volume))
    if wanted and not any(name_of(one) == wanted for one in evidence.volumes):
        return Reason(
            f"{subject} is not bound: volume {wanted} is not there", "run cube-install deploy again"
        )
    sort = text(claim, "spec", "storageClassName")
    if "not found" in said and sort:
        return Reason(
            f"{subject} is not bound: there is no StorageClass {sort}",
            f"make a StorageClass {sort}, or name one that is there",
        )
    told = f": {said[:_LONGEST]}" if said else ""
    return Reason(
        f"{subject} is not bound to a volume{told}",
        "see that a volume is Available whose size, access modes, labels and storage class fit: "
        "kubectl get pv",
    )


def _released(subject: str, volume: str) -> Reason:
    return Reason(
        f"{subject} is not bound: volume {volume} still belongs to a claim that was deleted",
        "its data are there; let it be claimed again: kubectl patch pv "
        f'{volume} --type merge -p \'{{"spec":{{"claimRef":null}}}}\'',
    )
