"""Whether the platform's entry answers."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import requests

from cube_install.harbor.finding import Finding, Severity

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from cube_install.deploy.deadline import Deadline

_SECONDS = 10
_LOOK = 2.0
_SERVER_FAULT = 500


def entry_url(values: Mapping[str, str | int | bool]) -> str:
    """The address that users open; empty where the stack has none."""
    address = str(values.get("entry.address", ""))
    if not address:
        return ""
    port = values.get("entry.port")
    host = f"[{address}]" if ":" in address else address
    return f"http://{host}{f':{port}' if port else ''}/"


def entry_findings(
    url: str, deadline: Deadline, note: Callable[[str], None] = lambda _: None
) -> Iterator[Finding]:
    """Ask until it answers or `deadline` is past; a gateway takes moments to know its ways.

    `note` is told what is waited for.
    """
    said = waited_for = ""
    with requests.Session() as session:
        session.trust_env = False  # a proxy to the outside knows nothing of the inside
        while True:
            try:
                answer = session.get(url, timeout=_SECONDS, allow_redirects=False)
            except requests.RequestException as error:
                said = _told(error)
            else:
                if answer.status_code < _SERVER_FAULT:
                    return
                said = f"it answers with status {answer.status_code}"
            if deadline.is_past:
                break
            if said != waited_for:
                note(f"the entry {url} is asked again for up to {deadline.left:.0f} s: {said}")
                waited_for = said
            time.sleep(min(_LOOK, deadline.left))
    yield Finding(
        Severity.ERROR,
        f"the entry {url} does not work: {said}",
        "if users reach it, let this machine reach it too; else look at the gateway: kubectl -n "
        "istio-system get pods,services, and at what is behind it",
    )


def _told(error: requests.RequestException) -> str:
    if isinstance(error, requests.Timeout):
        return "it does not answer"
    return "it cannot be connected to"
