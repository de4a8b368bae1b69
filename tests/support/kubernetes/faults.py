"""What a test wants to go wrong, each for a number of requests."""

from __future__ import annotations

import re
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.support.kubernetes.answers import Answer, status, text_answer, unauthorized

if TYPE_CHECKING:
    from collections.abc import Callable


def too_many(seconds: int = 1) -> Answer:
    message = "the server has received too many requests and has asked us to try again later"
    headers = {"Retry-After": str(seconds)}
    answer = status(429, "TooManyRequests", message, {"retryAfterSeconds": seconds})
    return Answer(answer.code, answer.body, answer.headers | headers)


def unavailable() -> Answer:
    message = "the server is currently unable to handle the request"
    return status(503, "ServiceUnavailable", message, {})


def behind_balancer(code: int) -> Answer:
    """What a load balancer says when no API server is there."""
    return Answer(code, b"<html><body>Bad Gateway</body></html>", {"Content-Type": "text/html"})


def internal(told: str) -> Answer:
    details = {"causes": [{"message": told}]}
    return status(500, "InternalError", f"Internal error occurred: {told}", details)


def webhook_away(webhook: str) -> Answer:
    return internal(
        f'failed calling webhook "{webhook}": failed to call webhook: Post '
        '"https://hook.infra.svc:443/validate?timeout=10s": no endpoints available for service '
        '"hook"'
    )


def webhook_denies(webhook: str, told: str, code: int = 400) -> Answer:
    message = f'admission webhook "{webhook}" denied the request: {told}'
    return status(code, "Forbidden" if code == 403 else "", message)


def etcd(told: str) -> Answer:
    return status(500, "", f"etcdserver: {told}")


def expired_token() -> Answer:
    return unauthorized()


def not_served() -> Answer:
    return text_answer(404, "404 page not found\n")


@dataclass
class Fault:
    """Requests whose `METHOD PATH?QUERY` matches `pattern` get `answer`.

    With `before`, that is run instead, and the request answered as usual. Without both the
    connection breaks: before the request has any effect, or, with `is_lost`, in the place of the
    answer to it. `times` counts down.
    """

    pattern: str
    answer: Answer | None = None
    times: int = 1
    is_lost: bool = False
    before: Callable[[], None] | None = None


@dataclass
class Faults:
    planned: list[Fault] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def plan(
        self, pattern: str, answer: Answer | None = None, *, times: int = 1, is_lost: bool = False
    ) -> None:
        """Let the next `times` requests that match go wrong; see Fault."""
        with self._lock:
            self.planned.append(Fault(pattern, answer, times, is_lost))

    def before(self, pattern: str, action: Callable[[], None]) -> None:
        """Run `action` once, before the next request that matches is answered as usual."""
        with self._lock:
            self.planned.append(Fault(pattern, before=action))

    def due(self, line: str) -> Fault | None:
        """The fault for a request, which is then counted."""
        with self._lock:
            for fault in self.planned:
                if fault.times and re.search(fault.pattern, line):
                    fault.times -= 1
                    return fault
        return None
