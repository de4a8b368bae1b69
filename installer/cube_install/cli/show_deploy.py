"""What a deployment came to, for people on one page and for machines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cube_console.amounts import count_text, time_text
from cube_console.tables import table
from cube_install.cli.show_findings import finding_lines, findings_json
from cube_install.deploy.ownership import MANAGED_BY
from cube_install.deploy.secrets.making import secret_command
from cube_install.harbor.finding import Severity
from cube_install.kubernetes.applied import Change
from cube_install.kubernetes.target import MANAGER

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cube_install.cli.deploying import Deployed
    from cube_install.deploy.after.checks import Checked
    from cube_install.deploy.course import ComponentOutcome
    from cube_install.deploy.rollout import RolloutOutcome
    from cube_install.stack.rendered import RenderedStack


def deployed_json(deployed: Deployed) -> dict[str, Any]:
    """For machines."""
    outcome, checked = deployed.outcome, deployed.checked
    told: dict[str, Any] = {
        "revision": outcome.revision.number,
        "bundle": str(outcome.revision.bundle),
        "state": outcome.revision.state,
        "seconds": round(outcome.seconds, 1),
        "changes": {one.value: outcome.changes.get(one, 0) for one in Change},
        "components": [_component_json(one) for one in outcome.components],
        "secrets": list(outcome.secrets),
        "pruned": [str(key) for key in outcome.pruned],
        "left": [str(key) for key in outcome.left],
    }
    if checked:
        told["checks"] = {
            "url": checked.url,
            "pods": checked.pods,
            "workloads": checked.workloads,
            "findings": findings_json(checked.findings),
        }
    return told


def _component_json(one: ComponentOutcome) -> dict[str, Any]:
    told: dict[str, Any] = {
        "name": one.name,
        "state": one.state,
        "seconds": round(one.seconds, 1),
    }
    if one.error:
        told |= {"error": one.error.what, "remedy": one.error.remedy}
    return told | ({"needs": list(one.needs)} if one.needs else {})


def deployed_text(deployed: Deployed, stack: RenderedStack) -> str:
    """For people: the components where something failed, else where the platform is to be found."""
    outcome, checked = deployed.outcome, deployed.checked
    lines = [_components(outcome), ""] if outcome.errors else []
    lines += [*_counts(outcome)]
    if checked is None:
        return "\n".join(lines)
    # What is an error is told as one at the end, after all of this.
    others = [one for one in checked.findings if one.severity is not Severity.ERROR]
    lines += [*finding_lines(others), *_checked(checked, stack)]
    return "\n".join([*lines, *_passwords(stack)])


def _components(outcome: RolloutOutcome) -> str:
    rows = [
        (
            one.name,
            one.state,
            time_text(one.seconds),
            f"needs {', '.join(one.needs)}" * bool(one.needs),
        )
        for one in outcome.components
    ]
    return table(("COMPONENT", "STATE", "TIME", ""), rows, right=(2,))


def _counts(outcome: RolloutOutcome) -> Iterator[str]:
    changes = outcome.changes
    told = ", ".join(f"{changes[one]} {one.value}" for one in Change if changes.get(one))
    count = count_text(sum(changes.values()), "object")
    revision = outcome.revision
    yield (
        f"revision {revision.number} of bundle {revision.bundle.short} is {revision.state}: "
        f"{count} ({told or 'none'}) in {time_text(outcome.seconds)}"
    )
    if outcome.secrets:
        yield f"secrets made: {', '.join(outcome.secrets)}"
    for key in outcome.pruned:
        yield f"deleted, as it is none of the stack any more: {key}"
    if outcome.left:
        shown = ", ".join(str(key) for key in outcome.left[:5])
        more = f" and {len(outcome.left) - 5} more" if len(outcome.left) > 5 else ""
        yield f"left there, though none of the stack any more: {shown}{more}"


def _checked(checked: Checked, stack: RenderedStack) -> Iterator[str]:
    if not checked.is_well:
        return
    pods, workloads = count_text(checked.pods, "pod"), count_text(checked.workloads, "workload")
    yield f"all {workloads} are up; {pods} run images from {stack.registry} and no others"
    if checked.url:
        yield f"{stack.name} {stack.platform}: {checked.url}"


def _passwords(stack: RenderedStack) -> Iterator[str]:
    """Where those are that people log in with, and never what they are."""
    if not stack.secrets:
        return
    yield "passwords are in the cluster only:"
    for one in stack.secrets:
        is_account = any(rule.text for rule in one.keys.values())
        for key, rule in one.keys.items():
            if is_account and rule.length and one.namespaces:
                yield f"  {one.about} ({key}):"
                yield f"    {secret_command(one.namespaces[0], one.name, key)}"
    yield f"  all that were made: kubectl get secrets -A -l {MANAGED_BY}={MANAGER}"
