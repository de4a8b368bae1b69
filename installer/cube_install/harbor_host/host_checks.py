"""What stands in the way of a Harbor on this host, all of it told at once."""

from __future__ import annotations

import os
import socket
from collections import defaultdict
from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from cube_airgap.disk import free_space
from cube_airgap.errors import AirgapError, SpaceError, UsageError, collected_in
from cube_install.harbor.finding import Finding, Severity
from cube_install.harbor_host.certificates import check_certificate
from cube_install.harbor_host.docker_host import publisher
from cube_install.harbor_host.listening import is_taken, listener

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from cube_install.harbor_host.docker_host import DockerFacts
    from cube_install.harbor_host.installer_archive import Contents
    from cube_install.harbor_host.settings import HarborHost

LOG_PORT = 1514
"""Harbor's own log collector listens there, on the loopback interface."""
_MIB = 1 << 20
# Of the archive's size: its images unpacked in Docker, and once more while they are loaded.
_UNPACKED_FACTOR = 4
_DATA_NEEDED = 1 << 30  # an empty Harbor's database, logs and caches


def check_ports(ports: Iterable[int]) -> Iterator[AirgapError]:
    """An error for each port that something else listens on."""
    for port in ports:
        try:
            taken = is_taken(port)
        except OSError as error:
            yield UsageError(
                f"port {port} cannot be listened on: {error.strerror}",
                remedy="run the command with sudo",
            )
            continue
        if taken:
            yield _taken(port)


def _taken(port: int) -> AirgapError:
    container = publisher(port)
    who = f"the container {container}" if container else listener(port) or "another program"
    option = {LOG_PORT: "stop it: Harbor's log collector needs this port"}
    choice = "stop it, or choose another port with --http-port or --https-port"
    return UsageError(f"port {port} is taken by {who}", remedy=option.get(port, choice))


def check_given_certificate(host: HarborHost) -> Iterator[AirgapError]:
    """An error where the site's own certificate would not be taken by clients."""
    if host.certificate is not None and host.key is not None:
        errors: list[AirgapError] = []
        with collected_in(errors):
            check_certificate(host.certificate, host.key, host.names, datetime.now(UTC))
        yield from errors


def check_architecture(contents: Contents, docker: DockerFacts) -> Iterator[AirgapError]:
    """An error where the installer's images are for other machines than Docker's."""
    if contents.architecture and contents.architecture != docker.architecture:
        yield UsageError(
            f"this installer of Harbor is for {contents.architecture} machines, and this host is "
            f"{docker.architecture}",
            remedy=f"give an installer for {docker.architecture}, or use another host",
        )


def check_disks(needed: Iterable[tuple[Path, int]]) -> Iterator[AirgapError]:
    """An error for each disk that has less room than is `needed` in directories on it together."""
    together: dict[int, list[tuple[Path, int]]] = defaultdict(list)
    for directory, size in needed:
        together[existing(directory).stat().st_dev].append((directory, size))
    for parts in together.values():
        size = sum(one for _, one in parts)
        free = free_space(existing(parts[0][0]))
        if free < size:
            names = ", ".join(dict.fromkeys(str(directory) for directory, _ in parts))
            yield SpaceError(
                f"the disk of {names} has {free // _MIB:,} MiB free, and Harbor needs "
                f"{size // _MIB:,} MiB there",
                remedy="free some space, or choose another disk with --dir and --data-volume",
            )


def disk_needs(
    directory: Path, data: Path, docker: DockerFacts | None, archive_size: int
) -> Iterator[tuple[Path, int]]:
    """Bytes that an installation takes, by directory."""
    yield directory, archive_size
    yield data, _DATA_NEEDED
    if docker is not None:
        yield docker.root, archive_size * _UNPACKED_FACTOR


def check_rights(directories: Iterable[Path]) -> Iterator[AirgapError]:
    """An error for each directory that this user may not make or write to."""
    for directory in directories:
        there = existing(directory)
        if not os.access(there, os.W_OK | os.X_OK):
            yield SpaceError(
                f"this user may not write to {there}, where {directory} is to be",
                remedy="run the command with sudo, or choose other directories with --dir and "
                "--data-volume",
            )


def note_room(data: Path, size: int) -> Iterator[Finding]:
    """A warning where the bundle's images, `size` bytes, do not fit into the data volume."""
    free = free_space(existing(data))
    if size > free:
        yield Finding(
            Severity.WARNING,
            f"the bundle's images have {size // _MIB:,} MiB, and the disk of {data} has "
            f"{free // _MIB:,} MiB free",
            "make room before they are pushed, or choose another disk with --data-volume",
        )


def note_name(host: HarborHost) -> Iterator[Finding]:
    """A warning where this host does not know the Harbor's name."""
    try:
        socket.getaddrinfo(host.name, None)
    except OSError:
        yield Finding(
            Severity.WARNING,
            f"this host does not know the name {host.name}",
            "put it into the site's DNS, or into /etc/hosts here and on every node: images are "
            "pulled by it",
        )


def size_of(directory: Path) -> int:
    """Bytes of all files below `directory` that this user may see."""
    total = 0
    for top, _, names in os.walk(directory):
        for name in names:
            with suppress(OSError):
                total += os.lstat(os.path.join(top, name)).st_size  # noqa: PTH118 - many
    return total


def existing(directory: Path) -> Path:
    """`directory`, or the nearest one above it that is there."""
    while not directory.is_dir():
        directory = directory.parent
    return directory
