"""The file itself: a shell script, and behind it a tar whose bytes depend on its content alone."""

from __future__ import annotations

import gzip
import hashlib
import io
import tarfile
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from scripts.make_installer.interpreter import Architecture

_STUB = Path(__file__).parent / "stub.sh"
_STUB_SIZE = 4096
_LEVEL = 9


def write(directory: Path, architecture: Architecture, version: str, target: Path) -> None:
    """Write `directory` as a file that unpacks and starts itself to `target`."""
    payload = _packed(directory)
    # Blocks of 4 KiB: half of one is lost per file.
    megabytes = sum(one.lstat().st_size + 4096 for one in directory.rglob("*")) // 1_000_000
    text = _STUB.read_text()
    for name, value in {
        "VERSION": version,
        "ARCHITECTURE": architecture.name,
        "MACHINE": architecture.machine,
        "IDENTITY": f"{version}-{hashlib.sha256(payload).hexdigest()[:16]}",
        "OFFSET": str(_STUB_SIZE + 1),
        "MEGABYTES": str(megabytes),
    }.items():
        text = text.replace(f"@{name}@", value)
    stub = text.encode()
    # The shell reads what it needs of the script, and never comes to what fills it up.
    target.write_bytes(stub + b"\n" * (_STUB_SIZE - len(stub)) + payload)
    target.chmod(0o755)


def _packed(directory: Path) -> bytes:
    raw = io.BytesIO()
    with (
        gzip.GzipFile(filename="", mode="wb", fileobj=raw, compresslevel=_LEVEL, mtime=0) as packed,
        tarfile.open(fileobj=packed, mode="w", format=tarfile.USTAR_FORMAT) as tar,
    ):
        for path in sorted(directory.rglob("*")):
            tar.add(path, str(path.relative_to(directory)), recursive=False, filter=_anonymous)
    return raw.getvalue()


def _anonymous(member: tarfile.TarInfo) -> tarfile.TarInfo:
    """Without what tells of the machine it was made on."""
    member.uid = member.gid = member.mtime = 0
    member.uname = member.gname = ""
    is_program = member.isdir() or member.mode & 0o100
    member.mode = 0o755 if is_program else 0o644
    return member
