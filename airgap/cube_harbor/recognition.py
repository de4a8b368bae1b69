"""Telling a Harbor from other registries, and what it says of itself."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from cube_airgap.errors import NetworkError
from cube_airgap.registry.faults import TemporaryFault
from cube_airgap.registry.hosts import api_host, host_of
from cube_airgap.registry.refusals import raise_if_temporary
from cube_airgap.registry.transport import HttpRequest
from cube_harbor.api import API, HarborApi

if TYPE_CHECKING:
    from cube_airgap.registry.credentials import Credentials
    from cube_airgap.registry.retries import Retries
    from cube_airgap.registry.transport import Transport

_VERSION = re.compile(r"v?([0-9]+)\.([0-9]+)(?:\.([0-9]+))?")
_LARGEST_PONG = 1 << 10


@dataclass(frozen=True, order=True)
class HarborVersion:
    """A release of Harbor."""

    major: int
    minor: int
    patch: int = 0

    @classmethod
    def parse(cls, text: str) -> Self | None:
        """Read `v2.9.5-local` or the like; None for anything else."""
        match = _VERSION.match(text)
        return cls(int(match[1]), int(match[2]), int(match[3] or 0)) if match else None

    def __str__(self) -> str:
        return f"{self.major}.{self.minor}.{self.patch}"


@dataclass(frozen=True)
class SystemInfo:
    """What Harbor says of itself; None is what it does not tell without a valid login.

    `creation` is who may create projects: `everyone` or `adminonly`.
    """

    auth_mode: str
    version: HarborVersion | None
    external_url: str | None
    read_only: bool | None
    creation: str | None
    storage_provider: str | None


@dataclass(frozen=True)
class Component:
    """One of Harbor's services; `error` is its word for what is wrong."""

    name: str
    is_healthy: bool
    error: str = ""


def find_harbor(
    host: str, transport: Transport, credentials: Credentials, retries: Retries
) -> HarborApi | None:
    """The API of the Harbor at `host`, or None when another kind of registry answers there.

    Plain HTTP is tried for hosts that the user named as insecure, after HTTPS. Raises AirgapError
    when nothing answers.
    """
    login = credentials.of(host)
    base = retries.run(lambda: _found(api_host(host), transport))
    return HarborApi(base, transport, login, retries) if base else None


def _found(host: str, transport: Transport) -> str:
    try:
        return _pinged(f"https://{host}", transport)
    except (NetworkError, TemporaryFault):
        if not transport.is_insecure(host):
            raise
        base = _pinged_plainly(f"http://{host}", transport)
        if base is None:
            raise
        return base


def _pinged(base: str, transport: Transport) -> str:
    """Where the API is, after redirects; empty when something else than a Harbor answers."""
    with transport.follow(HttpRequest("GET", f"{base}{API}/ping")) as answer:
        raise_if_temporary(answer)
        raw = answer.read(_LARGEST_PONG)
        is_tls_port = answer.status == 400 and base.startswith("http:")
        if is_tls_port:  # what servers answer to plain HTTP where they want TLS
            raise NetworkError(
                f"{answer.host} does not answer by plain HTTP",
                remedy="check the host's name and port",
            )
        scheme = answer.url.partition("://")[0]
        is_harbor = answer.status == 200 and raw.strip() == b"Pong"
        return f"{scheme}://{host_of(answer.url)}" if is_harbor else ""


def _pinged_plainly(base: str, transport: Transport) -> str | None:
    """None where that does not do either; raises TemporaryFault for what answers, but not yet."""
    try:
        return _pinged(base, transport)
    except NetworkError:
        return None
    except TemporaryFault as fault:
        if fault.unreached:
            return None
        raise


def read_system_info(api: HarborApi) -> SystemInfo:
    """Ask for what Harbor tells of itself. A wrong password makes this an anonymous question.

    Raises AirgapError.
    """
    info = api.item(f"{API}/systeminfo", "the system")
    return SystemInfo(
        info.text("auth_mode"),
        HarborVersion.parse(info.text("harbor_version")),
        info.text("external_url") or None,
        info.known_truth("read_only"),
        info.text("project_creation_restriction") or None,
        info.text("registry_storage_provider_name") or None,
    )


def read_health(api: HarborApi) -> tuple[Component, ...]:
    """The state of each service; Harbor needs no login for it. Raises AirgapError."""
    return tuple(
        Component(one.text("name"), one.text("status") == "healthy", one.text("error"))
        for one in api.item(f"{API}/health", "its health").objects("components")
    )
