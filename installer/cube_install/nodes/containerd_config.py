"""containerd's `config.toml`, changed where images are pulled and kept everywhere else.

containerd, docs/cri/config.md and docs/cri/registry.md; versions 1 to 3 of the file.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import tomlkit
from tomlkit.exceptions import TOMLKitError

from cube_airgap.errors import UsageError
from cube_install.nodes.hosts_toml import Place, not_toml

if TYPE_CHECKING:
    from collections.abc import MutableMapping

    from tomlkit.items import Table

HOSTS_DIRECTORY = "/etc/containerd/certs.d"
_NEW = "version = 2\n"
_CRI = "io.containerd.grpc.v1.cri"
# Where the settings of pulling and of running are, by the version of the file.
_PULLING = {1: "cri", 2: _CRI, 3: "io.containerd.cri.v1.images"}
_RUNNING = {1: "cri", 2: _CRI, 3: "io.containerd.cri.v1.runtime"}
_RUNC = "io.containerd.runc.v2"
_TLS_NAMES = {"ca_file": "ca", "insecure_skip_verify": "skip_verify"}

Settings = dict[str, Any]


@dataclass
class ContainerdConfig:
    """The file's text in the making.

    `hosts_directory` is where hosts.toml files belong. `moved` has what the file said of mirrors by
    their host, in the old way that containerd refuses beside such a directory.
    """

    text: str
    where: str
    hosts_directory: str = HOSTS_DIRECTORY
    moved: dict[str, tuple[Place, ...]] = field(default_factory=dict)
    _document: tomlkit.TOMLDocument = field(init=False)
    _version: int = field(init=False)

    def __post_init__(self) -> None:
        """Raises UsageError for what is no TOML, or of a version that is not known."""
        try:
            self._document = tomlkit.parse(self.text or _NEW)
        except TOMLKitError as error:
            raise not_toml(self.where, error) from None
        version = self._document.unwrap().get("version", 1)
        if version not in _PULLING:
            raise UsageError(
                f"{self.where} has version {version!r}, and 1 to 3 are known",
                remedy="set config_path to /etc/containerd/certs.d by hand; then only the files "
                "there are written",
            )
        self._version = version

    @property
    def has_cri(self) -> bool:
        """Whether Kubernetes can use it; packages of Docker's turn that off."""
        off = self._document.unwrap().get("disabled_plugins", [])
        return not {"cri", _CRI} & {*off}

    def use_hosts_directory(self) -> None:
        """Let containerd read hosts.toml files: where it does already, else in HOSTS_DIRECTORY."""
        registry = _table(self._document, "plugins", _PULLING[self._version], "registry")
        first = str(registry.get("config_path", "")).partition(":")[0]
        if first:
            self.hosts_directory = first.rstrip("/")
            return
        self.moved = _moved(registry)
        registry["config_path"] = HOSTS_DIRECTORY
        self.text = tomlkit.dumps(self._document)

    def use_nvidia(self, program: str) -> None:
        """Let containers see the node's GPUs; what is set for runc holds for NVIDIA's too."""
        running = _table(self._document, "plugins", _RUNNING[self._version], "containerd")
        runtimes = _table(running, "runtimes")
        wanted = _nvidia(runtimes, program)
        have = runtimes.get("nvidia", {})
        is_there = have.get("options", {}).get("BinaryName") == program
        if is_there and running.get("default_runtime_name") == "nvidia":
            return
        running["default_runtime_name"] = "nvidia"
        if not is_there:
            runtimes["nvidia"] = wanted
        self.text = tomlkit.dumps(self._document)


def _table(parent: MutableMapping[str, Any], *path: str) -> MutableMapping[str, Any]:
    """The table at `path`; what is not there is added without changing what is."""
    table = parent
    for number, name in enumerate(path):
        if name not in table:
            is_last = number == len(path) - 1
            table[name] = tomlkit.table(is_super_table=not is_last)
        table = table[name]
    return table


def _nvidia(runtimes: MutableMapping[str, Any], program: str) -> Table:
    runc = runtimes.get("runc", {})
    runc = runc.unwrap() if hasattr(runc, "unwrap") else runc
    runtime, options = tomlkit.table(), tomlkit.table()
    runtime["runtime_type"] = runc.get("runtime_type", _RUNC)
    runtime["privileged_without_host_devices"] = False
    options.update({**runc.get("options", {}), "BinaryName": program})
    runtime["options"] = options
    return runtime


def _moved(registry: MutableMapping[str, Any]) -> dict[str, tuple[Place, ...]]:
    """Take the mirrors and their TLS out of `registry`, as places by host."""
    mirrors = _plain(registry.pop("mirrors", {}))
    configs = registry.get("configs", {})
    tls = {host: _plain(settings).get("tls", {}) for host, settings in configs.items()}
    for host in tls:
        configs[host].pop("tls", None)
        if not configs[host]:
            del configs[host]
    moved = {
        "_default" if host == "*" else host: tuple(
            _place(url, tls.get(url.partition("://")[2].partition("/")[0], {}))
            for url in settings.get("endpoint", [])
        )
        for host, settings in mirrors.items()
    }
    for host, settings in tls.items():
        if settings and host not in moved:
            moved[host] = (_place(f"https://{host}", settings),)
    return {host: places for host, places in moved.items() if places}


def _place(url: str, tls: Settings) -> Place:
    settings = {_TLS_NAMES[name]: value for name, value in tls.items() if name in _TLS_NAMES}
    if tls.get("cert_file"):
        settings["client"] = [[tls["cert_file"], tls.get("key_file", "")]]
    return Place(url, settings)


def _plain(value: Any) -> Settings:  # noqa: ANN401 - a table of tomlkit's, or a dictionary
    found: Settings = value.unwrap() if hasattr(value, "unwrap") else value
    return found
