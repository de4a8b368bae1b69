"""The steps of what is to be done to a Harbor, for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cube_install.harbor_host.plan import Action

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from cube_install.harbor_host.set_up import Outlook

_WAIT = "wait until all of Harbor is well"


def steps_of(outlook: Outlook, password_file: Path) -> tuple[str, ...]:
    """Each step in a line, in their order; none where nothing is to be done."""
    return tuple(_steps(outlook, password_file))


def _steps(outlook: Outlook, password_file: Path) -> Iterator[str]:
    action, host = outlook.choice.action, outlook.host
    if action is Action.NONE:
        return
    if outlook.certificate_due:
        place = f"{outlook.order.certificates} ({outlook.certificate_due})"
        yield f"make a certificate for {', '.join(host.names)} in {place}"
    if outlook.choice.installs:
        yield from _installing(outlook, password_file)
    elif action is Action.CONFIGURE:
        yield f"write harbor.yml: {_settings(outlook)}"
        yield "prepare, stop and start Harbor's containers (docker compose down, up)"
    else:
        yield "start the containers that do not run (docker compose up)"
    yield _WAIT


def _installing(outlook: Outlook, password_file: Path) -> Iterator[str]:
    choice, order = outlook.choice, outlook.order
    place = order.directory / choice.version
    yield f"unpack {order.archive.name if order.archive else ''} to {place}"
    if choice.previous is None:
        if not outlook.previous_settings and not password_file.exists():
            yield f"make the administrator's password: {password_file}"
        yield f"write harbor.yml: {_settings(outlook)}"
    else:
        yield f"load the images, and translate harbor.yml of Harbor {choice.previous.version}"
        yield f"write harbor.yml: {_settings(outlook)}"
        yield f"stop Harbor {choice.previous.version} in {choice.previous.directory}"
        yield f"keep its database and keys in {place / 'before'}"
    yield f"load and start Harbor {choice.version} (install.sh)"


def _settings(outlook: Outlook) -> str:
    host = outlook.host
    ports = f"http {host.http_port}" + (f", https {host.https_port}" if host.https_port else "")
    told = [f"hostname {host.name}", ports, f"data in {host.data}"]
    if host.certificate:
        told.append(f"certificate {host.certificate}")
    if host.external_url:
        told.append(f"external_url {host.external_url}")
    if host.scans:
        told.append("with Trivy, offline")
    return ", ".join(told)
