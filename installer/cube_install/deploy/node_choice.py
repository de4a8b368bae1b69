"""Which nodes a pod may be on: its node selector, and the terms that node affinity requires.

Kubernetes, "Assigning Pods to Nodes": a node has to satisfy one of the terms, and of that each
expression.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cube_install.deploy.body import Body, labels, part, parts, text

if TYPE_CHECKING:
    from collections.abc import Iterable

_REQUIRED = (
    "affinity", "nodeAffinity", "requiredDuringSchedulingIgnoredDuringExecution",
    "nodeSelectorTerms",
)  # fmt: skip


def fits(pod_spec: Body, node: Body) -> bool:
    """Whether the pod may be on that node, as far as labels count."""
    has = labels(node)
    chosen = part(pod_spec, "nodeSelector")
    if any(has.get(key) != value for key, value in chosen.items()):
        return False
    terms = parts(pod_spec, *_REQUIRED)
    return not terms or any(_satisfies(term, has) for term in terms)


def wanted_labels(pod_spec: Body) -> dict[str, str]:
    """Labels that would let a node take the pod: the selector's, and those of the first term."""
    wanted = {key: str(value) for key, value in part(pod_spec, "nodeSelector").items()}
    for one in parts(next(iter(parts(pod_spec, *_REQUIRED)), {}), "matchExpressions"):
        values = one.get("values") or ["true"]
        if text(one, "operator") in {"In", "Exists"}:
            wanted.setdefault(text(one, "key"), str(values[0]))
    return wanted


def lacking_everywhere(pod_spec: Body, nodes: Iterable[Body]) -> dict[str, str]:
    """Those of its labels that not one of `nodes` has; all of them where no node has all."""
    known = [labels(one) for one in nodes]
    wanted = wanted_labels(pod_spec)
    lacking = {
        key: value
        for key, value in wanted.items()
        if not any(has.get(key) == value for has in known)
    }
    return lacking or wanted


def _satisfies(term: Body, has: dict[str, str]) -> bool:
    return all(_holds(one, has) for one in parts(term, "matchExpressions"))


def _holds(expression: Body, has: dict[str, str]) -> bool:
    key, operator = text(expression, "key"), text(expression, "operator")
    values = [str(one) for one in expression.get("values") or ()]
    if operator == "Exists":
        return key in has
    if operator == "DoesNotExist":
        return key not in has
    if operator == "NotIn":
        return has.get(key) not in values
    if operator in {"Gt", "Lt"}:
        return _compares(operator, has.get(key, ""), values)
    return key in has and has[key] in values


def _compares(operator: str, has: str, values: list[str]) -> bool:
    try:
        number, limit = int(has), int(values[0])
    except (ValueError, IndexError):
        return False
    return number > limit if operator == "Gt" else number < limit
