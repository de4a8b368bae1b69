"""A Harbor together with our client for it, and names of this run's own."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from cube_airgap.registry.access import Patience, RegistryAccess
from cube_airgap.registry.credentials import Credentials
from cube_airgap.registry.login import Login
from cube_airgap.registry.retries import Retries
from cube_airgap.registry.transport import Transport
from cube_harbor.projects import ProjectWish, make_project
from cube_harbor.recognition import find_harbor
from tests.support.harbor.talk import Talk, push_image

if TYPE_CHECKING:
    from cube_harbor.api import HarborApi
    from tests.support.harbor.running import RunningHarbor
    from tests.support.image_factory import ImageBlobs

# A real Harbor may take its time; the waits between tries are short.
PATIENCE = Patience(connect=5, read=60, tries=3, first_wait=0.001, longest_wait=0.01)


@dataclass
class Site:
    """Close it at the end."""

    harbor: RunningHarbor
    _transports: list[Transport] = field(default_factory=list)

    def access(self, login: Login | None) -> RegistryAccess:
        host = self.harbor.host
        credentials = Credentials({host: login} if login else {})
        ca_file = Path(self.harbor.ca_file) if self.harbor.ca_file else None
        insecure = frozenset({host} if self.harbor.is_plain else ())
        return RegistryAccess(credentials, ca_file, insecure, patience=PATIENCE)

    def find(self, login: Login | None) -> HarborApi | None:
        access = self.access(login)
        self._transports.append(Transport(access))
        retries = Retries(access.patience)
        return find_harbor(self.harbor.host, self._transports[-1], access.credentials, retries)

    def api(self, user: str = "", password: str = "") -> HarborApi:
        """As the administrator, unless somebody else is named."""
        login = Login("the test", user or self.harbor.username, password or self.harbor.password)
        api = self.find(login)
        assert api
        return api

    def new_name(self) -> str:
        return f"cube-{secrets.token_hex(6)}"

    def new_project(self, limit: int | None = None) -> str:
        wish = ProjectWish(self.new_name(), storage_limit=limit)
        assert make_project(self.api(), wish)
        return wish.name

    def push(self, repository: str, tag: str, image: ImageBlobs) -> None:
        """By hand, as the administrator."""
        push_image(self.harbor, repository, tag, image)

    def talk(self) -> Talk:
        return Talk.short(self.harbor)

    def close(self) -> None:
        for transport in self._transports:
            transport.close()
