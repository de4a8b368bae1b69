"""The phases of a deployment: render, look, prepare nodes, deploy, check."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import click

from cube_airgap.errors import ClusterError, UsageError
from cube_airgap.stack import STACK_MEMBERS
from cube_airgap.stack_values import Given, Wishes
from cube_console.amounts import count_text
from cube_console.plain_text import plain_text
from cube_console.progress import shown_progress
from cube_install.accounts.pull_secret import read_pull_secret
from cube_install.cli.cluster_options import take_cluster
from cube_install.cli.preflight import NOTHING_CHANGED
from cube_install.cli.stack_options import take_wishes
from cube_install.deploy.after.checks import Checked, check
from cube_install.deploy.labelling import label_nodes
from cube_install.deploy.node_directories import Action, is_look_due, see_directories
from cube_install.deploy.prerequisites.outlook import look_at_cluster, look_at_directories
from cube_install.deploy.rollout import Rollout, RolloutOutcome
from cube_install.deploy.sightings import Sightings
from cube_install.deploy.stack_images import images_of
from cube_install.harbor.finding import Severity
from cube_install.render.render import render
from cube_install.render.site_registry import SiteRegistry
from cube_install.render.source import StackSource

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from cube_airgap.bundle import Bundle
    from cube_airgap.errors import AirgapError
    from cube_airgap.registry.login import Login
    from cube_install.deploy.prerequisites.outlook import Platforms
    from cube_install.harbor.finding import Finding
    from cube_install.kubernetes.cluster import Cluster
    from cube_install.stack.rendered import RenderedStack
    from cube_push.target import Target

_DUMP = "database.dump"


@dataclass(frozen=True)
class Deployed:
    """What a deployment came to; nothing is checked where it failed."""

    outcome: RolloutOutcome
    checked: Checked | None


class Deploying:
    """Deploys one bundle's stack to one cluster."""

    def __init__(self, bundle: Bundle, target: Target, values: dict[str, Any]) -> None:
        """Render the stack and reach the cluster. Raises AirgapError."""
        self._labels, self._directories = values["label_nodes"], values["make_directories"]
        self._prepared = {"labels": False, "directories": False}
        self._pull_secret: Path | None = values["pull_secret"]
        self._target = target
        self.stack = rendered_stack(bundle, target, values)
        self.cluster = take_cluster(values)
        self._platforms = _platforms(bundle, self.stack, target)

    @property
    def login(self) -> Login | None:
        """What nodes pull with: the pulling robot's login, or else the site's own."""
        if self._pull_secret is not None:
            found = read_pull_secret(self._pull_secret, self._target.host)
            if found is not None:
                return found
        own = self._target.access.credentials.of(self._target.host)
        return own if own is not None and own.password else None

    @property
    def unchanged(self) -> str:
        """What to say of the cluster where looking at it found errors."""
        changed = [name for name, was in self._prepared.items() if was]
        if not changed:
            return NOTHING_CHANGED
        return f"nothing but {' and '.join(changed)} of nodes was changed"

    def look(self) -> tuple[Finding, ...]:
        """What would keep the stack from coming up; labels are given first, where that is wished.

        Raises AirgapError.
        """
        if self._labels:
            for node, given in label_nodes(self.cluster, self.stack).items():
                told = " ".join(f"{key}={value}" for key, value in given.items())
                say("labels", f"node {node} got {told}")
                self._prepared["labels"] = True
        sightings = Sightings(self.cluster)
        found = look_at_cluster(self.stack, sightings, self._platforms)
        if self._directories:  # they are made before anything needs them
            return found
        return (*found, *look_at_directories(self.stack, sightings))

    def look_at_nodes(self) -> tuple[Finding, ...]:
        """What is wrong with directories of nodes; they are made first, where that is wished.

        The registry has the images by now. Raises AirgapError.
        """
        action = Action.MAKE if self._directories else Action.LOOK
        if action is Action.LOOK and not is_look_due(self.cluster, self.stack):
            return ()
        self._prepared["directories"] = self._directories
        say("directories", "are made on nodes" if self._directories else "are looked at on nodes")
        return see_directories(self.cluster, self.stack, action, self.login)

    def run(self) -> Deployed:
        """Deploy and check. What failed is in the outcome. Raises AirgapError."""
        say("deploy", f"{self.stack.name} {self.stack.platform} to {self.cluster.server}")
        return deploy(self.cluster, self.stack, self.login)


def deploy(cluster: Cluster, stack: RenderedStack, login: Login | None) -> Deployed:
    """Deploy a stack that is rendered, and check what came of it. Raises AirgapError."""
    outcome = Rollout(cluster, stack, shown_progress("deploying", "objects")).run(login)
    if outcome.errors:
        return Deployed(outcome, None)
    say("check", "images, workloads and the entry")
    return Deployed(outcome, check(stack, Sightings(cluster), partial(say, "check")))


def errors_of(deployed: Deployed) -> list[AirgapError]:
    """All that failed, of the deployment and of the checks."""
    checked = deployed.checked.findings if deployed.checked else ()
    failed = [
        ClusterError(one.what, remedy=one.remedy)
        for one in checked
        if one.severity is Severity.ERROR
    ]
    return [*deployed.outcome.errors, *failed]


def has_error(findings: Iterable[Finding]) -> bool:
    """Whether there is an error among them."""
    return any(one.severity is Severity.ERROR for one in findings)


def not_ready(findings: Iterable[Finding], unchanged: str) -> bool:
    """Whether there is an error among them; says so, and what was `unchanged`."""
    count = sum(one.severity is Severity.ERROR for one in findings)
    if count:
        click.echo(f"not ready: {count_text(count, 'error')}; {unchanged}", err=True)
    return count > 0


def rendered_stack(bundle: Bundle, target: Target, values: dict[str, Any]) -> RenderedStack:
    """The bundle's stack for the site. Raises AirgapError."""
    source = StackSource.of(bundle)
    wishes = take_wishes(values, source.stack)
    if values.pop("no_database_dump", False):
        if _DUMP not in source.stack.values:
            raise UsageError(
                "--no-database-dump is given, and the bundle's stack makes no dump",
                remedy="leave the option out",
            )
        say("database", "no dump is made: if the new bundle spoils it, there is no way back")
        wishes = wishes.but(Wishes({_DUMP: Given(value=False, where="--no-database-dump")}, {}))
    return render(source, SiteRegistry.of(target), wishes)


def has_stack(bundle: Bundle) -> bool:
    """Whether a bundle has something to deploy."""
    return any(file.path.startswith(STACK_MEMBERS) for file in bundle.catalogue.files)


def say(phase: str, text: str) -> None:
    """Tell on stderr what is done now."""
    click.echo(f"{click.style(phase, bold=True)}: {plain_text(text)}", err=True)


def _platforms(bundle: Bundle, stack: RenderedStack, target: Target) -> Platforms:
    """The architectures of each image that a workload of the stack names."""
    named = set(images_of(stack))
    found = []
    for image in bundle.catalogue.every_image:
        name = str(target.relocation.target(image.reference, target.host))
        if name in named:
            found.append((name, frozenset(one.architecture for one in image.platforms)))
    return tuple(found)
