"""Faults that a test wants the double to have, each for a number of requests."""

from __future__ import annotations

import re
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.support.harbor.answers import web_page

if TYPE_CHECKING:
    from tests.support.harbor.answers import Answer

_TITLES = {413: "Request Entity Too Large", 502: "Bad Gateway", 504: "Gateway Time-out"}


@dataclass
class Fault:
    """Requests whose `METHOD PATH` matches get `status`, or a broken connection if it is None.

    `after_bytes` of the body are read before that; `times` counts down.
    """

    pattern: str
    status: int | None = 502
    times: int = 1
    after_bytes: int = 0

    @property
    def answer(self) -> Answer:
        assert self.status is not None
        return web_page(self.status, _TITLES.get(self.status, "Fault"))


class Faults:
    def __init__(self) -> None:
        self._planned: list[Fault] = []
        self._lock = threading.Lock()

    def plan(self, fault: Fault) -> None:
        with self._lock:
            self._planned.append(fault)

    def due(self, question: str) -> Fault | None:
        """The fault for `METHOD PATH`, which is then counted."""
        with self._lock:
            for fault in self._planned:
                if fault.times and re.search(fault.pattern, question):
                    fault.times -= 1
                    return fault
        return None
