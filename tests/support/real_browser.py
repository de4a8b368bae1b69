"""Chromium as a person's browser, spoken to by its own protocol, and cut off from every network."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import re
import signal
import subprocess
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from tornado.httpclient import HTTPRequest
from tornado.websocket import WebSocketClientConnection, websocket_connect

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

_SECONDS = 60
_LARGEST_MESSAGE = 64 << 20


@dataclass(frozen=True)
class Window:
    """How the browser shows a page."""

    width: int = 1280
    height: int = 900
    scheme: str = "light"
    runs_scripts: bool = True


@dataclass(frozen=True)
class Seen:
    """What was asked for, what the expressions gave, what the console said, and a picture."""

    requests: tuple[str, ...]
    values: tuple[Any, ...]
    console: tuple[str, ...]
    picture: bytes


def look(page: Path, expressions: Sequence[str], window: Window = Window()) -> Seen:
    """Open the file `page`, and evaluate `expressions` there one after the other."""
    with (
        TemporaryDirectory(prefix="seen-", ignore_cleanup_errors=True) as directory,
        _running(directory) as address,
    ):
        return asyncio.run(
            asyncio.wait_for(_look(address, page.as_uri(), expressions, window), _SECONDS)
        )


@contextmanager
def _running(directory: str) -> Iterator[str]:
    """The address of the protocol of a browser that has `directory` for itself.

    The path is short: the browser makes a socket there.
    """
    command = [
        "chromium",
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-dev-shm-usage",
        "--no-first-run",
        "--host-resolver-rules=MAP * ~NOTFOUND",
        "--remote-debugging-port=0",
        f"--user-data-dir={directory}/profile",
        "about:blank",
    ]
    with subprocess.Popen(
        command,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "TMPDIR": directory},
        start_new_session=True,
    ) as process:
        try:
            yield _address(process)
            process.wait(_SECONDS)
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)


def _address(process: subprocess.Popen[str]) -> str:
    said = []
    for line in process.stderr or ():
        said.append(line)
        found = re.search(r"DevTools listening on (ws://\S+)", line)
        if found:
            return found[1]
    raise AssertionError(f"the browser did not start: {''.join(said)}")


async def _look(address: str, url: str, expressions: Sequence[str], window: Window) -> Seen:
    # A frame may be as large as a picture.
    request = HTTPRequest(address, connect_timeout=_SECONDS)
    socket = await websocket_connect(request, max_message_size=_LARGEST_MESSAGE)
    try:
        tab = await _Tab.opened(socket)
        await tab.show(url, window)
        values = tuple([await tab.evaluate(one) for one in expressions])
        picture = await tab.call("Page.captureScreenshot", format="png")
        return Seen(
            tuple(tab.requests),
            values,
            tuple(tab.console),
            base64.b64decode(picture["data"]),
        )
    finally:
        await _close(socket)


async def _close(socket: WebSocketClientConnection) -> None:
    """End the browser, which ends the connection."""
    await socket.write_message(json.dumps({"id": 0, "method": "Browser.close"}))
    while await socket.read_message() is not None:
        pass
    socket.close()


@dataclass
class _Tab:
    """One tab; `requests` and `console` grow while its answers are waited for."""

    socket: WebSocketClientConnection
    session: str = ""
    number: int = 0
    requests: list[str] = field(default_factory=list)
    console: list[str] = field(default_factory=list)
    events: set[str] = field(default_factory=set)

    @classmethod
    async def opened(cls, socket: WebSocketClientConnection) -> _Tab:
        tab = cls(socket)
        target = await tab.call("Target.createTarget", url="about:blank")
        attached = await tab.call(
            "Target.attachToTarget", targetId=target["targetId"], flatten=True
        )
        tab.session = attached["sessionId"]
        for domain in ("Page", "Network", "Runtime", "Log"):
            await tab.call(f"{domain}.enable")
        return tab

    async def show(self, url: str, window: Window) -> None:
        await self.call(
            "Emulation.setDeviceMetricsOverride",
            width=window.width,
            height=window.height,
            deviceScaleFactor=1,
            mobile=False,
        )
        scheme = {"name": "prefers-color-scheme", "value": window.scheme}
        await self.call("Emulation.setEmulatedMedia", features=[scheme])
        await self.call("Emulation.setScriptExecutionDisabled", value=not window.runs_scripts)
        await self.call("Page.navigate", url=url)
        while "Page.loadEventFired" not in self.events:
            await self._read()

    async def evaluate(self, expression: str) -> Any:  # noqa: ANN401 - any JSON
        answer = await self.call(
            "Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True
        )
        assert "exceptionDetails" not in answer, answer
        return answer["result"].get("value")

    async def call(self, method: str, **parameters: object) -> Any:  # noqa: ANN401 - any JSON
        self.number += 1
        message = {"id": self.number, "method": method, "params": parameters}
        if self.session:
            message["sessionId"] = self.session
        await self.socket.write_message(json.dumps(message))
        while True:
            answer = await self._read()
            if answer.get("id") == self.number:
                assert "error" not in answer, answer
                return answer["result"]

    async def _read(self) -> dict[str, Any]:
        text = await self.socket.read_message()
        assert text is not None, "the browser went away"
        message: dict[str, Any] = json.loads(text)
        method, parameters = message.get("method", ""), message.get("params", {})
        self.events.add(method)
        if method == "Network.requestWillBeSent":
            self.requests.append(parameters["request"]["url"])
        elif method == "Log.entryAdded":
            self.console.append(parameters["entry"]["text"])
        elif method == "Runtime.exceptionThrown":
            self.console.append(parameters["exceptionDetails"]["text"])
        return message
