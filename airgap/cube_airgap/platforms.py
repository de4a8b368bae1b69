"""A platform that an image runs on, and how a wanted one is matched."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from cube_airgap.errors import IntegrityError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable

_ARCHITECTURES = {"x86_64": "amd64", "x86-64": "amd64", "aarch64": "arm64", "i386": "386"}
# The variant that an architecture means when it names none (containerd's platforms package).
_USUAL_VARIANT = {"arm64": "v8", "arm": "v7", "amd64": "v1"}
_PART = re.compile(r"[A-Za-z0-9_.-]+")
_OS_VERSION = re.compile(r"(.*)\(([A-Za-z0-9_.-]+)\)")


@dataclass(frozen=True, slots=True, order=True)
class Platform:
    """Operating system, architecture and variant, as an image index writes them."""

    os: str
    architecture: str
    variant: str = ""
    os_version: str = ""

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `os/architecture[/variant][(os version)]`. Raises UsageError."""
        versioned = _OS_VERSION.fullmatch(text)
        parts = (versioned[1] if versioned else text).split("/")
        if len(parts) not in {2, 3} or not all(_PART.fullmatch(part) for part in parts):
            raise UsageError(
                f"{text!r} is not a platform",
                remedy="write it as OS/ARCHITECTURE[/VARIANT], for instance linux/amd64",
            )
        architecture = parts[1].lower()
        return cls(
            os=parts[0].lower(),
            architecture=_ARCHITECTURES.get(architecture, architecture),
            variant=parts[2].lower() if len(parts) == 3 else "",
            os_version=versioned[2] if versioned else "",
        )

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Self:
        """Read an index entry's `platform` (image-index.md), or an image configuration."""
        return cls(
            os=str(value.get("os") or ""),
            architecture=str(value.get("architecture") or ""),
            variant=str(value.get("variant") or ""),
            os_version=str(value.get("os.version") or ""),
        )

    def to_json(self) -> dict[str, str]:
        """As an index entry's `platform` has it; what is empty is left out."""
        fields = {
            "os": self.os,
            "architecture": self.architecture,
            "variant": self.variant,
            "os.version": self.os_version,
        }
        return {key: text for key, text in fields.items() if text}

    @classmethod
    def of_config(cls, raw: bytes, *, where: str) -> Self:
        """Read an image configuration's bytes (config.md); `where` names it in errors.

        Raises IntegrityError.
        """
        try:
            value = json.loads(raw)
        except (ValueError, RecursionError):
            value = None
        if not isinstance(value, dict):
            raise IntegrityError(
                f"{where} is not a JSON object",
                remedy="the image is damaged at its origin: push it there again, or leave it out",
            )
        return cls.from_json(value)

    def satisfies(self, wanted: Platform) -> bool:
        """Whether an image of this platform is what `wanted` asks for.

        An unnamed variant stands for the architecture's usual one; a wanted version of the
        operating system counts only when it is named.
        """
        return (
            (self.os, self.architecture) == (wanted.os, wanted.architecture)
            and self._usual_variant() == wanted._usual_variant()
            and wanted.os_version in {"", self.os_version}
        )

    def _usual_variant(self) -> str:
        variant = self.variant or _USUAL_VARIANT.get(self.architecture, "")
        return f"v{variant}" if variant.isdigit() else variant

    def __str__(self) -> str:
        name = "/".join(part for part in (self.os, self.architecture, self.variant) if part)
        return f"{name}({self.os_version})" if self.os_version else name


DEFAULT_PLATFORM = Platform("linux", "amd64")


def wanted_by_any(platform: Platform, wanted: Iterable[Platform]) -> bool:
    """Whether `platform` satisfies at least one of `wanted`."""
    return any(platform.satisfies(one) for one in wanted)
