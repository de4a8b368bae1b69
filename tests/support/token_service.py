"""A token service that a real docker-registry trusts (distribution, spec/auth/jwt.md)."""

from __future__ import annotations

import base64
import json
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import jwt
import trustme
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key
from cryptography.x509 import load_pem_x509_certificate

from tests.support.faulty_registry import Reply, ScriptedRegistry, Seen

if TYPE_CHECKING:
    from pathlib import Path

SERVICE = "registry.test"
ISSUER = "tokens.test"
# docker-registry accepts a token until a minute after its end.
_LEEWAY = 60
_LIFETIME = 300


@dataclass
class TokenService:
    """Issues tokens to `users` (none: to anybody) at `/token` of `server`.

    `lives` has for the next tokens how many seconds the registry will accept them, whatever the
    answer says; `answer` is put over each answer's fields. An identity token in `identities` is
    accepted by POST.
    """

    server: ScriptedRegistry
    users: dict[str, str] = field(default_factory=dict)
    identities: set[str] = field(default_factory=set)
    lives: list[int] = field(default_factory=list)
    answer: dict[str, object] = field(default_factory=dict)
    issued: int = 0
    last: str = ""
    authority: trustme.CA = field(default_factory=trustme.CA)

    def __post_init__(self) -> None:
        self.server.always("/token", self._respond)
        self._signer = self.authority.issue_cert("tokens.test")

    def registry_settings(self, directory: Path) -> dict[str, str]:
        """What docker-registry's `auth.token` must be."""
        bundle = directory / "tokens.pem"
        self.authority.cert_pem.write_to_path(bundle)
        return {
            "realm": f"{self.server.url}/token",
            "service": SERVICE,
            "issuer": ISSUER,
            "rootcertbundle": str(bundle),
        }

    def _respond(self, seen: Seen) -> Reply:
        asked = parse_qs(seen.body.decode() if seen.method == "POST" else urlsplit(seen.path).query)
        if asked.get("service") != [SERVICE] or not self._is_known(seen, asked):
            return Reply(401, b'{"errors":[{"code":"UNAUTHORIZED","message":"who are you"}]}')
        scopes = [one for text in asked.get("scope", []) for one in text.split()]
        self.issued += 1
        key = "access_token" if seen.method == "POST" else "token"
        body = {key: self.token(scopes), "expires_in": _LIFETIME} | self.answer
        return Reply(body=json.dumps(body).encode())

    def _is_known(self, seen: Seen, asked: dict[str, list[str]]) -> bool:
        if seen.method == "POST":
            is_refresh = asked.get("grant_type") == ["refresh_token"]
            return is_refresh and asked.get("refresh_token", [""])[0] in self.identities
        if not self.users:
            return "authorization" not in seen.headers
        encoded = seen.headers.get("authorization", "").removeprefix("Basic ")
        user, _, password = base64.b64decode(encoded).decode().partition(":")
        return user in self.users and self.users[user] == password

    def token(self, scopes: list[str]) -> str:
        """A signed token, as the service would answer with."""
        now = int(time.time())
        ends = now + (self.lives.pop(0) - _LEEWAY if self.lives else _LIFETIME)
        claims = {
            "iss": ISSUER,
            "sub": "",
            "aud": SERVICE,
            "nbf": now - 600,
            "iat": now - 600,
            "exp": ends,
            "jti": str(self.issued),
            "access": [_access(scope) for scope in scopes],
        }
        chain = self._signer.cert_chain_pems[0].bytes()
        der = load_pem_x509_certificate(chain).public_bytes(Encoding.DER)
        key = load_pem_private_key(self._signer.private_key_pem.bytes(), None)
        headers = {"x5c": [base64.b64encode(der).decode()]}
        self.last = jwt.encode(claims, key, algorithm="ES256", headers=headers)  # type: ignore[arg-type]
        return self.last


def _access(scope: str) -> dict[str, object]:
    kind, name, actions = scope.split(":")
    return {"type": kind, "name": name, "actions": actions.split(",")}
