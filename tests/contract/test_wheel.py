"""The wheel that people install, as hatchling builds it."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    directory = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(directory)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    (path,) = directory.glob("*.whl")
    with zipfile.ZipFile(path) as archive:
        return set(archive.namelist())


def test_it_has_every_module_of_all_four_packages(wheel: set[str]) -> None:
    modules = {
        str(path.relative_to(ROOT / top))
        for top in ("airgap", "bundler", "installer")
        for path in (ROOT / top).rglob("*.py")
    }
    assert modules <= wheel


@pytest.mark.parametrize(
    ("data", "pattern"),
    [
        ("image-lists", "*.yaml"),
        ("manifests", "job-templates/*.json"),
        ("manifests", "**/*.yaml"),
    ],
)
def test_it_has_the_data_where_the_commands_look_for_it(
    wheel: set[str], data: str, pattern: str
) -> None:
    files = list((ROOT / data).glob(pattern))
    assert files
    assert {f"cube_bundle/data/{path.relative_to(ROOT)}" for path in files} <= wheel


def test_it_has_the_schemas_beside_the_modules_that_use_them(wheel: set[str]) -> None:
    schemas = {
        str(path.relative_to(ROOT / top))
        for top in ("airgap", "bundler", "installer")
        for path in (ROOT / top).rglob("*.schema.json")
    }
    assert schemas
    assert schemas <= wheel


def test_it_has_the_templates_of_the_report(wheel: set[str]) -> None:
    templates = set((ROOT / "bundler/cube_bundle/report/templates").iterdir())
    assert templates
    assert {str(path.relative_to(ROOT / "bundler")) for path in templates} <= wheel


def test_it_has_nothing_beside_the_packages(wheel: set[str]) -> None:
    tops = {name.partition("/")[0] for name in wheel}
    shared = {"cube_airgap", "cube_console", "cube_scan", "cube_harbor", "cube_push"}
    packages = {*shared, "cube_bundle", "cube_install"}
    assert {top for top in tops if not top.endswith(".dist-info")} == packages


def test_it_is_typed_and_licensed(wheel: set[str]) -> None:
    assert "cube_airgap/py.typed" in wheel
    assert any(name.endswith("/licenses/LICENSE") for name in wheel)
