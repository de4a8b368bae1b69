"""An artifact that another client pushed to a real registry, read by ours."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import oras.provider  # type: ignore[import-untyped]

from cube_airgap.reference import Reference
from cube_airgap.registry.registries import Registries
from tests.support.registry_access import plain_access

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from tests.support.real_registry import RealRegistry


def test_an_artifact_that_oras_pushed(
    registry: RealRegistry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "weights.bin").write_bytes(b"weights" * 1000)
    name = Reference.parse(f"{registry.host}/pull/oras:1")
    client = oras.provider.Registry(insecure=True)
    try:
        client.push(str(name), files=["weights.bin:application/octet-stream"], quiet=True)
    finally:
        client.session.close()
    with Registries(plain_access(registry.host)) as registries:
        repository = registries.repository(name)
        manifest = repository.resolve(name)
        (layer,) = manifest.layers
        data = b"".join(repository.read_blob(layer))
    assert data == b"weights" * 1000
    assert layer.digest.hex == hashlib.sha256(data).hexdigest()
