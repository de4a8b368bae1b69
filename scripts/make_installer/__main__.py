"""`python -m scripts.make_installer`: write cube-install-linux-ARCHITECTURE for each of them."""

from __future__ import annotations

import argparse
import os
import platform
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Self

from scripts.make_installer import interpreter, libraries, payload
from scripts.make_installer.interpreter import ARCHITECTURES
from scripts.make_installer.pinning import pin

if TYPE_CHECKING:
    from scripts.make_installer.interpreter import Architecture

_START = Path(__file__).parent / "start.py"
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
    with tempfile.TemporaryDirectory() as temporary:
        parts = Parts.ready(Path(temporary))
        for name in chosen.architecture or ARCHITECTURES:
            target = chosen.directory / f"cube-install-linux-{name}"
            parts.make(ARCHITECTURES[name], target)


@dataclass(frozen=True)
class Parts:
    """What all architectures need: interpreters, our own wheel, and a Python that runs here."""

    interpreters: Path
    own_wheel: Path
    python: Path
    directory: Path

    @classmethod
    def ready(cls, directory: Path) -> Self:
        """Fetch and build them, in the empty `directory`."""
        interpreters = interpreter.fetch()
        here = next(one for one in ARCHITECTURES.values() if one.machine == platform.machine())
        interpreter.assemble(interpreters, here, directory / "here")
        own_wheel = libraries.wheel(directory)
        return cls(interpreters, own_wheel, directory / "here" / "bin" / "python3", directory)

    def make(self, architecture: Architecture, target: Path) -> None:
        """Write the file for one architecture to `target`."""
        path = self.directory / architecture.name
        interpreter.assemble(self.interpreters, architecture, path / "python")
        libraries.install(self.own_wheel, architecture, path / _LIBRARIES)
        shutil.copyfile(_START, path / "cube-install")
        self._compile(path)
        payload.write(path, architecture, version("cube-airgap"), target)

    def _compile(self, path: Path) -> None:
        """Compile all modules, so that the program starts at once from where it may not write.

        A module is found to be compiled by its hash, since the files' times are not kept.
        """
        command = [str(self.python), "-m", "compileall", "-q", "-j", "0", "-s", str(path)]
        command += ["--invalidation-mode", "unchecked-hash", str(path)]
        subprocess.run(command, check=True, env={**os.environ, "PYTHONHASHSEED": "0"})


if __name__ == "__main__":
    main()
