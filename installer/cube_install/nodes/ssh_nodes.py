"""Nodes that are reached over SSH."""

from __future__ import annotations

import asyncio
import os
import shlex
import socket
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import asyncssh

from cube_airgap.errors import AirgapError, AuthenticationError, NetworkError
from cube_install.nodes.running import Ran

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cube_install.nodes.hosts_file import NodeAddress
    from cube_install.nodes.running import Outcome, Program

_CONNECT_SECONDS = 30.0  # logging in included, on both sides as busy as they may be
_ALIVE_SECONDS = 15.0


@dataclass(frozen=True)
class SshAccess:
    """How nodes let us in, beside what ~/.ssh/config and an agent say.

    Host keys are always checked, whatever ~/.ssh/config says of that. The password is for the login
    and for sudo. `seconds` is how long a program may run.
    """

    known_hosts: Path | None = None
    identity: Path | None = None
    password: str = field(default="", repr=False)
    seconds: float = 900.0

    @property
    def known(self) -> tuple[Path, ...]:
        """The files that host keys are looked up in."""
        return (self.known_hosts,) if self.known_hosts else _known_by_default()

    def options(self, node: NodeAddress) -> dict[str, Any]:
        """What asyncssh is told; what is not there is left to its defaults."""
        options: dict[str, Any] = {
            "connect_timeout": _CONNECT_SECONDS,
            "login_timeout": _CONNECT_SECONDS,
            "keepalive_interval": _ALIVE_SECONDS,
        }
        wishes = {
            "port": node.port,
            "username": node.user,
            "known_hosts": [str(path) for path in self.known if path.is_file()],
            "client_keys": self.identity and [str(self.identity)],
            "password": self.password,
        }
        return options | {name: value for name, value in wishes.items() if value}


def _known_by_default() -> tuple[Path, ...]:
    return Path("~/.ssh/known_hosts").expanduser(), Path("/etc/ssh/ssh_known_hosts")


class SshNodes:
    """The nodes of a hosts file; see Nodes."""

    def __init__(self, nodes: Sequence[NodeAddress], access: SshAccess, jobs: int) -> None:
        """`jobs` is to how many nodes there are connections at a time."""
        self._nodes = {str(node): node for node in nodes}
        self._access = access
        self._jobs = jobs

    @property
    def names(self) -> tuple[str, ...]:
        """See Nodes."""
        return tuple(self._nodes)

    def run(self, programs: Mapping[str, Program]) -> dict[str, Outcome]:
        """See Nodes."""
        return asyncio.run(self._run(programs))

    async def _run(self, programs: Mapping[str, Program]) -> dict[str, Outcome]:
        room = asyncio.Semaphore(self._jobs)

        async def one(name: str) -> Outcome:
            async with room:
                return await self._outcome(self._nodes[name], programs[name])

        outcomes = await asyncio.gather(*(one(name) for name in programs))
        return dict(zip(programs, outcomes, strict=True))

    async def _outcome(self, node: NodeAddress, program: Program) -> Outcome:
        try:
            async with asyncssh.connect(node.host, **self._access.options(node)) as connection:
                return await self._ran(connection, node, program)
        except AirgapError as error:
            return error
        except (asyncssh.Error, OSError, TimeoutError, ValueError) as error:
            return _told(node, error, self._access)

    async def _ran(
        self, connection: asyncssh.SSHClientConnection, node: NodeAddress, program: Program
    ) -> Ran:
        prefix, first_line = await self._becoming_root(connection, node)
        command = f"{prefix}sh -s -- {shlex.quote(program.argument)}".removesuffix(" ''")
        done = await connection.run(
            command,
            input=first_line + program.text,
            check=False,
            timeout=self._access.seconds,
            errors="replace",
        )
        if done.exit_status is None:
            raise NetworkError(
                f"the connection to {node} broke while the program ran there",
                remedy="see whether the node is up, and what it keeps in "
                "/var/lib/cube-airgap/nodes; then run the same command again",
            )
        said = str(done.stdout or "")
        return Ran(done.exit_status, said if done.exit_status == 0 else said + str(done.stderr))

    async def _becoming_root(
        self, connection: asyncssh.SSHClientConnection, node: NodeAddress
    ) -> tuple[str, str]:
        """What goes before a command, and what its input begins with."""
        done = await connection.run("id -u", check=False, timeout=_CONNECT_SECONDS)
        if str(done.stdout).strip() == "0":
            return "", ""
        done = await connection.run("sudo -n true", check=False, timeout=_CONNECT_SECONDS)
        if done.exit_status == 0:
            return "sudo -n -- ", ""
        password = self._access.password
        if password:
            # A password that sudo did not ask for would be run as a command.
            done = await connection.run(
                "sudo -S -p '' -v", input=f"{password}\n", check=False, timeout=_CONNECT_SECONDS
            )
            if done.exit_status == 0:
                return "sudo -k -S -p '' -- ", f"{password}\n"
        told = " ".join(str(done.stderr).split())[:200]
        raise AuthenticationError(
            f"the user on {node} is not root and may not use sudo: {told}",
            remedy="log in as root, or let the user run sudo without a password, or give the "
            "password with --ssh-password-file",
        )


def _told(node: NodeAddress, error: Exception, access: SshAccess) -> AirgapError:
    """The error of one node, for an operator."""
    if isinstance(error, asyncssh.HostKeyNotVerifiable):
        return _host_key_error(node, access)
    if isinstance(error, asyncssh.PermissionDenied):
        return AuthenticationError(
            f"{node} does not let us in: {error.reason}",
            remedy="name a key with --ssh-identity, add it to the agent, or give a password with "
            "--ssh-password-file; the user comes from the hosts file or ~/.ssh/config",
        )
    if isinstance(error, asyncssh.KeyImportError):
        return AuthenticationError(
            f"the key for {node} cannot be used: {error}",
            remedy="give a private key in OpenSSH's form, or add it to the agent",
        )
    if isinstance(error, socket.gaierror):
        return NetworkError(
            f"the name {node.host} is not known here",
            remedy="write its address into the hosts file, or let the name be resolved",
        )
    return NetworkError(
        f"{node} cannot be reached over SSH: {_why(error)}",
        remedy="check that it is up, its address and port, and any firewall in between",
    )


def _why(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return "it does not answer"
    if isinstance(error, OSError) and error.errno:
        return os.strerror(error.errno).lower()
    return str(error) or repr(error)


def _host_key_error(node: NodeAddress, access: SshAccess) -> AirgapError:
    path = access.known[0]
    if any(_is_known(node, one) for one in access.known):
        return AuthenticationError(
            f"the host key of {node} is not the one in {path}: it was set up anew, or something "
            "else answers in its place",
            remedy="find out which; if it was set up anew, put its new key into that file",
        )
    return AuthenticationError(
        f"the host key of {node} is not in {path}",
        remedy="compare the key with what the node's own console shows, and put it into that file "
        "(ssh-keyscan prints it), or log in there once with ssh",
    )


def _is_known(node: NodeAddress, path: Path) -> bool:
    try:
        found = asyncssh.read_known_hosts(str(path)).match(node.host, "", node.port or None)
    except (OSError, ValueError):
        return False
    return any(found[:2])
