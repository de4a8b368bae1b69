"""What has to change on one node, worked out from its survey alone."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from cube_install.nodes.containerd_config import ContainerdConfig
from cube_install.nodes.docker_config import CERTIFICATES, DockerConfig
from cube_install.nodes.hosts_toml import encode, merged, origin_hosts, registry_host
from cube_install.nodes.registries_yaml import merged_registries

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cube_install.nodes.hosts_toml import Place
    from cube_install.nodes.pull_registry import Origin, PullRegistry
    from cube_install.nodes.survey import Survey

_CONTAINERD_CONFIG = "/etc/containerd/config.toml"
_DOCKER_CONFIG = "/etc/docker/daemon.json"
_PUBLIC, _PRIVATE = 0o644, 0o600


class Gpus(StrEnum):
    """Whether containers are to see a node's GPUs."""

    AUTO = "auto"  # where there is one, and NVIDIA's container runtime
    ON = "on"
    OFF = "off"


@dataclass(frozen=True)
class Wish:
    """What every node is to be able to: pull from `registry`, also by the names of `origins`.

    `docker_mirror` is a registry that has docker.io's images by their own names. `platforms` and
    `size` are those of the bundle's images; an empty tuple is any.
    """

    registry: PullRegistry
    origins: tuple[Origin, ...]
    docker_mirror: str = ""
    gpus: Gpus = Gpus.AUTO


@dataclass(frozen=True)
class NodeFile:
    """A file to write; `before` is the sha256 of what is there now, or "absent"."""

    path: str
    data: bytes = field(repr=False)
    mode: int
    before: str


@dataclass(frozen=True)
class NodePlan:
    """Files in the order in which they are written, then (action, service) in theirs."""

    files: tuple[NodeFile, ...]
    services: tuple[tuple[str, str], ...]

    @property
    def name(self) -> str:
        """The same for the same changes."""
        seen = hashlib.sha256()
        for one in self.files:
            seen.update(f"{one.path}\0{one.before}\0".encode() + one.data + b"\0")
        return seen.hexdigest()[:12]


def plan_node(survey: Survey, wish: Wish, node: str) -> NodePlan:
    """The changes for the node of that `survey`; none where all is as wished.

    Raises UsageError where a file of the user's cannot be understood; `node` names the node.
    """
    draft = _Draft(survey, wish, node)
    if survey.rancher is not None:
        draft.set_rancher(*survey.rancher)
    else:
        if survey.has("docker"):
            draft.set_docker()
        if survey.has("containerd"):
            draft.set_containerd()
    return NodePlan(tuple(draft.files), tuple(draft.services))


class _Draft:
    def __init__(self, survey: Survey, wish: Wish, node: str) -> None:
        self.files: list[NodeFile] = []
        self.services: list[tuple[str, str]] = []
        self._survey, self._wish, self._node = survey, wish, node
        # A header with a login in it is for root alone.
        self._mode = _PRIVATE if wish.registry.login else _PUBLIC

    def set_rancher(self, distribution: str, service: str) -> None:
        directory = f"/etc/rancher/{distribution}"
        ca_path = f"{directory}/cube-airgap-ca.crt"
        path = f"{directory}/registries.yaml"
        wish = self._wish
        text = merged_registries(
            self._text(path), wish.registry, wish.origins, ca_path, self._named(path)
        )
        if wish.registry.ca:
            self._put(ca_path, wish.registry.ca, _PUBLIC)
        if self._put(path, text, _PRIVATE):
            self.services.append(("restart", service))

    def set_docker(self) -> None:
        wish = self._wish
        config = DockerConfig(self._text(_DOCKER_CONFIG), self._named(_DOCKER_CONFIG))
        if not wish.registry.is_verified or wish.registry.is_plain:
            config.allow_insecure(wish.registry.host)
        if wish.docker_mirror:
            config.use_mirror(wish.docker_mirror)
        runtime = self._nvidia_runtime()
        if runtime:
            config.use_nvidia(runtime)
        self._put_hosts(CERTIFICATES, {})
        if self._put(_DOCKER_CONFIG, config.text, _PUBLIC) and "docker" in self._survey.services:
            self.services.append(("reload", "docker"))

    def set_containerd(self) -> None:
        path = _CONTAINERD_CONFIG
        config = ContainerdConfig(self._text(path), self._named(path))
        if config.has_cri:  # else it is Docker's own, which is not to be restarted for nothing
            config.use_hosts_directory()
            runtime = self._nvidia_runtime()
            if runtime:
                config.use_nvidia(runtime)
        self._put_hosts(config.hosts_directory, config.moved)
        if self._put(path, config.text, _PUBLIC) and "containerd" in self._survey.services:
            self.services.append(("restart", "containerd"))

    def _put_hosts(self, directory: str, moved: dict[str, tuple[Place, ...]]) -> None:
        """The files of all hosts; `moved` are those that another file had so far."""
        registry = self._wish.registry
        ca_path = f"{directory}/{registry.host}/ca.crt"
        if registry.ca:
            self._put(ca_path, registry.ca, _PUBLIC)
        for host, places in self._places(ca_path):
            self._put_host(f"{directory}/{host}/hosts.toml", places, moved.pop(host, ()))
        for host, places in moved.items():
            self._put_host(f"{directory}/{host}/hosts.toml", places, ())

    def _places(self, ca_path: str) -> Iterator[tuple[str, tuple[Place, ...]]]:
        registry = self._wish.registry
        yield registry.host, registry_host(registry, ca_path)
        for origin in self._wish.origins:
            places = origin_hosts(registry, origin, ca_path)
            for name in origin.names if places else ():
                yield name, places

    def _put_host(self, path: str, places: tuple[Place, ...], moved: tuple[Place, ...]) -> None:
        there = self._text(path)
        places = (*places, *moved)
        url = self._wish.registry.url
        text = merged(there, places, url, self._named(path)) if there else encode(places)
        self._put(path, text, self._mode)

    def _nvidia_runtime(self) -> str:
        runtime = self._survey.facts.get("nvidia-runtime", "")
        if self._wish.gpus is Gpus.ON:
            return runtime or "nvidia-container-runtime"
        return runtime if self._wish.gpus is Gpus.AUTO and self._survey.has_gpu else ""

    def _put(self, path: str, text: str, mode: int) -> bool:
        """Have a file written, if it is not so already."""
        there = self._survey.files.get(path)
        data = text.encode()
        if there == data or (there is None and not data):
            return False
        before = "absent" if there is None else hashlib.sha256(there).hexdigest()
        self.files.append(NodeFile(path, data, mode, before))
        return True

    def _text(self, path: str) -> str:
        return self._survey.text(path, self._node)

    def _named(self, path: str) -> str:
        return f"{path} on {self._node}"
