"""What a node is and how it is set up, as survey.sh tells it."""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass, field
from importlib import resources
from typing import Self

from cube_airgap.errors import IntegrityError
from cube_airgap.platforms import Platform

_VERSION = "1"
_NUMBERS = re.compile(r"v?(\d+)\.(\d+)(?:\.(\d+))?")
K3S = ("k3s", "k3s-agent")
RKE2 = ("rke2-server", "rke2-agent")


def survey_script() -> str:
    """The program that a node is surveyed with; its argument is the registry's URL."""
    return (resources.files("cube_install.nodes") / "survey.sh").read_text()


@dataclass(frozen=True)
class Survey:
    """The answers of one node: facts by name, running services, free bytes by directory, files."""

    facts: dict[str, str] = field(default_factory=dict)
    services: frozenset[str] = frozenset()
    disks: dict[str, int] = field(default_factory=dict)
    files: dict[str, bytes] = field(default_factory=dict)

    @classmethod
    def parse(cls, output: str, node: str) -> Self:
        """Read what survey.sh printed, whatever a login shell said before.

        Raises IntegrityError where it is not whole.
        """
        lines = [line.partition("\t") for line in output.splitlines()]
        names = [name for name, _, _ in lines]
        start = names.index("survey") if "survey" in names else len(names)
        if "end" not in names[start:] or lines[start][2] != _VERSION:
            told = " ".join(output.split())[-200:]
            raise IntegrityError(
                f"{node} does not answer the survey: {told or 'it says nothing'}",
                remedy="log in there by hand, and run the script that --print writes as survey.sh",
            )
        survey = cls(services=frozenset(_named(lines, "service")))
        try:
            for name, tab, value in lines[start:]:
                survey._take(name, value if tab else "")
        except (ValueError, binascii.Error):
            raise IntegrityError(
                f"{node} answers the survey with what cannot be read",
                remedy="run it again; if it stays, run the script survey.sh there by hand",
            ) from None
        return survey

    def _take(self, name: str, value: str) -> None:
        kind, _, what = name.partition(" ")
        if kind == "file":
            self.files[what] = base64.b64decode(value, validate=True)
        elif kind == "disk":
            self.disks[what] = int(value or 0) << 10
        else:
            self.facts[name] = value

    def number(self, name: str) -> int:
        """A fact that is a number, 0 where it is not known."""
        value = self.facts.get(name, "")
        return int(value) if value.isdigit() else 0

    def has(self, program: str) -> bool:
        """Whether the node has a program, whatever it says of its version."""
        return bool(self.facts.get(program))

    def version(self, program: str) -> tuple[int, int, int] | None:
        """The version of a program on the node; None where it is not there, or does not tell."""
        found = _NUMBERS.match(self.facts.get(program, ""))
        if found is None:
            return None
        major, minor, patch = found.groups()
        return int(major), int(minor), int(patch or 0)

    @property
    def platform(self) -> Platform:
        """What images have to be for."""
        return Platform.parse(f"linux/{self.facts.get('architecture') or 'unknown'}")

    @property
    def is_root(self) -> bool:
        """Whether the survey saw everything."""
        return self.facts.get("user") == "0"

    @property
    def rancher(self) -> tuple[str, str] | None:
        """`k3s` or `rke2`, and the service that runs here; None where there is neither."""
        for distribution, services in (("k3s", K3S), ("rke2", RKE2)):
            for service in services:
                if service in self.services:
                    return distribution, service
        return None

    @property
    def has_gpu(self) -> bool:
        """Whether there is a GPU of NVIDIA's, be its driver installed or not."""
        return bool(self.number("gpus") or self.facts.get("gpu-driver"))

    def text(self, path: str, node: str) -> str:
        """A file's text, empty where it is not there. Raises IntegrityError."""
        try:
            return self.files.get(path, b"").decode()
        except UnicodeDecodeError:
            raise IntegrityError(
                f"{path} on {node} is no text",
                remedy="look at it there: it may have been damaged; nothing was changed",
            ) from None


def _named(lines: list[tuple[str, str, str]], kind: str) -> list[str]:
    return [name.partition(" ")[2] for name, _, _ in lines if name.startswith(f"{kind} ")]
