"""The Python in the self-contained cube-install: a build that runs on any Linux with glibc 2.17."""

from __future__ import annotations

import gzip
import json
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

# Builds of the python-build-standalone project, for both architectures, as this module holds them.
_MODULE = "github.com/kluctl/go-embed-python"
_VERSION = "v0.0.0-3.11.11-20241219-1"
_SUM = "h1:yVXFTxa6cvhLC6TwkDEHmNaiWlDyaFEGiXd1DQdoeOU="

# Nothing of ours imports these, and they are half of the standard library's size.
_UNUSED = (
    "lib/python3.11/config-3.11*",
    "lib/python3.11/distutils",
    "lib/python3.11/ensurepip",
    "lib/python3.11/idlelib",
    "lib/python3.11/lib2to3",
    "lib/python3.11/pydoc_data",
    "lib/python3.11/site-packages",
    "lib/python3.11/test",
    "lib/python3.11/tkinter",
    "lib/python3.11/turtledemo",
    "lib/libpython3.so",
)
_KEPT_PROGRAMS = {"bin", "bin/python3", "bin/python3.11"}


@dataclass(frozen=True)
class Architecture:
    """A kind of machine: as images call it, as `uname -m` does, and in names of tools."""

    name: str
    machine: str

    @property
    def strip(self) -> str:
        """The command that takes debugging information out of its programs (binutils)."""
        return f"{self.machine}-linux-gnu-strip"


ARCHITECTURES = {
    one.name: one for one in (Architecture("amd64", "x86_64"), Architecture("arm64", "aarch64"))
}


def fetch() -> Path:
    """The directory with the interpreters of all architectures; fetched once.

    Raises CalledProcessError where it cannot be had, SystemExit where it is not what it was.
    """
    # In a directory without a go.mod, so that Go neither needs nor changes one.
    with tempfile.TemporaryDirectory() as nowhere:
        told = subprocess.run(
            ["go", "mod", "download", "-json", f"{_MODULE}@{_VERSION}"],
            cwd=nowhere,
            check=True,
            stdout=subprocess.PIPE,
        )
    module = json.loads(told.stdout)
    if module["Sum"] != _SUM:
        raise SystemExit(f"{_MODULE} {_VERSION} is {module['Sum']}, and should be {_SUM}")
    return Path(module["Dir"]) / "python" / "internal" / "data"


def assemble(interpreters: Path, architecture: Architecture, into: Path) -> None:
    """Lay the interpreter for `architecture` out in the new directory `into`."""
    source = interpreters / f"linux-{architecture.name}"
    for file in json.loads((source / "files.json").read_text())["files"]:
        if _is_used(file["name"]):
            _lay(source, file, into / file["name"])
    programs = [into / "bin" / "python3.11", *(into / "lib").glob("libpython3.11.so*")]
    subprocess.run([architecture.strip, "--strip-all", *programs], check=True)


def _is_used(name: str) -> bool:
    path = PurePosixPath(name)
    if path.parts[0] == "bin":
        return name in _KEPT_PROGRAMS
    return not any(part.match(pattern) for part in (path, *path.parents) for pattern in _UNUSED)


def _lay(source: Path, file: dict[str, object], target: Path) -> None:
    """One entry of the list: a link, a directory, or a file, which may be compressed there."""
    there = source / str(file["name"])
    target.parent.mkdir(parents=True, exist_ok=True)
    if "symlink" in file:
        target.symlink_to(str(file["symlink"]))
    elif there.is_dir():
        target.mkdir(exist_ok=True)
    elif there.exists():
        shutil.copyfile(there, target)
    else:
        target.write_bytes(gzip.decompress(there.with_name(f"{there.name}.gz").read_bytes()))
    if target.is_file() and target.parent.name == "bin":
        target.chmod(0o755)
