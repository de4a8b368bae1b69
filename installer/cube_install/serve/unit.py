"""A systemd unit that serves a bundle at each boot (systemd.service, systemd.exec)."""

from __future__ import annotations

import stat
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

NAME = "cube-serve.service"
_FIRST_WITH_CREDENTIALS = 247
_LOWEST_FREE_PORT = 1024
_CACHE = "cube-serve"
# What the server never does: all of it holds in old versions too, which pass over what is new.
_HARDENING = """\
NoNewPrivileges=yes
ProtectSystem=strict
ProtectHome=read-only
PrivateTmp=yes
PrivateDevices=yes
ProtectClock=yes
ProtectControlGroups=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
ProtectProc=invisible
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
LockPersonality=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service
UMask=0077
"""


@dataclass(frozen=True)
class ServiceWish:
    """What is to be served, by which program: its path, and the arguments behind `serve`.

    `arguments` names no files. `key` is the one of the TLS key, and of `trusted_keys` one has to
    have signed the bundle. `port` is where it listens.
    """

    program: Path
    bundle: Path
    arguments: tuple[str, ...]
    port: int
    certificate: Path | None = None
    key: Path | None = None
    trusted_keys: tuple[Path, ...] = ()


def unit_text(wish: ServiceWish, version: int) -> str:
    """The unit for systemd of that `version`.

    The server runs as a user of its own where systemd can hand the key to one and everybody may
    read the rest, else as root without any of root's rights.
    """
    is_own_user = version >= _FIRST_WITH_CREDENTIALS and all(
        _is_readable(path)
        for path in (wish.program, wish.bundle, wish.certificate, *wish.trusted_keys)
        if path
    )
    return "\n".join([*_lines(wish, is_own_user=is_own_user), ""])


def _lines(wish: ServiceWish, *, is_own_user: bool) -> Iterator[str]:
    yield "[Unit]"
    yield "Description=Registry over a bundle (cube-install serve)"
    yield "Wants=network-online.target"
    yield "After=network-online.target"
    yield f"RequiresMountsFor={_path(wish.bundle)}"
    yield ""
    yield "[Service]"
    yield f"ExecStart={' '.join(_command(wish, is_own_user=is_own_user))}"
    yield "Restart=on-failure"
    yield "RestartSec=5"
    # The self-contained program unpacks itself there.
    yield f"CacheDirectory={_CACHE}"
    yield f"Environment=CUBE_INSTALL_CACHE=/var/cache/{_CACHE}"
    if is_own_user:
        yield "DynamicUser=yes"
        if wish.key:
            yield f"LoadCredential=tls.key:{_path(wish.key)}"
    rights = "CAP_NET_BIND_SERVICE" if wish.port < _LOWEST_FREE_PORT else ""
    yield f"CapabilityBoundingSet={rights}"
    if rights and is_own_user:
        yield f"AmbientCapabilities={rights}"
    yield from _HARDENING.splitlines()
    yield ""
    yield "[Install]"
    yield "WantedBy=multi-user.target"


def _command(wish: ServiceWish, *, is_own_user: bool) -> Iterator[str]:
    yield _word(str(wish.program))
    yield "serve"
    yield from ("--bundle", _word(str(wish.bundle)))
    for path in wish.trusted_keys:
        yield from ("--trusted-key", _word(str(path)))
    if wish.certificate and wish.key:
        yield from ("--tls-cert", _word(str(wish.certificate)))
        yield from ("--tls-key", "${CREDENTIALS_DIRECTORY}/tls.key" if is_own_user else
                    _word(str(wish.key)))  # fmt: skip
    yield from map(_word, wish.arguments)


def _word(text: str) -> str:
    """A word of a command line as systemd reads it (systemd.service, "Command lines")."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%").replace("$", "$$")
    return f'"{escaped}"' if escaped != text or any(one in text for one in " ';") else escaped


def _path(path: Path) -> str:
    """A path in a setting, where `%` begins a specifier and a space a second one."""
    text = str(path).replace("%", "%%")
    return f'"{text}"' if " " in text else text


def _is_readable(path: Path) -> bool:
    """Whether everybody may read it, and come to it."""
    try:
        ways = all(parent.stat().st_mode & stat.S_IXOTH for parent in path.resolve().parents)
        return ways and all(one.stat().st_mode & stat.S_IROTH for one in _parts(path))
    except OSError:
        return False


def _parts(path: Path) -> Iterable[Path]:
    """The bundle's file; the volumes beside a description, or beside one of them."""
    name = path.name.removesuffix(".volumes.json")
    if name == path.name and path.suffix.lstrip(".").isdigit():
        name = path.stem
    return (path, *path.parent.glob(f"{name}.[0-9][0-9][0-9]"))
