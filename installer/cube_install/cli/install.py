"""`cube-install install`, or without a command: all phases, one after the other."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from cube_airgap.errors import AuthenticationError, IntegrityError, UsageError, raise_all
from cube_airgap.registry.registries import Registries
from cube_console.amounts import count_text, size_text
from cube_console.order_options import order_options, relocation_out_option, take_order
from cube_console.output_option import output_option
from cube_harbor.identity import Kind, check_login
from cube_install.cli.bundle_options import bundle_option, opened_or_piped
from cube_install.cli.cluster_options import cluster_options, deploying_options, names_cluster
from cube_install.cli.deploying import Deploying, errors_of, has_stack, not_ready, say
from cube_install.cli.preflight import NOT_READY, NOTHING_CHANGED
from cube_install.cli.pushing import (
    allow_older_option,
    carry_out,
    check_succession,
    pushed,
    show_done,
)
from cube_install.cli.robot_options import make_robots, robot_options, robot_text
from cube_install.cli.serve import listening_options, serve
from cube_install.cli.show_deploy import deployed_json, deployed_text
from cube_install.cli.show_findings import findings_json, outlook_json, show_findings
from cube_install.cli.site_options import take_optional_target, target_options, with_login
from cube_install.cli.spreading_options import spreading_options, take_spreading
from cube_install.cli.stack_options import choice_options
from cube_install.preflight import head_findings, look_ahead
from cube_install.spreading import preheat, replicate
from cube_push.checks import check_projects, harbor_at
from cube_push.plan import plan_push
from cube_push.push import prepare

if TYPE_CHECKING:
    from cube_airgap.bundle import Bundle
    from cube_harbor.api import HarborApi
    from cube_install.cli.pushing import Done
    from cube_push.push import Order
    from cube_push.target import Target

_SERVING = ("bundle", "relocate", "listen", "tls_cert", "tls_key")
_HELP = """Bring a bundle into the site's registry; without one, serve it from this machine.

The phases are verify (the head of the bundle), preflight, and with Harbor project and robots; then
push, record, and replicate and preheat where they are asked for. Where --kubeconfig, --context or
the site file (`cluster:` or `stack:`) names a cluster, the stack is deployed there too and checked
(see deploy). Each is a command or an option of its own, each leaves alone what is done already, and
running the same command again goes on from where it ended.

With no registry named by --to, CUBE_INSTALL_TO or site.yaml, the bundle itself becomes a read-only
registry (see serve), and what is shown says how to pull from it.

\b
Examples:
  cube-install --bundle site.tar.zst
  cube-install --bundle site.tar.zst --to harbor.example/cube-studio --create-project
  cube-install install --bundle site.tar.zst --site /etc/cube/site.yaml --output json
"""


@click.command(help=_HELP)
@bundle_option
@target_options
@order_options
@relocation_out_option
@allow_older_option
@click.option(
    "--robots/--no-robots",
    default=None,
    help="Make robot accounts in Harbor (see robots), and load with the one that is for it.  "
    "[default: where the login is a user's who may]",
)
@robot_options
@spreading_options
@cluster_options
@choice_options
@deploying_options
@listening_options
@output_option
@click.pass_context
def install(ctx: click.Context, /, **values: Any) -> None:  # noqa: ANN401 - click's
    """See _HELP."""
    serving = {name: values[name] for name in _SERVING}
    target = take_optional_target(values)
    if target is None:
        say("serve", "no registry is named: the bundle itself becomes one")
        ctx.invoke(serve, **serving)
        return
    with Registries(target.access) as registries, opened_or_piped(values["bundle"]) as bundle:
        order = take_order(values, target, registries)
        ctx.exit(_Installation(bundle, target, order, values).run())


class _Installation:
    """The phases, in order; what one finds out, later ones use."""

    def __init__(
        self, bundle: Bundle, target: Target, order: Order, values: dict[str, Any]
    ) -> None:
        """Raises UsageError."""
        self._bundle = bundle
        self._target = target
        self._order = order
        self._copying, self._engines = take_spreading(values)
        self._values = values
        self._projects = _projects(bundle, target)
        self._in_json = values["output"] == "json"
        wanted = names_cluster(values)
        if wanted and not has_stack(bundle):
            say("deploy", "the bundle has images alone: nothing will be deployed")
            wanted = False
        self._deploying = Deploying(bundle, target, values) if wanted else None

    def run(self) -> int:
        """Carry out every phase, and return the exit code. Raises AirgapError."""
        self._verify()
        if not self._preflight():
            return NOT_READY
        harbor = harbor_at(self._order.destination)
        self._check_wishes(harbor)
        access = self._target.access
        if harbor:
            say("project", f"{', '.join(self._projects)} in {self._target.host}")
            check_projects(self._projects, harbor, self._order.missing)
            self._target = self._loading_target(harbor)
        done = self._push()
        if done.record:
            say("record", done.record)
        if done.errors or self._deploying is None or not self._in_json:
            show_done(done, self._values["output"])
        raise_all(done.errors)
        if harbor:
            self._spread(harbor, replace(self._target, access=access))
        return self._deploy(self._deploying, done) if self._deploying else 0

    def _deploy(self, deploying: Deploying, done: Done) -> int:
        findings = deploying.look_at_nodes()
        show_findings(findings)
        if not_ready(findings, "nothing of the stack was applied"):
            self._show(done, {"ready": False, "findings": findings_json(findings)})
            return NOT_READY
        deployed = deploying.run()
        self._show(done, deployed_json(deployed))
        if not self._in_json:
            click.echo(deployed_text(deployed, deploying.stack))
        raise_all(errors_of(deployed))
        return 0

    def _show(self, done: Done, deployment: dict[str, Any]) -> None:
        """What was pushed and deployed, for machines."""
        if self._in_json:
            told = done.outcome.to_json() | {"record": done.record, "deployment": deployment}
            click.echo(json.dumps(told, indent=1))

    def _verify(self) -> None:
        catalogue = self._bundle.catalogue
        count = count_text(len(catalogue.every_image), "image")
        say("verify", f"the head of bundle {catalogue.digest.short}, {count}")
        findings = tuple(head_findings(self._bundle))
        raise_all([IntegrityError(one.what, remedy=one.remedy) for one in findings])

    def _preflight(self) -> bool:
        say("preflight", self._target.host)
        outlook = look_ahead(self._bundle, self._order)
        if self._deploying:
            say("preflight", self._deploying.cluster.server)
            outlook = replace(outlook, findings=(*outlook.findings, *self._deploying.look()))
        show_findings(outlook.findings)
        unchanged = self._deploying.unchanged if self._deploying else NOTHING_CHANGED
        if not_ready(outlook.findings, unchanged):
            if self._in_json:
                click.echo(json.dumps(outlook_json(outlook), indent=1))
            return False
        return True

    def _check_wishes(self, harbor: HarborApi | None) -> None:
        if harbor is None and (self._copying or self._engines or self._values["robots"]):
            raise UsageError(
                f"{self._target.host} is no Harbor: it has no robots, replication or preheating",
                remedy="leave --robots, --replicate and --preheat out, also of site.yaml",
            )

    def _loading_target(self, harbor: HarborApi) -> Target:
        """The target with the loading robot's login, where there is one."""
        wish = self._values["robots"]
        if wish is None:
            wish = harbor.login is not None and check_login(harbor).kind is Kind.USER
        if not wish:
            return self._target
        try:
            load, pull = make_robots(self._values, harbor, self._projects)
        except AuthenticationError as error:
            if self._values["robots"]:
                raise
            say("robots", f"none are made: {error.what}")
            return self._target
        for robot in (load, pull):
            say("robots", robot_text(robot))
        if load.login is None:
            return self._target
        access = with_login(self._target.access, self._target.host, load.login)
        return replace(self._target, access=access)

    def _push(self) -> Done:
        target = self._target
        with Registries(target.access) as registries:
            destination = registries.destination(target.host)
            ready = prepare(pushed(self._bundle), replace(self._order, destination=destination))
            check_succession(ready, target, self._values)
            count = count_text(len(ready.pending), "image")
            size = size_text(ready.standing.missing_size)
            say("push", f"{count} to push, {size} to send")
            return carry_out(ready, target, self._values["relocation_out"])

    def _spread(self, harbor: HarborApi, target: Target) -> None:
        for copying in self._copying:
            say("replicate", f"to {copying.name} ({copying.url})")
            replicate(harbor, copying, self._projects, target.access)
        for engine in self._engines:
            say("preheat", f"with {engine.vendor} ({engine.endpoint})")
            preheat(harbor, engine, self._projects)


def _projects(bundle: Bundle, target: Target) -> tuple[str, ...]:
    """Those that images go to, and first the one that the record goes to."""
    plan = plan_push(bundle, target.relocation, target.host)
    return tuple(dict.fromkeys((target.project.partition("/")[0], *plan.projects)))
