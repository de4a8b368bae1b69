"""Harbor's refusals as errors that say what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cube_airgap.errors import (
    AirgapError,
    AuthenticationError,
    MissingError,
    NetworkError,
    SpaceError,
    UsageError,
)

if TYPE_CHECKING:
    from cube_airgap.registry.login import Login
    from cube_harbor.reply import Reply

_READ_ONLY = "read only mode"
_QUOTA = "configured upper limit"


def refusal(reply: Reply, host: str, what: str, login: Login | None) -> AirgapError:
    """The error for `reply`; `what` completes "refuses to" and `login` is what was shown."""
    if reply.is_web_page:
        return _web_page(reply, host)
    if reply.status in {401, 403}:
        known = _not_known if reply.status == 401 else _not_allowed
        return known(reply, host, what, login)
    told = f" ({reply.message})" if reply.message else ""
    if reply.status == 404:
        return MissingError(
            f"{host} cannot {what}: it is not there{told}",
            remedy="check the name; it may have been deleted, and a Harbor older than 2.9 does "
            "not have everything",
        )
    if reply.status in {400, 409, 412, 422}:
        return UsageError(
            f"{host} refuses to {what}{told}",
            remedy="change what is asked for, or what stands in its way in Harbor",
        )
    return NetworkError(
        f"{host} fails to {what} (status {reply.status}){told}",
        remedy="the log of Harbor's core service tells more; see also what a proxy before it "
        "allows",
    )


def fails_for_now(reply: Reply, host: str) -> NetworkError:
    """The error for a status that may pass, when it did not."""
    return NetworkError(
        f"{host} fails with status {reply.status}{_told(reply)}",
        remedy="run the same command again later; if it stays so, look at Harbor's health and at "
        "the proxy before it",
    )


def _not_known(reply: Reply, host: str, what: str, login: Login | None) -> AuthenticationError:
    if login is None:
        return AuthenticationError(
            f"{host} wants credentials to {what}",
            remedy=f"log in (docker login {host}) or give --creds-file",
        )
    return AuthenticationError(
        f"{host} does not accept the credentials of {login.username} from {login.origin}"
        f"{_told(reply)}",
        remedy="correct them there; with single sign-on the password is the CLI secret of the "
        "user's profile, and a robot's name has its prefix, such as robot$",
    )


def _not_allowed(reply: Reply, host: str, what: str, login: Login | None) -> AirgapError:
    if _READ_ONLY in reply.message:
        return SpaceError(
            f"{host} refuses to {what}: it is in read-only mode",
            remedy="have Harbor's administrator end it (Configuration, System Settings)",
        )
    if _QUOTA in reply.message:
        return SpaceError(
            f"{host} refuses to {what}: the project's quota is used up{_told(reply)}",
            remedy="have Harbor's administrator raise the project's quota",
        )
    who = login.username if login else "anonymous users"
    return AuthenticationError(
        f"{host} does not allow {who} to {what}{_told(reply)}",
        remedy="have the right given in Harbor, or use another account",
    )


def _web_page(reply: Reply, host: str) -> NetworkError:
    return NetworkError(
        f"{host} answers with a web page (status {reply.status}), not as Harbor's API does",
        remedy="check the host's name; if it is right, a proxy or a sign-in page answers in its "
        "place: check HTTPS_PROXY and NO_PROXY",
    )


def _told(reply: Reply) -> str:
    return f" ({reply.message})" if reply.message else ""
