"""What of a checkout is applied: by its start script, else by a recipe."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cube_airgap.errors import MissingError, UsageError
from cube_scan.findings import Kind, State
from cube_scan.recipe import Recipe, shipped_recipes
from cube_scan.scan import scan
from tests.support.scan_tree import planted, scanned

if TYPE_CHECKING:
    from pathlib import Path

    from cube_scan.scan import ScanReport

_BASE = "install/kubernetes"


def manifest(image: str) -> str:
    return f"apiVersion: v1\nkind: Pod\nspec:\n  containers: [{{image: {image}}}]\n"


def states(report: ScanReport) -> dict[str, str]:
    """The state of each image, by its short name."""
    return {
        reference.familiar: str(found[0].state) for reference, found in report.references.items()
    }


_LAYOUT_OF_2022 = {
    f"{_BASE}/start.sh": """\
kubectl apply -f dashboard/v2.2.0-cluster.yaml
# kubectl apply -f dashboard/v2.2.0-user.yaml
kubectl create -f kube-batch/deploy.yaml
cd prometheus
kubectl delete -f ./operator/gone.yaml
kubectl apply -f ./operator/bundle.yaml
cd ../
sh extra.sh
kubectl kustomize  xgboost/base | kubectl apply -f -
kubectl apply -k cube/overlays
kubectl apply -f https://example.net/remote.yaml
""",
    f"{_BASE}/extra.sh": "for f in volcano spark; do kubectl apply -f $f/install.yaml; done\n",
    f"{_BASE}/dashboard/v2.2.0-cluster.yaml": manifest("acme/dashboard:1"),
    f"{_BASE}/dashboard/v2.2.0-user.yaml": manifest("acme/user:1"),
    f"{_BASE}/kube-batch/deploy.yaml": manifest("acme/batch:1"),
    f"{_BASE}/prometheus/operator/bundle.yaml": manifest("acme/prometheus:1"),
    f"{_BASE}/prometheus/operator/gone.yaml": manifest("acme/gone:1"),
    f"{_BASE}/volcano/install.yaml": manifest("acme/volcano:1"),
    f"{_BASE}/spark/install.yaml": manifest("acme/spark:1"),
    f"{_BASE}/xgboost/base/kustomization.yaml": "resources: [xgboost.yaml]\n",
    f"{_BASE}/xgboost/base/xgboost.yaml": manifest("acme/xgboost:1"),
    f"{_BASE}/cube/base/kustomization.yml": "resources: [web.yaml]\n",
    f"{_BASE}/cube/base/web.yaml": manifest("acme/web"),
    f"{_BASE}/cube/overlays/kustomization.yml": "resources: [../base]\n"
    "images: [{name: acme/web, newTag: '7'}]\n"
    "configMapGenerator: [{name: c, files: [config/config.py]}]\n",
    f"{_BASE}/cube/overlays/config/config.py": "USER_IMAGE = 'acme/setting:1'\n",
    f"{_BASE}/all_image.py": "images = ['quay.io/acme/listed:1']\n",
    f"{_BASE}/pull_image_kubeflow.sh": "docker pull quay.io/acme/pulled:1\n",
    "myapp/init-job-template.json": '{"a": {"image_name": "acme/template:1"}}',
    "images/tool/Dockerfile": "FROM acme/build:1\n",
}


def test_the_start_script_tells_what_is_applied(tmp_path: Path) -> None:
    assert states(scanned(tmp_path, _LAYOUT_OF_2022)) == {
        "acme/batch:1": "applied",
        "acme/build:1": "build",
        "acme/dashboard:1": "applied",
        "acme/gone:1": "unapplied",
        "acme/prometheus:1": "applied",
        "acme/setting:1": "runtime",
        "acme/spark:1": "applied",
        "acme/template:1": "runtime",
        "acme/user:1": "unapplied",
        "acme/volcano:1": "applied",
        "acme/web:7": "applied",
        "acme/xgboost:1": "applied",
        "quay.io/acme/listed:1": "listed",
        "quay.io/acme/pulled:1": "listed",
    }


def test_a_manifest_applied_from_the_network_is_told(tmp_path: Path) -> None:
    (problem,) = scanned(tmp_path, _LAYOUT_OF_2022).problems

    assert "https://example.net/remote.yaml" in problem.what
    assert problem.line == 11


def test_without_a_start_script_the_recipe_tells(tmp_path: Path) -> None:
    files = {
        f"{_BASE}/sa-rbac.yaml": "a: 1\n",
        f"{_BASE}/mysql/deploy.yaml": manifest("acme/mysql:1"),
        f"{_BASE}/istio/install-1.15.0.yaml": manifest("acme/istio:new"),
        f"{_BASE}/istio/install.yaml": manifest("acme/istio:old"),
    }
    assert states(scanned(tmp_path, files)) == {
        "acme/istio:new": "applied",
        "acme/istio:old": "unapplied",
        "acme/mysql:1": "applied",
    }


@pytest.mark.parametrize("below", ["", "install", "install/kubernetes", "install/kubernetes/mysql"])
def test_a_part_of_a_checkout_is_known_as_such(tmp_path: Path, below: str) -> None:
    files = {
        f"{_BASE}/sa-rbac.yaml": "a: 1\n",
        f"{_BASE}/mysql/deploy.yaml": manifest("acme/mysql:1"),
    }
    report = scan([planted(tmp_path, files) / below])

    assert states(report) == {"acme/mysql:1": "applied"}


def test_the_init_data_of_a_checkout_alone_is_for_run_time(tmp_path: Path) -> None:
    files = {
        f"{_BASE}/sa-rbac.yaml": "a: 1\n",
        "myapp/init/a.json": '{"image_name": "acme/a:1"}',
    }
    report = scan([planted(tmp_path, files) / "myapp/init"])

    assert states(report) == {"acme/a:1": "runtime"}


def test_a_tree_that_no_recipe_knows_counts_as_used(tmp_path: Path) -> None:
    report = scanned(tmp_path, {"pod.yaml": manifest("acme/a:1")})

    assert states(report) == {"acme/a:1": "unplaced"}
    assert State.UNPLACED.is_used


def test_a_recipe_of_ones_own_is_read(tmp_path: Path) -> None:
    text = """\
version: 1
name: mine
base: deploy
marks: [main.yaml]
apply: [main.yaml]
roles:
- {files: ["*/notes/*"], state: build}
"""
    recipe = Recipe.read(planted(tmp_path, {"mine.yaml": text}) / "mine.yaml")
    files = {
        "deploy/main.yaml": manifest("acme/main:1"),
        "deploy/other.yaml": manifest("acme/other:1"),
        "deploy/notes/x.yaml": manifest("acme/notes:1"),
    }
    report = scan([planted(tmp_path / "tree", files)], recipes=[recipe])

    assert states(report) == {
        "acme/main:1": "applied",
        "acme/notes:1": "build",
        "acme/other:1": "unapplied",
    }


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("version: 2\nname: a\nbase: b\nmarks: [c]\n", "mine.yaml:1: version"),
        ("version: 1\nname: a\nbase: b\n", "marks"),
        ("version: 1\nname: a\nbase: /b\nmarks: [c]\n", "no path below"),
        ("version: 1\nname: a\nbase: b\nmarks: [c]\nroles: [{files: [x], state: y}]\n", "state"),
    ],
)
def test_a_wrong_recipe_is_refused(tmp_path: Path, text: str, what: str) -> None:
    with pytest.raises(UsageError, match=what):
        Recipe.read(planted(tmp_path, {"mine.yaml": text}) / "mine.yaml")


def test_a_missing_recipe_is_told(tmp_path: Path) -> None:
    with pytest.raises(MissingError, match="there is no recipe"):
        Recipe.read(tmp_path / "none.yaml")


def test_the_shipped_recipe_is_valid(tmp_path: Path) -> None:
    (recipe,) = shipped_recipes()

    assert recipe.name == "cube-studio"
    assert not scanned(tmp_path, {}).of_kind(Kind.REFERENCE)
