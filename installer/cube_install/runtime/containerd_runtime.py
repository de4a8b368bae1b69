"""containerd as what images are loaded into, by its own program `ctr`."""

from __future__ import annotations

import platform
import shutil
import subprocess
from contextlib import suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING, cast

from cube_airgap.errors import AirgapError, MissingError, NetworkError
from cube_airgap.platforms import Platform

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cube_install.runtime.image_archive import LoadableImage

KUBERNETES_NAMESPACE = "k8s.io"
_SOCKETS = ("/run/k3s/containerd/containerd.sock", "/run/containerd/containerd.sock")
_PROGRAMS = ("ctr", "/var/lib/rancher/rke2/bin/ctr", "/usr/local/bin/ctr")
_SECONDS = 60


class ContainerdRuntime:
    """The containerd at `address`, its images in `namespace`; see Runtime.

    Its interface is gRPC with generated code of thousands of lines; `ctr` comes with every
    containerd and speaks the version of that interface.
    """

    def __init__(
        self, address: str = "", namespace: str = KUBERNETES_NAMESPACE, snapshotter: str = ""
    ) -> None:
        """Raises MissingError, NetworkError where none answers."""
        socket = _socket(address.removeprefix("unix://"))  # as crictl wants it written
        self._command = (*_program(), "--address", socket, "--namespace", namespace)
        self._import = ("--snapshotter", snapshotter) if snapshotter else ()
        self._ask("version")

    @property
    def platform(self) -> Platform:
        """See Runtime."""
        return Platform.parse(f"linux/{platform.machine()}")

    def named(self, one: LoadableImage) -> bool:
        """See Runtime."""
        lines = [line.split() for line in self._ask("images", "check").splitlines()[1:]]
        complete = {words[0] for words in lines if len(words) > 3 and words[3] == "complete"}
        there = {words[0]: words[2] for words in lines if len(words) > 2}
        digest = str(one.root.digest)
        return all(name in complete and there.get(name) == digest for name in one.names)

    def load(self, one: LoadableImage, archive: Iterator[bytes]) -> None:
        """See Runtime."""
        command = (*self._command, "images", "import", *self._import, "-")
        what = str(one.image.reference)
        with subprocess.Popen(  # noqa: S603 - containerd's own program
            command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
        ) as process:
            pipe = cast("IO[bytes]", process.stdin)
            try:
                with suppress(BrokenPipeError):  # it says why on its stderr
                    for piece in archive:
                        pipe.write(piece)
                    pipe.close()
            except BaseException:
                process.kill()  # what it has so far is no image, and is collected by containerd
                raise
            told = process.stderr.read().decode(errors="replace") if process.stderr else ""
        if process.returncode:
            raise _refused(f"import {what}", told)

    def _ask(self, *arguments: str) -> str:
        try:
            done = subprocess.run(  # noqa: S603 - containerd's own program
                (*self._command, *arguments),
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                errors="replace",
                timeout=_SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise _refused("answer", f"nothing came within {_SECONDS} s") from None
        if done.returncode:
            raise _refused(f"answer {' '.join(arguments)}", done.stderr)
        return done.stdout


def _program() -> tuple[str, ...]:
    for name in _PROGRAMS:
        found = shutil.which(name)
        if found:
            return (found,)
    if shutil.which("k3s"):
        return ("k3s", "ctr")
    raise MissingError(
        "containerd's program ctr is not installed here",
        remedy="run this on a host with containerd; the profile kit of a bundle has it",
    )


def _socket(address: str) -> str:
    """`address`, or where containerd is by default; `ctr` waits for what is not there."""
    looked_at = (address,) if address else _SOCKETS
    for path in looked_at:
        with suppress(PermissionError):
            if not Path(path).exists():
                continue
        return path
    raise MissingError(
        f"no containerd runs here: there is no {' and no '.join(looked_at)}",
        remedy="start it (systemctl start containerd), or say where its socket is with --address",
    )


def _refused(work: str, told: str) -> AirgapError:
    why = " ".join(told.split())[-300:] or "it said nothing"
    return NetworkError(
        f"containerd does not {work}: {why}",
        remedy="run this as root; check that it runs, and that its disk has room",
    )
