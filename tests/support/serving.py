"""The command `cube-install serve` as a process, on a free port of the loopback interface."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.support.bundle_factory import TinyBundle, tiny_bundle

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.image_factory import ImageBlobs

_PROGRAM = Path(sys.executable).with_name("cube-install")
_URL = re.compile(rb"at (https?)://(\S+)$", re.MULTILINE)


@dataclass(frozen=True)
class Serving:
    """A running registry; `host` is HOST:PORT, `greeting` what it printed, `log` its stderr."""

    scheme: str
    host: str
    greeting: str
    log: Path
    process: subprocess.Popen[bytes]

    @property
    def url(self) -> str:
        return f"{self.scheme}://{self.host}"


@contextmanager
def serving(
    bundle: Path, *arguments: object, listen: str = "127.0.0.1:0", command_name: str = "serve"
) -> Iterator[Serving]:
    """Serve `bundle`, and kill the server at the end if it still runs."""
    log = bundle.with_name("serve.log")
    command = [_PROGRAM, command_name, "--bundle", bundle, "--listen", listen, *arguments]
    with (
        log.open("wb") as errors,
        subprocess.Popen(
            [str(one) for one in command],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=errors,
            cwd=bundle.parent,  # no site file of somebody's directory gets in
            env={**os.environ, "HOME": str(bundle.parent)},
        ) as process,
    ):
        try:
            greeting = _greeting(process)
            found = _URL.search(greeting)
            assert found, log.read_text()
            scheme, host = (part.decode() for part in found.groups())
            yield Serving(scheme, host, greeting.decode(), log, process)
        finally:
            process.kill()


def _greeting(process: subprocess.Popen[bytes]) -> bytes:
    """All that is printed up to the empty line at its end, which is there once it listens."""
    assert process.stdout
    lines = [process.stdout.readline(), process.stdout.readline()]
    while lines[-1].strip() or len(lines) < 3:
        line = process.stdout.readline()
        if not line:
            break
        lines.append(line)
    return b"".join(lines)


def attach(bundle: TinyBundle, image: str, referrer: str, tag: str = "") -> None:
    """Make the image `referrer` of the catalogue a referrer of `image` instead, by `tag` if any."""
    images: list[dict[str, Any]] = bundle.catalogue["images"]
    by_name = {one["reference"]: one for one in images}
    attached = {"digest": by_name[referrer]["digest"]} | ({"tag": tag} if tag else {})
    by_name[image]["referrers"].append(attached)
    images.remove(by_name[referrer])


def bundle_of(directory: Path, images: dict[str, ImageBlobs]) -> Path:
    """A bundle file of `images` by canonical reference."""
    directory.mkdir(parents=True, exist_ok=True)
    return tiny_bundle(images).write(directory / "b.tar.zst")
