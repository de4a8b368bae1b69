"""Pods that look at directories of their node: what they find there, and write."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cube_install.deploy.node_directories import CONTAINER
from tests.support.kubernetes.pods import end_pod

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.support.kubernetes.json_types import Body
    from tests.support.kubernetes.logs import Logs
    from tests.support.kubernetes.storage import Storage

_NAMESPACE = "kube-system"
_ENDED_TICKS = 2
_KIB = 100 << 20


def on_shared_storage(pod: Body) -> str:
    """What a node writes that has every directory, on one storage with room."""
    _, _, _, _, _, _, *paths = _command(pod)
    found = (f"there\t{path}\tnfs4\tstorage:/data\t{_KIB}\trw" for path in paths)
    return "".join(f"{line}\n" for line in found)


def below(directory: Path) -> Callable[[Body], str]:
    """The program itself, run where the file system of node NAME is `directory`/NAME."""

    def run(pod: Body) -> str:
        shell, option, program, name, action, _, *paths = _command(pod)
        root = str(directory / pod["spec"]["nodeName"])
        command = [shell, option, program, name, action, root, *paths]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout

    return run


@dataclass
class DirectoryPods:
    """Lets them come to their end; `told` is what they write."""

    storage: Storage
    logs: Logs
    told: Callable[[Body], str] = on_shared_storage

    def work(self) -> None:
        for place, body in list(self.storage.of("pods", _NAMESPACE)):
            names = [one.get("name") for one in body["spec"].get("containers") or ()]
            is_new = "containerStatuses" not in (body.get("status") or {})
            if names == [CONTAINER] and is_new and self.storage.age(place) >= _ENDED_TICKS:
                self.logs.written[f"{_NAMESPACE}/{place.name}"] = self.told(body)
                end_pod(self.storage, place, body["spec"]["nodeName"])


def _command(pod: Body) -> list[str]:
    (container,) = pod["spec"]["containers"]
    return list(container["command"])
