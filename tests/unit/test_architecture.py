"""The rules that keep the code small and its imports pointing inward."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
PACKAGES = {
    "cube_airgap": ROOT / "airgap/cube_airgap",
    "cube_console": ROOT / "airgap/cube_console",
    "cube_scan": ROOT / "airgap/cube_scan",
    "cube_harbor": ROOT / "airgap/cube_harbor",
    "cube_push": ROOT / "airgap/cube_push",
    "cube_bundle": ROOT / "bundler/cube_bundle",
    "cube_install": ROOT / "installer/cube_install",
}
APPS = {"cube_bundle", "cube_install"}
SHOWING = {"click", "tqdm", "cube_console"}
FORBIDDEN_IMPORTS = {
    "cube_airgap": {*SHOWING, *APPS, "cube_scan", "cube_harbor", "cube_push"},
    "cube_scan": {*SHOWING, *APPS, "cube_harbor", "cube_push"},
    "cube_harbor": {*SHOWING, *APPS, "cube_scan", "cube_push"},
    "cube_push": {*SHOWING, *APPS, "cube_scan"},
    "cube_console": {*APPS, "cube_scan"},
    "cube_bundle": {"cube_install"},
    "cube_install": {"cube_bundle"},
}
# A credential helper is a thing of Docker's; helpers are a heap of ours.
VAGUE_NAMES = {"common", "helpers", "manager", "misc", "tools", "util", "utils"}
LONGEST_FUNCTION = 40
LONGEST_MODULE = 300

PRODUCT_MODULES = sorted(path for top in PACKAGES.values() for path in top.rglob("*.py"))
OTHER_MODULES = sorted(
    path
    for top in ("benchmarks", "demo", "scripts", "tests/support")
    for path in (ROOT / top).rglob("*.py")
)
ALL_MODULES = PRODUCT_MODULES + OTHER_MODULES


def relative(path: Path) -> str:
    return str(path.relative_to(ROOT))


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_bytes(), filename=str(path))


def imported_names(path: Path) -> Iterator[str]:
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""


@pytest.mark.parametrize("package", FORBIDDEN_IMPORTS)
def test_imports_point_inward(package: str) -> None:
    wrong = [
        f"{relative(path)} imports {name}"
        for path in PACKAGES[package].rglob("*.py")
        for name in imported_names(path)
        if name.partition(".")[0] in FORBIDDEN_IMPORTS[package]
    ]
    assert wrong == []


@pytest.mark.parametrize("package", PACKAGES)
def test_what_is_imported_is_declared(package: str) -> None:
    declared = {*PACKAGES, *sys.stdlib_module_names, *declared_dependencies()}
    wrong = [
        f"{relative(path)} imports {name}"
        for path in PACKAGES[package].rglob("*.py")
        for name in imported_names(path)
        if name.partition(".")[0] not in declared
    ]
    assert wrong == []


def declared_dependencies() -> set[str]:
    """Import names of the dependencies; typing_extensions is imported for types only."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    names = {re.split("[<>=~]", requirement)[0] for requirement in project["dependencies"]}
    return {{"pyyaml": "yaml"}.get(name, name) for name in names} | {"typing_extensions"}


def test_core_neither_prints_nor_reads_the_environment() -> None:
    wrong = [
        f"{relative(path)}: {ast.unparse(node)}"
        for path in PACKAGES["cube_airgap"].rglob("*.py")
        for node in ast.walk(tree_of(path))
        if is_outside_of_core(node)
    ]
    assert wrong == []


def is_outside_of_core(node: ast.AST) -> bool:
    if isinstance(node, ast.Attribute):
        return ast.unparse(node) in {
            "os.environ",
            "os.environb",
            "os.getenv",
            "sys.argv",
            "sys.exit",
            "sys.stderr",
            "sys.stdout",
        }
    return isinstance(node, ast.Name) and node.id in {"print", "input"}


@pytest.mark.parametrize("path", ALL_MODULES, ids=relative)
def test_functions_are_short(path: Path) -> None:
    wrong = [
        f"{relative(path)}:{node.lineno} {node.name} has {length_of(node)} lines"
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        if length_of(node) > LONGEST_FUNCTION
    ]
    assert wrong == []


def length_of(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    return (node.end_lineno or node.lineno) - node.lineno + 1


@pytest.mark.parametrize("path", PRODUCT_MODULES, ids=relative)
def test_modules_are_short(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= LONGEST_MODULE


def test_module_names_say_what_is_in_them() -> None:
    wrong = [relative(path) for path in ALL_MODULES if VAGUE_NAMES & {*path.stem.split("_")}]
    assert wrong == []


@pytest.mark.parametrize("path", PRODUCT_MODULES, ids=relative)
def test_a_module_is_introduced_by_one_sentence(path: Path) -> None:
    text = ast.get_docstring(tree_of(path)) or ""
    first, _, _ = text.partition("\n\n")
    assert first.strip(), "the module has no docstring"
    assert len(first.splitlines()) <= 2
