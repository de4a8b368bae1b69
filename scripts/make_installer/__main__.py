"""`python -m scripts.make_installer`: write cube-install-linux-ARCHITECTURE for each of them."""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import tempfile
from importlib.metadata import version
from pathlib import Path

from scripts.make_installer import interpreter, libraries, payload
from scripts.make_installer.interpreter import ARCHITECTURES, Architecture
from scripts.make_installer.pinning import pin

_START = Path(__file__).parent / "cube-install.py"
_LIBRARIES = "python/lib/python3.11/site-packages"


def main() -> None:
    """Parse the command line, and do what it says."""
    parser = argparse.ArgumentParser(prog="make_installer", description=__doc__)
    parser.add_argument("--architecture", choices=ARCHITECTURES, action="append")
    parser.add_argument("--pin", action="store_true", help="write the newest versions down first")
    parser.add_argument("directory", type=Path, help="where the files go")
    chosen = parser.parse_args()
    if chosen.pin:
        pin()
    chosen.directory.mkdir(parents=True, exist_ok=True)
    interpreters = interpreter.fetch()
    with tempfile.TemporaryDirectory() as temporary:
        own_wheel = libraries.wheel(Path(temporary))
        for name in chosen.architecture or ARCHITECTURES:
            path = Path(temporary, name)
            target = chosen.directory / f"cube-install-linux-{name}"
            make(interpreters, own_wheel, ARCHITECTURES[name], path)
            payload.write(path, ARCHITECTURES[name], version("cube-airgap"), target)


def make(interpreters: Path, own_wheel: Path, architecture: Architecture, into: Path) -> None:
    """Lay out all that one file holds in the new directory `into`."""
    interpreter.assemble(interpreters, architecture, into / "python")
    libraries.install(own_wheel, architecture, into / _LIBRARIES)
    shutil.copyfile(_START, into / "cube-install")
    _compile(into)


def _compile(directory: Path) -> None:
    """Compile all modules, so that the program starts at once from where it may not write.

    Any Python of this version does it; by hash, since the files' times are not kept.
    """
    command = ["python3.11", "-m", "compileall", "-q", "-j", "0", "-x", r"lib2to3/tests|/bad_"]
    command += ["--invalidation-mode", "unchecked-hash", "-s", str(directory), str(directory)]
    subprocess.run(command, check=True, env={**os.environ, "PYTHONHASHSEED": "0"})


if __name__ == "__main__":
    main()
