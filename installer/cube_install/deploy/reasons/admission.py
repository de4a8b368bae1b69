"""Pods that the API server does not let be made: quota, limits, policy, webhooks, accounts."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from cube_install.deploy.reasons.evidence import Evidence, Reason

if TYPE_CHECKING:
    from collections.abc import Iterator

_QUOTA = re.compile(r"exceeded quota: ([\w.-]+), requested: ([^,]+(?:,[^:]+?)?), used: ")
_MUST_SAY = re.compile(r"failed quota: ([\w.-]+): must specify ([^;]+)")
_ACCOUNT = re.compile(r'serviceaccount "([\w.-]+)" not found|service account ([\w./-]+):')
_CALL = re.compile(r'failed calling webhook "([^"]+)"')
_DENIED = re.compile(r'admission webhook "([^"]+)" denied the request:? ?(.*)')
_POLICY = re.compile(r'violates PodSecurity "([^"]+)": (.*)')
_CLASS = re.compile(r"no PriorityClass with name ([\w.-]+) was found")
_LONGEST = 300


def admission_reasons(evidence: Evidence) -> Iterator[Reason]:
    """What was said to those who tried to make the pods."""
    for said in evidence.messages("FailedCreate"):
        yield _reason(said, evidence.namespace)


def _reason(said: str, place: str) -> Reason:
    for rule in (_by_quota, _by_webhook, _by_policy, _by_absence):
        found = rule(said, place)
        if found:
            return found
    return Reason(
        f"pods cannot be made in {place}: {said[-_LONGEST:]}",
        "see: kubectl get events -n " + place,
    )


def _by_quota(said: str, place: str) -> Reason | None:
    if found := _QUOTA.search(said):
        return Reason(
            f"quota {found[1]} of namespace {place} is used up: {found[2]} more are asked for",
            f"raise it: kubectl -n {place} edit resourcequota {found[1]}",
        )
    if found := _MUST_SAY.search(said):
        return Reason(
            f"quota {found[1]} of namespace {place} wants every pod to say {found[2].strip()}",
            f"make a LimitRange with defaults in {place}, or take the quota away",
        )
    if "per Container is" in said or "per Pod is" in said:
        return Reason(
            f"a LimitRange of namespace {place} refuses the pods: {said[-_LONGEST:]}",
            f"change it: kubectl -n {place} edit limitrange",
        )
    return None


def _by_webhook(said: str, place: str) -> Reason | None:
    if found := _CALL.search(said):
        return Reason(
            f"pods cannot be made in {place}: webhook {found[1]} does not answer",
            "see that the workload behind it runs; if it is none of this stack and not needed, "
            "delete its webhook configuration",
        )
    if found := _DENIED.search(said):
        return Reason(
            f"webhook {found[1]} refuses pods in {place}: {found[2][:_LONGEST]}",
            f"let whoever runs that webhook allow the stack's pods in {place}",
        )
    return None


def _by_policy(said: str, place: str) -> Reason | None:
    if found := _POLICY.search(said):
        return Reason(
            f"namespace {place} is under PodSecurity {found[1]}: {found[2][:_LONGEST]}",
            f"kubectl label namespace {place} pod-security.kubernetes.io/enforce=privileged "
            "--overwrite",
        )
    return None


def _by_absence(said: str, place: str) -> Reason | None:
    if found := _ACCOUNT.search(said):
        name = found[1] or found[2]
        return Reason(
            f"ServiceAccount {place}/{name.rpartition('/')[2]} is not there",
            "run cube-install deploy again",
        )
    if found := _CLASS.search(said):
        return Reason(f"PriorityClass {found[1]} is not there", "run cube-install deploy again")
    return None
