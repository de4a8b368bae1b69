"""The product's own recipes for checkouts."""

from __future__ import annotations

from pathlib import Path

import pytest

from cube_airgap.stack_parsing import read_stack
from cube_bundle.checkout.recipe import CheckoutRecipe, recipe_for
from cube_bundle.seed_files import checkout_files

MANIFESTS = Path(__file__).parents[3] / "manifests"
RECIPES = sorted((MANIFESTS / "recipes").glob("*.yaml"))
_SHARED = Path(__file__).parents[4] / "shared/data/cube-studio"
_SETTINGS = {"config.py": "REPOSITORY_ORG = 'x'\n", "entrypoint.sh": "", "project.py": ""}


@pytest.fixture(params=RECIPES, ids=lambda path: path.stem)
def recipe(request: pytest.FixtureRequest) -> CheckoutRecipe:
    return CheckoutRecipe.parse(request.param.read_bytes(), request.param.name)


def test_what_is_taken_from_our_stack_is_there(recipe: CheckoutRecipe) -> None:
    stack = read_stack(MANIFESTS)
    names = {one.name for one in stack.components}
    assert {one.name for one in recipe.components if one.is_ours} <= names
    assert set(recipe.secrets) <= {one.name for one in stack.secrets}


def test_components_have_the_names_of_ours(recipe: CheckoutRecipe) -> None:
    names = {one.name for one in read_stack(MANIFESTS).components}
    assert [one.name for one in recipe.components if one.name not in names] == []


def test_a_directory_that_is_no_checkout_has_no_recipe(tmp_path: Path) -> None:
    assert recipe_for(tmp_path) is None


def test_a_checkout_that_is_at_hand_becomes_a_stack(tmp_path: Path) -> None:
    """With the files that a copy without programs and settings lacks; else there is none to try."""
    if not _SHARED.is_dir():
        return
    for path in _SHARED.rglob("*"):
        target = tmp_path / path.relative_to(_SHARED)
        if path.is_file():
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(path.read_bytes())
    config = tmp_path / "install/kubernetes/cube/overlays/config"
    config.mkdir(exist_ok=True)
    for name, text in _SETTINGS.items():
        (config / name).write_text(text)
    files = checkout_files(tmp_path).contents
    assert b"secretKeyRef" in files["stack/mysql/mysql-deploy.yaml"]
    assert b"privileged: true" not in files["stack/backend/cube-overlays-rendered.yaml"]
