"""Turning a registry's refusal to take something into an error that says what to do."""

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
from cube_airgap.registry.answer import Answer, UnexpectedAnswerError, web_page
from cube_airgap.registry.refusals import full_disk, refused_login, told_by

if TYPE_CHECKING:
    from cube_airgap.registry.login import Login


class BlobUnknownError(UnexpectedAnswerError):
    """A manifest is refused because what it names is not in the same repository."""


class TooLargeError(NetworkError):
    """Something before the registry does not let a request body of this size through."""


class UploadLostError(UnexpectedAnswerError):
    """The registry does not know an upload any more, or got other bytes than were sent."""


def push_refusal(answer: Answer, what: str, login: Login | None) -> AirgapError:
    """The error for an answer that does not take `what`; `login` is what was shown.

    Harbor has few statuses for many reasons, and tells them apart by message only (seen on 2.9.5).
    """
    told = told_by(answer)
    answer.close()
    found = (
        _about_site(answer, what, told)
        or _about_content(answer, what, told)
        or _by_status(answer, what, told)
    )
    if found:
        return found
    if answer.status in {401, 403} and not answer.is_web_page:
        return _no_right(answer.host, f"{what} ({told})" if told else what, login)
    if answer.is_web_page:
        return web_page(answer)
    return UnexpectedAnswerError(
        f"{answer.host} does not take {what}: status {answer.status} ({told or 'no reason told'})",
        remedy="the registry's log tells more; it may not support this kind of image",
    )


def _about_site(answer: Answer, what: str, told: str) -> AirgapError | None:
    host = answer.host
    if answer.status == 401 and "not found" in told:
        return MissingError(
            f"{host} has no project for {what} ({told})",
            remedy="create the project there, or let this command do so with --create-project",
        )
    if "read only mode" in told or answer.status == 405:
        return SpaceError(
            f"{host} is read-only now ({told or 'method not allowed'})",
            remedy="have its administrator end the read-only mode; a garbage collection may run",
        )
    if "exceed the configured upper limit" in told:
        return SpaceError(
            f"the quota is used up: {host} does not take {what} ({told})",
            remedy="raise the project's quota there, then run the same command again",
        )
    if "immutable" in told:
        return UsageError(
            f"{host} does not let the tag be moved to {what} ({told})",
            remedy="the tag is there with another digest, unless a rule of the project lets nobody "
            "pull it: lift these rules, or relocate the image to another repository",
        )
    return None


def _about_content(answer: Answer, what: str, told: str) -> AirgapError | None:
    host = answer.host
    if "BLOB_UPLOAD_" in told or "DIGEST_INVALID" in told:
        return UploadLostError(
            f"{host} cannot finish the upload of {what} ({told})",
            remedy="if the registry has several replicas, they need one shared storage and one "
            "http secret; if a proxy stands before it, it may change what is sent",
        )
    if "MANIFEST_BLOB_UNKNOWN" in told or "BLOB_UNKNOWN" in told:
        return BlobUnknownError(
            f"{host} lacks something that {what} names ({told})",
            remedy="run the same command again; if it says the same then, the registry's storage "
            "has lost something: tell its operator",
        )
    return None


def _by_status(answer: Answer, what: str, told: str) -> AirgapError | None:
    if answer.status == 507:
        return full_disk(answer.host, told)
    if answer.status == 413:
        return TooLargeError(
            f"{answer.host}, or a proxy before it, refuses {what} as too large",
            remedy="raise the limit for request bodies there (nginx: client_max_body_size 0)",
        )
    return None


def _no_right(host: str, what: str, login: Login | None) -> AuthenticationError:
    refused = refused_login(host, f"pushing {what}", login)
    if login is None:
        return refused
    return AuthenticationError(
        refused.what,
        remedy="correct them there, and see that they may push: in Harbor a robot needs push and "
        "pull of the project's repositories, a user the role of a developer",
    )
