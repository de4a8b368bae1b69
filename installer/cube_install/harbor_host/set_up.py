"""A Harbor on this host: looked at, then brought to what it is to be."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from cube_airgap.errors import AirgapError, collected_in, raise_all
from cube_install.harbor_host import host_checks
from cube_install.harbor_host.certificates import Certified, own_certificate, why_to_make
from cube_install.harbor_host.current_settings import CurrentSettings
from cube_install.harbor_host.docker_host import (
    DockerFacts,
    check_compose,
    harbor_directory,
    look_at_docker,
)
from cube_install.harbor_host.harbor_yml import read_settings, settings_text
from cube_install.harbor_host.health import LocalHarbor
from cube_install.harbor_host.installer_archive import Contents, Unpacked, look_into, version_of
from cube_install.harbor_host.plan import Action, Choice, There, check_foreign, choose
from cube_install.harbor_host.settings import HarborHost, HarborWish, resolve
from cube_install.harbor_host.state import fingerprint, newest, read_mark, read_previous, runs_trivy

if TYPE_CHECKING:
    from pathlib import Path

    from cube_install.harbor_host.archive_source import ArchiveSource


@dataclass(frozen=True)
class Order:
    """What an operator asks for. `directory` is where Harbor's programs and settings are, a
    directory for each version.

    `ca_file` is what clients trust the site's own certificate by. `takes_over` lets a Harbor that
    somebody else installed be looked after from here.
    """

    wish: HarborWish
    directory: Path
    archive: ArchiveSource | None = None
    ca_file: Path | None = None
    takes_over: bool = False

    @property
    def certificates(self) -> Path:
        """Where certificates are kept that are made here."""
        return self.directory / "certificates"


@dataclass(frozen=True)
class Outlook:
    """What was seen, and what is to be done. `certificate_due` is why a certificate is to be made.

    `previous_settings` is harbor.yml as it is, and empty for a new Harbor.
    """

    order: Order
    choice: Choice
    host: HarborHost
    certificate_due: str = ""
    previous_settings: str = field(default="", repr=False)
    archive_size: int = 0

    @property
    def certified(self) -> Certified | None:
        """The certificate that is to be used; None for plain HTTP."""
        host = self.host
        if not host.https_port:
            return None
        if host.certificate is not None and host.key is not None:
            return Certified(host.certificate, host.key)
        return own_certificate(self.order.certificates)

    @property
    def ca_file(self) -> Path | None:
        """What the Harbor is trusted by, beside the system's CAs."""
        own = self.certified.authority if self.certified else None
        return own or self.order.ca_file


def look(order: Order) -> Outlook:
    """Find out what is to be done; nothing is changed. Raises all that stands in the way."""
    errors: list[AirgapError] = []
    docker: DockerFacts | None = None
    with collected_in(errors):
        docker = look_at_docker()
    if docker is not None:
        with collected_in(errors):
            check_compose()
    contents: Contents | None = None
    with collected_in(errors):
        contents = look_into(order.archive) if order.archive else None
        there = _there(order)
        choice = choose(there, contents)
        outlook = _outlook(order, there, choice)
        errors.extend(_hindrances(outlook, there, docker))
    if contents is not None and docker is not None:
        errors.extend(host_checks.check_architecture(contents, docker))
    raise_all(errors)
    return outlook


def _there(order: Order) -> There:
    started, begun = (newest(order.directory, finished=one) for one in (True, False))
    foreign = read_previous(begun) if begun is not None and begun != started else None
    if foreign is None:
        found = harbor_directory()
        own = order.directory.resolve()
        if found is not None and not found.resolve().is_relative_to(own):
            foreign = found
    if foreign is None:
        return There(started, begun)
    if not order.takes_over:
        check_foreign(foreign, order.directory)
    return There(started, begun, Unpacked(foreign, version_of(foreign)))


def _outlook(order: Order, there: There, choice: Choice) -> Outlook:
    base = there.base
    text = read_settings(base.settings) if base else ""
    current = None
    if base is not None:
        current = CurrentSettings.parse(text, str(base.settings), scans=runs_trivy(base))
    host = resolve(order.wish, current, order.certificates)
    due = ""
    if host.https_port and host.certificate is None:
        due = why_to_make(order.certificates, host.names, datetime.now(UTC))
    outlook = Outlook(order, choice, host, due, text, order.archive.size if order.archive else 0)
    if choice.action is Action.NONE and base is not None:
        return _with_changes(outlook, base)
    return outlook


def _with_changes(outlook: Outlook, version: Unpacked) -> Outlook:
    """The same with what has to be done to a Harbor of the right version."""
    action = Action.NONE
    mark = read_mark(version)
    text = settings_text(outlook.previous_settings, outlook.host, outlook.certified)
    seen = ""
    with suppress(OSError):  # files that are not there make a difference too
        seen = fingerprint(text, outlook.certified)
    is_same = mark is not None and (mark.settings, mark.scans) == (seen, outlook.host.scans)
    if not is_same or outlook.certificate_due:
        action = Action.CONFIGURE
    elif LocalHarbor(outlook.host, outlook.ca_file).troubles():
        action = Action.START
    return replace(outlook, choice=Choice(action, outlook.choice.version))


def _hindrances(outlook: Outlook, there: There, docker: DockerFacts | None) -> list[AirgapError]:
    order, host = outlook.order, outlook.host
    found = [*host_checks.check_given_certificate(host)]
    if outlook.choice.action is Action.NONE:
        return found
    found += host_checks.check_rights((order.directory, host.data))
    own_ports = _ports_of(there)
    ports = [port for port in host.ports if port not in own_ports]
    found += host_checks.check_ports(ports if own_ports else [*ports, host_checks.LOG_PORT])
    if outlook.choice.installs:
        needs = [*host_checks.disk_needs(order.directory, host.data, docker, outlook.archive_size)]
        if outlook.choice.previous is not None:
            needs.append((order.directory, host_checks.size_of(host.data / "database")))
        found += host_checks.check_disks(needs)
    return found


def _ports_of(there: There) -> set[int]:
    """Ports that the Harbor which is there may listen on."""
    if there.base is None:
        return set()
    text = read_settings(there.base.settings)
    current = CurrentSettings.parse(text, str(there.base.settings), scans=False)
    return {current.http_port, current.https_port}
