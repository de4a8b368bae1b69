"""`cube-bundle lists --sizes` against a real registry."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from cube_bundle.cli.main import cube_bundle
from tests.support.image_factory import image, layer, multi_arch
from tests.support.real_registry import free_port

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.real_registry import RealRegistry


def sizes(path: Path, references: list[str], *options: str) -> dict[str, Any]:
    """What the command says of a plain list of `references`."""
    path.write_text("\n".join(references))
    arguments = ["lists", str(path), "--sizes", "--output", "json", *options]
    result = CliRunner().invoke(cube_bundle, arguments, catch_exceptions=False)
    shown: dict[str, Any] = json.loads(result.stdout)
    return shown


@pytest.fixture
def list_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path / "no-docker"))
    return tmp_path / "site.txt"


def test_a_registry_tells_the_size_of_what_it_has(registry: RealRegistry, list_file: Path) -> None:
    one = image([layer({"large.txt": b"large\n" * 1000})])
    name = registry.push("lists/one", "1", one)
    gone = f"{registry.host}/lists/one:gone"

    shown = sizes(list_file, [name, gone], "--insecure", registry.host)

    assert shown["size"] == sum(
        len(blob) for digest, blob in one.blobs.items() if digest != one.digest
    )
    assert list(shown["unknown"]) == [gone]


def test_the_sizes_of_other_platforms_are_had_by_asking(
    registry: RealRegistry, list_file: Path
) -> None:
    name = registry.push("lists/two", "1", multi_arch("linux/amd64", "linux/arm64"))
    insecure = ("--insecure", registry.host)

    one = sizes(list_file, [name], *insecure)
    both = sizes(
        list_file, [name], *insecure, "--platform", "linux/amd64", "--platform", "linux/arm64"
    )

    assert 0 < one["size"] < both["size"]


def test_a_registry_that_does_not_answer_leaves_a_size_unknown(list_file: Path) -> None:
    host = f"127.0.0.1:{free_port()}"

    shown = sizes(list_file, [f"{host}/lists/one:1"], "--insecure", host)

    assert shown["size"] is None
    assert host in shown["unknown"][f"{host}/lists/one:1"]
