"""Spreading what was pushed: to further Harbors, and to nodes, over Harbor's own engines."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from cube_airgap.errors import AuthenticationError, NetworkError, UsageError
from cube_airgap.registry.hosts import host_of, parse_host, shown
from cube_harbor.execution import Deadline
from cube_harbor.preheat import (
    Engine,
    PreheatPolicy,
    Vendor,
    find_engine,
    make_engine,
    make_preheat_policy,
    start_preheat,
    wait_for_preheat,
)
from cube_harbor.replication import (
    OtherHarbor,
    ReplicationRule,
    failed_tasks,
    make_rule,
    register,
    start_replication,
    wait_for_replication,
)
from cube_harbor.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cube_airgap.registry.access import RegistryAccess
    from cube_harbor.api import HarborApi
    from cube_harbor.replication import ReplicationTask

# A day: a site's whole platform over a slow line between two halls.
_DEADLINE = Deadline(86_400)
_NAMED = 5


@dataclass(frozen=True)
class Copying:
    """Copying projects to the Harbor `name` at `url`; into `project` there, or into the same."""

    name: str
    url: str
    project: str = ""

    @property
    def host(self) -> str:
        """HOST[:PORT] of the other Harbor."""
        return urlsplit(self.url).netloc

    @property
    def address(self) -> str:
        """Its URL without a path."""
        return f"{urlsplit(self.url).scheme}://{self.host}"


def parse_copying(text: str) -> Copying:
    """Read `NAME=URL[/PROJECT]`. Raises UsageError."""
    name, _, url = text.partition("=")
    parts = urlsplit(url)
    if not name or parts.scheme not in {"http", "https"} or "@" in parts.netloc:
        raise UsageError(
            f"{shown(text)[:200]!r} is no Harbor to copy to",
            remedy="write it as NAME=https://HOST[:PORT][/PROJECT]; its login belongs into "
            "--creds-file",
        )
    parse_host(parts.netloc, where="--replicate")
    project = parts.path.strip("/")
    return Copying(name, url.removesuffix(parts.path), project)


def parse_engine(text: str) -> Engine:
    """Read `VENDOR=URL`. Raises UsageError."""
    vendor, _, url = text.partition("=")
    parts = urlsplit(url)
    if vendor not in set(Vendor) or parts.scheme not in {"http", "https"} or not parts.hostname:
        raise UsageError(
            f"{shown(text)[:200]!r} is no P2P engine",
            remedy=f"write it as VENDOR=URL; the vendor is {' or '.join(Vendor)}",
        )
    name = f"{vendor}-{host_of(url).replace(':', '-')}"
    return Engine(name, url.rstrip("/"), Vendor(vendor))


def replicate(
    api: HarborApi, copying: Copying, projects: Sequence[str], access: RegistryAccess
) -> None:
    """Let `api`'s Harbor copy `projects` to another one, and wait for the end. Raises AirgapError.

    With a project of its own name over there, only one can be copied: the first.
    """
    registry = register(api, other_harbor(copying, access))
    chosen = projects[:1] if copying.project else projects
    for project in chosen:
        name = f"cube-airgap-{copying.name}-{project}"
        rule = ReplicationRule(name, registry, project, copying.project or project)
        number = start_replication(api, make_rule(api, rule))
        run = wait_for_replication(api, number, _DEADLINE)
        if not run.is_success:
            failed = list(failed_tasks(api, number))
            raise _not_copied(copying, project, run.told or run.status, failed)


def preheat(api: HarborApi, engine: Engine, projects: Sequence[str]) -> None:
    """Let a P2P engine spread all images of `projects`, and wait for the end.

    Raises AirgapError.
    """
    name = find_engine(api, engine.endpoint)
    if name is None:
        name = engine.name
        make_engine(api, engine)
    for project in projects:
        policy = PreheatPolicy(f"cube-airgap-{engine.name}", project, name)
        make_preheat_policy(api, policy)
        run = wait_for_preheat(api, policy, start_preheat(api, policy), _DEADLINE)
        if not run.is_success:
            raise NetworkError(
                f"{engine.vendor} at {engine.endpoint} did not spread all of {project}: "
                f"{run.told or run.status}",
                remedy="look at the engine's log, and at the executions of the preheat policy in "
                "Harbor; then run the same command again",
            )


def other_harbor(copying: Copying, access: RegistryAccess) -> OtherHarbor:
    """The Harbor to copy to, with the login for its host. Raises AuthenticationError."""
    login = access.credentials.of(copying.host)
    if login is None or login.identity_token:
        raise AuthenticationError(
            f"no login with a password is known for {copying.host}, which is to be copied to",
            remedy=f"give one for {copying.host} in --creds-file: a robot there that may push",
        )
    return OtherHarbor(
        copying.name,
        copying.address,
        login.username,
        Secret(login.password),
        is_insecure=copying.host in access.insecure,
    )


def _not_copied(
    copying: Copying, project: str, why: str, failed: Sequence[ReplicationTask]
) -> NetworkError:
    names = ", ".join(one.source for one in failed[:_NAMED])
    more = f" and {len(failed) - _NAMED} more" if len(failed) > _NAMED else ""
    what = f": {names}{more}" if names else ""
    return NetworkError(
        f"not all of {project} was copied to {copying.url} ({why}){what}",
        remedy="the log of these tasks is in Harbor (Administration, Replications); what was "
        "copied stays, and the same command goes on",
    )
