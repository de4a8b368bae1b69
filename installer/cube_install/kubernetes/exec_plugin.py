"""A program that gives credentials for a cluster, as kubeconfigs name one.

Kubernetes documentation, "Authenticating", client-go credential plugins.
"""

from __future__ import annotations

import json
import subprocess
import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cube_airgap.errors import AuthenticationError, UsageError
from cube_install.kubernetes.access import ClientCertificate, Identity
from cube_install.kubernetes.status import shortened

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cube_install.kubernetes.kubeconfig import Entry

_VERSIONS = ("client.authentication.k8s.io/v1", "client.authentication.k8s.io/v1beta1")
_SECONDS = 120
_EARLY = timedelta(seconds=10)


@dataclass
class ExecPlugin:
    """Runs `command` when credentials are needed, and again when they expire or are refused."""

    command: tuple[str, ...]
    api_version: str
    origin: str
    directory: Path
    environment: Mapping[str, str] = field(repr=False)
    hint: str = ""
    cluster: Mapping[str, Any] | None = field(default=None, repr=False)
    _identity: Identity | None = field(default=None, repr=False)
    _expires: datetime | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    @classmethod
    def of(
        cls, user: Entry, fields: dict[str, Any], cluster: Entry, environment: Mapping[str, str]
    ) -> ExecPlugin:
        """The plugin in the `exec` fields of `user`. Raises UsageError."""
        command, version = fields.get("command"), fields.get("apiVersion")
        if not isinstance(command, str) or not command:
            raise user.error("its exec names no command")
        if version not in _VERSIONS:
            raise user.error(
                f"its exec has apiVersion {version!r}, and not {' or '.join(_VERSIONS)}"
            )
        if fields.get("interactiveMode") == "Always":
            raise user.error(
                "its exec plugin wants to ask a person (interactiveMode: Always), which is not "
                "possible here"
            )
        if "/" in command:  # relative to the kubeconfig; a bare name is looked up in PATH
            command = str(user.file.parent / command)
        arguments = [str(one) for one in fields.get("args") or []]
        more = {one["name"]: one["value"] for one in fields.get("env") or []}
        return cls(
            (command, *arguments),
            str(version),
            user.origin,
            Path.cwd(),
            {**environment, **more},
            str(fields.get("installHint") or ""),
            _told_cluster(cluster) if fields.get("provideClusterInfo") is True else None,
        )

    def identity(self) -> Identity:
        """What to show now. Raises AuthenticationError, UsageError."""
        with self._lock:
            is_old = self._expires is not None and datetime.now(UTC) >= self._expires - _EARLY
            if self._identity is None or is_old:
                self._run()
            assert self._identity is not None  # noqa: S101 - _run sets it
            return self._identity

    def renew(self, refused: Identity) -> bool:
        """Ask for other credentials, once for all threads.

        Raises AuthenticationError, UsageError.
        """
        with self._lock:
            if self._identity == refused:
                self._run()
            return self._identity != refused

    def _run(self) -> None:
        status = self._status()
        token, chain, key = (
            status.get(name) for name in ("token", "clientCertificateData", "clientKeyData")
        )
        certificate = None
        if isinstance(chain, str) and isinstance(key, str):
            certificate = ClientCertificate(chain.encode(), key.encode())
        if not isinstance(token, str) and certificate is None:
            raise self._failed("it gives neither a token nor a certificate with its key")
        self._identity = Identity(f"Bearer {token}" if token else "", certificate)
        self._expires = self._expiry(status.get("expirationTimestamp"))

    def _expiry(self, text: object) -> datetime | None:
        if text is None:
            return None
        try:
            moment = datetime.fromisoformat(str(text))
        except ValueError:
            raise self._failed("its expirationTimestamp is no RFC 3339 time") from None
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)

    def _status(self) -> dict[str, Any]:
        """What it printed; never told, since there are credentials in it."""
        try:
            answer = json.loads(self._output())
        except (ValueError, RecursionError):
            raise self._failed("it prints something else than JSON") from None
        if not isinstance(answer, dict) or not isinstance(answer.get("status"), dict):
            raise self._failed("it prints no ExecCredential with a status")
        if answer.get("apiVersion") != self.api_version:
            raise self._failed(f"it does not answer in the version {self.api_version}")
        status: dict[str, Any] = answer["status"]
        return status

    def _output(self) -> bytes:
        spec: dict[str, Any] = {"interactive": False}
        if self.cluster is not None:
            spec["cluster"] = self.cluster
        asked = {"apiVersion": self.api_version, "kind": "ExecCredential", "spec": spec}
        try:
            done = subprocess.run(  # noqa: S603 - the kubeconfig's owner wants it to be run
                self.command,
                env={**self.environment, "KUBERNETES_EXEC_INFO": json.dumps(asked)},
                cwd=self.directory,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=_SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise self._failed(f"it does not end within {_SECONDS} seconds") from None
        except OSError as error:
            raise UsageError(
                f"{self._name} cannot be run: {error.strerror}",
                remedy=self.hint or "install it, or use a kubeconfig with a token or a certificate",
            ) from None
        if done.returncode:
            told = " ".join(done.stderr.decode("utf-8", "replace").split())
            raise self._failed(f"it ends with {done.returncode} ({shortened(told)})")
        return done.stdout

    @property
    def _name(self) -> str:
        return f"the credential plugin {self.command[0]} of {self.origin}"

    def _failed(self, why: str) -> AuthenticationError:
        return AuthenticationError(
            f"{self._name} fails: {why}",
            remedy="run it by hand to see, log in with its tool, or use a kubeconfig with a token "
            "or a certificate",
        )


def _told_cluster(cluster: Entry) -> dict[str, Any]:
    names = ("server", "tls-server-name", "insecure-skip-tls-verify", "certificate-authority-data")
    told = {name: cluster.fields[name] for name in names if name in cluster.fields}
    for one in cluster.fields.get("extensions") or []:
        if one.get("name") == "client.authentication.k8s.io/exec":
            told["config"] = one.get("extension")
    return told
