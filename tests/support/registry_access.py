"""Ways to reach the registries of tests: named hosts, and no patience to speak of."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from cube_airgap.reference import Reference
from cube_airgap.registry.access import Patience, RegistryAccess
from cube_airgap.registry.credentials import Credentials
from cube_airgap.registry.login import Login

if TYPE_CHECKING:
    from pathlib import Path

    from cube_airgap.registry.access import Mirror

IMPATIENT = Patience(connect=5, read=20, tries=3, first_wait=0.001, longest_wait=0.01)


def plain_access(*hosts: str, mirrors: tuple[Mirror, ...] = ()) -> RegistryAccess:
    """Plain HTTP to `hosts`, without credentials."""
    return RegistryAccess(insecure=frozenset(hosts), mirrors=mirrors, patience=IMPATIENT)


def trusting_access(ca_file: Path) -> RegistryAccess:
    """TLS, with a private CA."""
    return RegistryAccess(ca_file=ca_file, patience=IMPATIENT)


def with_login(access: RegistryAccess, host: str, user: str, password: str) -> RegistryAccess:
    """The same, with a login for `host`."""
    login = Login("the test's file", user, password)
    return replace(access, credentials=Credentials({host: login}))


def with_identity(access: RegistryAccess, host: str, token: str) -> RegistryAccess:
    """The same, with an identity token for `host`."""
    login = Login("the test's file", identity_token=token)
    return replace(access, credentials=Credentials({host: login}))


def reference(host: str, rest: str = "team/app:1") -> Reference:
    return Reference.parse(f"{host}/{rest}")
