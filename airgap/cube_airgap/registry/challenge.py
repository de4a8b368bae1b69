"""What a registry asks for with `WWW-Authenticate` (RFC 9110, 11.6.1)."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

_TOKEN = r"[A-Za-z0-9!#$%&'*+.^_`|~-]+"  # noqa: S105 - the grammar's word
_SEPARATOR = re.compile(r"[\s,]*")
# Unquoted values are wider than the grammar: some registries forget the quotes of a realm.
_PARAMETER = re.compile(rf'({_TOKEN})\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))')
_SCHEME = re.compile(_TOKEN)


@dataclass(frozen=True)
class Challenge:
    """One way to authorize; `scheme` and the parameters' names are in lower case."""

    scheme: str
    parameters: dict[str, str] = field(default_factory=dict)

    @property
    def realm(self) -> str:
        """For Bearer, the address of the token service."""
        return self.parameters.get("realm", "")


def parse_challenges(header: str) -> tuple[Challenge, ...]:
    """Read a header, or several joined by commas; what cannot be read ends the list."""
    found: list[Challenge] = []
    position = 0
    while True:
        position = _skip(header, position)
        if found and (match := _PARAMETER.match(header, position)):
            value = match[3] if match[2] is None else re.sub(r"\\(.)", r"\1", match[2])
            found[-1].parameters.setdefault(match[1].lower(), value)
        elif match := _SCHEME.match(header, position):
            found.append(Challenge(match[0].lower()))
        else:
            return tuple(found)
        position = match.end()


def best_challenge(challenges: tuple[Challenge, ...]) -> Challenge | None:
    """Bearer before Basic: a token says less about its owner, and for a shorter time."""
    for scheme in ("bearer", "basic"):
        for challenge in challenges:
            if challenge.scheme == scheme and (scheme == "basic" or challenge.realm):
                return challenge
    return None


def _skip(header: str, position: int) -> int:
    match = _SEPARATOR.match(header, position)
    return match.end() if match else position
