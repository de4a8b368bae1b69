"""Turning a registry's refusal into an error that says what to do."""

from __future__ import annotations

import errno
import json
from typing import TYPE_CHECKING

from cube_airgap.errors import (
    AirgapError,
    AuthenticationError,
    MissingError,
    NetworkError,
    SpaceError,
)
from cube_airgap.registry.answer import Answer, UnexpectedAnswerError, web_page
from cube_airgap.registry.faults import TemporaryFault
from cube_airgap.registry.hosts import known_as
from cube_airgap.registry.retries import TEMPORARY_STATUSES, retry_after

if TYPE_CHECKING:
    from cube_airgap.registry.login import Login

_LARGEST_ERROR = 64 << 10
_FULL = "no space left on device"


def told_by(answer: Answer) -> str:
    """What the registry says of the error, shortened to one line; empty when it says nothing.

    Distribution spec, "Error Codes": {"errors": [{"code", "message", "detail"}]}.
    """
    try:
        raw = answer.read(_LARGEST_ERROR)
        first = json.loads(raw)["errors"][0]
        parts = [str(first.get(key) or "") for key in ("code", "message")]
        parts += [_FULL] if _is_full(first.get("detail")) else []
    except (TemporaryFault, ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return ""
    return " ".join(": ".join(part for part in parts if part).split())[:300]


def _is_full(detail: object) -> bool:
    """Whether docker-registry's words for what its storage says are that a disk is full."""
    text = json.dumps(detail)
    return _FULL in text or f'"Err": {errno.ENOSPC}' in text


def full_disk(host: str, told: str) -> SpaceError:
    """The disk of a registry is full."""
    return SpaceError(
        f"the disk of {host} is full{_in_brackets(told)}",
        remedy="make room in the registry's storage, then run the same command again: what is "
        "finished is kept",
    )


def raise_if_temporary(answer: Answer) -> None:
    """Raise TemporaryFault for a status that may pass, SpaceError for a registry's full disk."""
    if answer.status not in TEMPORARY_STATUSES:
        return
    told = told_by(answer)
    answer.close()
    if _FULL in told:
        raise full_disk(answer.host, told)
    if answer.status == 429:
        what, remedy = (
            f"{known_as(answer.host)} allows no more requests for now{_in_brackets(told)}",
            "wait and run the same command again, log in for a higher limit, or give a --mirror",
        )
    else:
        what, remedy = (
            f"{answer.host} fails with status {answer.status}{_in_brackets(told)}",
            "run the same command again later; what is finished is kept",
        )
    wait = retry_after(answer.header("Retry-After"))
    raise TemporaryFault(NetworkError(what, remedy=remedy), wait=wait, status=answer.status)


def refusal(answer: Answer, what: str, registry: str, login: Login | None) -> AirgapError:
    """The error for an answer that is neither what was asked for nor temporary.

    `what` names what was asked for, `registry` the host to log in to; `login` is what was shown.
    """
    host = known_as(answer.host)
    told = told_by(answer)
    answer.close()
    if answer.status == 401 and "not found" in told:
        return MissingError(  # Harbor's word for a project that is not there
            f"{host} has no {what} ({told})",
            remedy="check the project's and the repository's name",
        )
    if answer.status in {401, 403} and not (answer.is_web_page and answer.status == 403):
        return refused_login(registry, f"{what}{_in_brackets(told)}", login)
    if answer.is_web_page:
        return web_page(answer)
    if answer.status == 404:
        return MissingError(
            f"{host} has no {what}{_in_brackets(told)}",
            remedy="check the name; it may have been deleted there",
        )
    if answer.status == 412 and "PROJECTPOLICYVIOLATION" in told:
        return UnexpectedAnswerError(
            f"a rule of its project in {host} lets nobody pull {what} ({told})",
            remedy="have the rule lifted in Harbor (content trust, or vulnerable images), or have "
            "this signed or scanned",
        )
    return UnexpectedAnswerError(
        f"{host} answers with status {answer.status} to {what}{_in_brackets(told)}",
        remedy="check that the host is a registry that serves this; its log tells more",
    )


def refused_login(host: str, what: str, login: Login | None) -> AuthenticationError:
    """A registry or its token service does not let us have `what`."""
    if login is None:
        return AuthenticationError(
            f"{host} wants credentials for {what}",
            remedy=f"log in (docker login {host}) or give --creds-file; a name that is not there "
            "is often refused in the same way, so check it too",
        )
    who = f"of {login.username} " if login.username else ""
    return AuthenticationError(
        f"{host} refuses the credentials {who}from {login.origin} for {what}",
        remedy="correct them there, and see that they may pull this; a name that is not there is "
        "often refused in the same way, so check it too",
    )


def _in_brackets(told: str) -> str:
    return f" ({told})" if told else ""
