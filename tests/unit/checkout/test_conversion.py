"""A checkout that becomes a stack."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import yaml

from cube_airgap.errors import MissingError, UsageError
from cube_bundle.checkout.conversion import stack_of
from tests.support.small_checkout import RECIPE, SERVICE, ours, recipe, small_checkout

if TYPE_CHECKING:
    from pathlib import Path

    from cube_airgap.stack import Stack

_SEEDS = ("init-job-template.json",)


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Stack:
    checkout = small_checkout(tmp_path_factory.mktemp("checkout"))
    return stack_of(checkout, recipe(), ours(), _SEEDS)


def objects(stack: Stack, name: str) -> list[dict[str, object]]:
    return [body for body in yaml.safe_load_all(stack.files[name]) if body]


def test_components_are_ours_but_for_their_files(stack: Stack) -> None:
    mysql = stack.component("mysql")
    assert (mysql.about, mysql.deadline, mysql.needs) == ("the database", 900, ("namespaces",))
    assert stack.files["namespaces/all.yaml"] == ours().files["namespaces/all.yaml"]


def test_what_the_recipe_leaves_alone_keeps_every_byte(stack: Stack) -> None:
    assert stack.files["mysql/mysql-b-service.yaml"] == SERVICE.encode()


def test_corrections_are_laid_over_the_users_objects(stack: Stack) -> None:
    text = stack.files["mysql/mysql-a-deploy.yaml"].decode()
    (body,) = yaml.safe_load_all(text)
    assert text.startswith("# mysql/a-deploy.yaml:2\n")
    assert body["spec"] == {
        "template": {
            "spec": {
                "containers": [
                    {
                        "name": "mysql",
                        "image": "mysql:8",
                        "imagePullPolicy": "IfNotPresent",
                        "tty": False,
                    }
                ]
            }
        }
    }


def test_objects_come_to_the_namespace_where_kubectl_would_put_them(stack: Stack) -> None:
    kept, volume = objects(stack, "mysql/more-other.yaml")
    assert kept["metadata"] == {"name": "kept", "namespace": "default"}
    assert volume["metadata"] == {"name": "pv"}


def test_a_kustomization_is_rendered_and_generated_names_are_plain(stack: Stack) -> None:
    made, web = objects(stack, "backend/overlay-rendered.yaml")
    assert made["metadata"] == {"name": "made", "namespace": "infra"}
    assert "envFrom:\n        - configMapRef:\n            name: made\n" in yaml.safe_dump(web)
    assert stack.platform == "2026.03.01"


def test_config_maps_are_made_of_copies_with_edits(stack: Stack) -> None:
    (settings, seeds) = stack.component("backend").config_maps
    assert settings.keys == {"config.py": "backend/files/settings/config.py"}
    assert seeds.takes_seeds
    assert stack.files["backend/files/settings/config.py"] == b"HOSTS = []\nKEY = 'changed'\n"


def test_settings_that_this_version_lacks_are_left_out(stack: Stack) -> None:
    (rule,) = stack.component("backend").settings
    assert rule.values == {"HOSTS": ["${cube.entry.address}"]}


def test_a_component_of_which_there_is_nothing_is_left_out(stack: Stack) -> None:
    assert {one.name for one in stack.components} == {"namespaces", "mysql", "backend"}
    assert stack.component("backend").needs == ("mysql",)
    assert set(stack.profiles) == {"core"}
    assert [one.name for one in stack.secrets] == ["mysql-credentials"]


def test_without_seed_data_no_config_map_is_made_of_it(tmp_path: Path) -> None:
    stack = stack_of(small_checkout(tmp_path), recipe(), ours(), ())
    assert [one.name for one in stack.component("backend").config_maps] == ["settings"]


def test_the_last_of_two_and_ours_before_all(tmp_path: Path) -> None:
    others = {
        "install/mysql/c-again.yaml": SERVICE.replace("metadata: {", "metadata: {labels: {b: c}, "),
        "install/mysql/d-space.yaml": "apiVersion: v1\nkind: Namespace\nmetadata: {name: infra}\n",
    }
    stack = stack_of(small_checkout(tmp_path, **others), recipe(), ours(), ())
    assert "mysql/mysql-b-service.yaml" not in stack.files
    assert "mysql/mysql-c-again.yaml" in stack.files
    assert "mysql/mysql-d-space.yaml" not in stack.files


def test_of_alternatives_the_first_that_is_there_counts(tmp_path: Path) -> None:
    others = {"install/mysql/new-one.yaml": SERVICE}
    stack = stack_of(small_checkout(tmp_path, **others), recipe(), ours(), ())
    assert stack.component("mysql").manifests == (
        "mysql/more-other.yaml",
        "mysql/mysql-new-one.yaml",
    )


def test_the_same_checkout_gives_the_same_bytes_wherever_it_is(tmp_path: Path) -> None:
    one, two = (
        stack_of(small_checkout(tmp_path / name), recipe(), ours(), _SEEDS) for name in ("a", "b/c")
    )
    assert one.files == two.files


def test_a_kustomization_that_cannot_be_rendered_is_told(tmp_path: Path) -> None:
    others = {"install/base/kustomization.yaml": "resources: [none.yaml]\n"}
    with pytest.raises(UsageError, match=r"kubectl cannot render the kustomization .*overlay"):
        stack_of(small_checkout(tmp_path, **others), recipe(), ours(), ())


def test_without_kubectl_it_is_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(MissingError) as caught:
        stack_of(small_checkout(tmp_path / "c"), recipe(), ours(), ())
    assert "install kubectl" in caught.value.remedy


def test_a_file_that_is_no_yaml_is_told_with_its_line(tmp_path: Path) -> None:
    others = {"install/mysql/c.yaml": "a: [\n"}
    with pytest.raises(UsageError, match=r"mysql/c\.yaml:2: it is not YAML"):
        stack_of(small_checkout(tmp_path, **others), recipe(), ours(), ())


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("version: 1", "version: 2", "recipe.yaml:1"),
        ("take: [gone/", "takes: [gone/", "recipe.yaml:"),
        ("base: install", "base: /install", "recipe.yaml:3"),
        ("merge: {spec", "merges: {spec", "recipe.yaml:14"),
    ],
)
def test_a_recipe_that_does_not_fit_is_told_with_its_line(old: str, new: str, told: str) -> None:
    assert old in RECIPE
    with pytest.raises(UsageError, match=told):
        recipe(RECIPE.replace(old, new))
