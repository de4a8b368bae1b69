"""A Harbor as a test pushes into it: with a project of its own."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import requests

from cube_airgap.bundle import Bundle
from cube_airgap.progress import Silent
from cube_airgap.registry.access import RegistryAccess
from cube_airgap.registry.registries import Registries
from cube_airgap.relocation import default_relocation
from cube_push.checks import Missing
from cube_push.push import Order, prepare
from cube_push.sparse_indexes import SparseIndex
from cube_push.stepped_bundle import SteppedBundle
from tests.support import image_factory as make
from tests.support.registry_access import IMPATIENT, with_login

if TYPE_CHECKING:
    from cube_push.outcome import Outcome
    from tests.support.bundle_factory import TinyBundle
    from tests.support.harbor.running import RunningHarbor

_ACCEPT = {"Accept": ", ".join([make.OCI_INDEX, make.OCI_MANIFEST, make.DOCKER_MANIFEST])}


@dataclass
class Site:
    """A Harbor, and a project of its own for one test."""

    harbor: RunningHarbor
    directory: Path
    project: str
    jobs: int = 3

    @property
    def login(self) -> tuple[str, str]:
        return self.harbor.username, self.harbor.password

    def access(self, user: str = "", password: str = "") -> RegistryAccess:
        host = self.harbor.host
        ca_file = Path(self.harbor.ca_file) if self.harbor.ca_file else None
        insecure = frozenset({host} if self.harbor.is_plain else ())
        plain = RegistryAccess(ca_file=ca_file, insecure=insecure, patience=IMPATIENT)
        return with_login(plain, host, user or self.login[0], password or self.login[1])

    def push(self, bundle: TinyBundle, missing: Missing = Missing.CREATED, *login: str) -> Outcome:
        path = bundle.write(self.directory / "b.tar.zst")
        with Registries(self.access(*login)) as registries, Bundle.open(path) as opened:
            destination = registries.destination(self.harbor.host)
            relocation = default_relocation(self.project)
            order = Order(relocation, destination, SparseIndex.AUTO, missing, self.jobs)
            return prepare(SteppedBundle(opened), order).carry_out(Silent())

    def ask(self, method: str, path: str, body: Any = None) -> requests.Response:  # noqa: ANN401
        answer = requests.request(
            method,
            f"{self.harbor.base}{path}",
            json=body,
            auth=self.login,
            headers=_ACCEPT if path.startswith("/v2/") else None,
            verify=self.harbor.ca_file or True,
            timeout=30,
        )
        assert answer.status_code < 500, answer.text
        return answer

    def digest(self, repository: str, name: str) -> str:
        answer = self.ask("GET", f"/v2/{self.project}/{repository}/manifests/{name}")
        assert answer.status_code == 200, answer.text
        return make.digest_of(answer.content)

    def create(self, limit: int = -1) -> None:
        body = {"project_name": self.project, "metadata": {}, "storage_limit": limit}
        assert self.ask("POST", "/api/v2.0/projects", body).status_code == 201
