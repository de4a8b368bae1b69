"""The registry over a tiny bundle, asked without a server."""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tornado.httputil import HTTPHeaders

from cube_airgap.bundle import Bundle
from cube_airgap.relocation import default_relocation
from cube_install.serve.exchange import Answer, Request
from cube_install.serve.proofs import Proofs
from cube_install.serve.registry import Registry
from cube_install.serve.repository import Shelf
from cube_install.serve.served_names import ServedNames

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from cube_airgap.relocation import Relocation
    from tests.support.bundle_factory import TinyBundle


@dataclass
class Asked:
    """A registry; `notes` are what it said of its bundle when it began."""

    registry: Registry
    names: ServedNames
    proofs: Proofs
    notes: list[str] = field(default_factory=list)

    def get(self, target: str, method: str = "GET", **headers: str) -> Answer:
        """Ask for `target`; `If_Range` stands for the header If-Range."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.registry.answer(Request.of(method, target, HTTPHeaders(named)))

    def json(self, target: str) -> Any:  # noqa: ANN401 - any JSON
        answer = self.get(target)
        assert answer.status == 200, answer
        assert isinstance(answer.body, bytes)
        return json.loads(answer.body)

    def refusal(self, target: str, method: str = "GET", **headers: str) -> tuple[int, str, str]:
        """Status, code and message of a request that must be refused."""
        answer = self.get(target, method, **headers)
        assert answer.headers["Content-Type"] == "application/json"
        assert isinstance(answer.body, bytes)
        (error,) = json.loads(answer.body)["errors"]
        return answer.status, error["code"], error["message"]


@contextmanager
def registry_over(
    tiny: TinyBundle, directory: Path, relocation: Relocation | None = None
) -> Iterator[Asked]:
    """Write `tiny` to `directory` and answer from it."""
    notes: list[str] = []
    with Bundle.open(tiny.write(directory / "b.tar.zst")) as bundle:
        shelf = Shelf(bundle, notes.append)
        names = ServedNames(bundle.catalogue.images, relocation or default_relocation(), shelf)
        proofs = Proofs()
        yield Asked(Registry(bundle, names, proofs), names, proofs, notes)
