"""Taking manifests out of a checkout: files by patterns, and kustomizations by kubectl."""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from cube_airgap.built_in_kinds import is_in_a_namespace
from cube_airgap.errors import MissingError, UsageError
from cube_airgap.yaml_objects import objects_in

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_SECONDS = 120.0
# kustomize puts a hash behind the names of what it generates.
_HASHED = re.compile(r"(.+)-[bcdfghkmt2456789]{10}")
_GENERATED = {"ConfigMap", "Secret"}


@dataclass
class TakenFile:
    """A manifest of a checkout: its path there, its text, and its objects with their lines."""

    origin: str
    text: bytes
    objects: list[tuple[dict[str, Any], int]]

    @property
    def name(self) -> str:
        """A name for it in one folder with all others."""
        return re.sub(r"[^A-Za-z0-9._-]+", "-", self.origin.rpartition(".")[0] or self.origin)


def taken_files(base: Path, alternatives: tuple[str, ...]) -> Iterator[TakenFile]:
    """The files below `base` that the first pattern fits that fits any. Raises UsageError."""
    for pattern in alternatives:
        found = matching(base, pattern)
        for path in found:
            yield _read(path, path.relative_to(base).as_posix())
        if found:
            return


def matching(base: Path, pattern: str) -> list[Path]:
    """The files below `base` that a pattern fits, in which `*` stands for no slash, by name."""
    folder, _, name = pattern.rpartition("/")
    directory = base / folder
    if not directory.is_dir():
        return []
    return sorted(
        path for path in directory.iterdir() if fnmatchcase(path.name, name) and path.is_file()
    )


def rendered_kustomization(base: Path, directory: str) -> TakenFile | None:
    """What kubectl makes of the kustomization, if there is one, with plain names.

    Raises MissingError without kubectl, UsageError where it fails.
    """
    path = base / directory
    if not path.is_dir():
        return None
    kubectl = shutil.which("kubectl")
    if kubectl is None:
        raise MissingError(
            f"{path} is a kustomization, and there is no kubectl to render it",
            remedy="install kubectl (Debian: kubernetes-client), which is not needed inside; or "
            "leave the stack out with --no-stack",
        )
    try:
        done = subprocess.run(  # noqa: S603 - a fixed command, and a directory of the checkout
            [kubectl, "kustomize", str(path)],
            capture_output=True, timeout=_SECONDS, check=True, stdin=subprocess.DEVNULL,
        )  # fmt: skip
    except subprocess.CalledProcessError as error:
        told = error.stderr.decode(errors="replace").strip().splitlines()
        raise _failed(path, told[-1] if told else "it says nothing") from None
    except (OSError, subprocess.SubprocessError) as error:
        raise _failed(path, str(error)) from None
    text = _with_plain_names(done.stdout.decode(errors="replace"), str(path))
    return TakenFile(f"{directory}/rendered.yaml", text.encode(), list(_objects(text, str(path))))


def _failed(path: Path, why: str) -> UsageError:
    return UsageError(
        f"kubectl cannot render the kustomization {path}: {why[:300]}",
        remedy="correct it until `kubectl kustomize` renders it, or leave the stack out with "
        "--no-stack",
    )


def _with_plain_names(text: str, origin: str) -> str:
    """The text without the hashes that kustomize put behind names: ours are annotations."""
    for body, _ in _objects(text, origin):
        hashed = _HASHED.fullmatch(body["metadata"]["name"])
        if body["kind"] in _GENERATED and hashed:
            text = re.sub(rf"\b{re.escape(hashed[0])}\b", hashed[1], text)
    return text


def _read(path: Path, name: str) -> TakenFile:
    raw = path.read_bytes()
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise UsageError(f"{path} is not UTF-8", remedy="save it as UTF-8") from None
    return TakenFile(name, raw, list(_objects(text, str(path))))


def _objects(text: str, origin: str) -> Iterator[tuple[dict[str, Any], int]]:
    for one in objects_in(text, origin):
        yield one.body, one.line


def placed(body: dict[str, Any]) -> dict[str, Any]:
    """`body` in the namespace where kubectl would put it: none of its own, or the default one."""
    metadata = body["metadata"]
    needs_one = is_in_a_namespace(body["apiVersion"], body["kind"])
    if needs_one is False and "namespace" in metadata:
        return {**body, "metadata": {k: v for k, v in metadata.items() if k != "namespace"}}
    if needs_one and not metadata.get("namespace"):
        return {**body, "metadata": {**metadata, "namespace": "default"}}
    return body
