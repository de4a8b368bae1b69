"""Errors by what the operator has to do next; each has a remedy and an exit code."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


class AirgapError(Exception):
    """A foreseeable failure: what happened to which thing, and what to do now."""

    exit_code: ClassVar[int] = 1

    def __init__(self, what: str, *, remedy: str) -> None:
        super().__init__(what)
        self.what = what
        self.remedy = remedy

    def __str__(self) -> str:
        return self.what


class UsageError(AirgapError):
    """The command, a list, a lock or a setting asks for something that makes no sense."""

    exit_code = 2


class NetworkError(AirgapError):
    """A host cannot be reached, or does not answer as the protocol says."""

    exit_code = 3


class AuthenticationError(AirgapError):
    """A host refuses the credentials, or wants some."""

    exit_code = 4


class MissingError(AirgapError):
    """Something that was named does not exist."""

    exit_code = 5


class IntegrityError(AirgapError):
    """Bytes are not what their digest, length or format says."""

    exit_code = 6


class SpaceError(AirgapError):
    """A disk is full, read-only, or may not be written."""

    exit_code = 7


class ClusterError(AirgapError):
    """A Kubernetes cluster does not take what was given, or something in it does not come up."""

    exit_code = 8


class UntrustedError(AirgapError):
    """A bundle is not signed by any of the keys that the site trusts."""

    exit_code = 9


class Interrupted(AirgapError):  # noqa: N818 - a person's will is no error
    """The user stopped the work."""

    exit_code = 130


class SeveralErrors(AirgapError):  # noqa: N818 - it is more than one error
    """More than one thing failed; all of them are told at once.

    The exit code is that of the failures if they agree, else that of the first.
    """

    def __init__(self, errors: Sequence[AirgapError]) -> None:
        self.errors = tuple(errors)
        super().__init__(
            f"{len(self.errors)} things failed",
            remedy="deal with each of them, then run the same command again",
        )

    @property
    def code(self) -> int:
        """The exit code of the first failure."""
        return self.errors[0].exit_code


def raise_all(errors: Sequence[AirgapError]) -> None:
    """Raise nothing, the one error, or all of them as one; what is the same is told once."""
    told: dict[tuple[type, str, str], AirgapError] = {}
    for one in errors:
        for part in parts_of(one):
            told.setdefault((type(part), part.what, part.remedy), part)
    different = list(told.values())
    if len(different) == 1:
        raise different[0]
    if different:
        raise SeveralErrors(different)


def parts_of(error: AirgapError) -> tuple[AirgapError, ...]:
    """The error, or all of them if it is more than one."""
    return error.errors if isinstance(error, SeveralErrors) else (error,)


@contextmanager
def collected_in(errors: list[AirgapError]) -> Iterator[None]:
    """End the block at an AirgapError and go on behind it, with the error in `errors`."""
    try:
        yield
    except AirgapError as error:
        errors.append(error)


def exit_code_of(error: AirgapError) -> int:
    """The process's exit code for `error`."""
    return error.code if isinstance(error, SeveralErrors) else error.exit_code
