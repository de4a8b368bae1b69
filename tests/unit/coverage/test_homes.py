from __future__ import annotations

import pytest

from cube_airgap.reference import Reference
from cube_bundle.coverage.homes import Homes, component_of
from cube_bundle.image_list import read_list

HOMES = Homes.of([read_list(name) for name in ("core", "gpu", "inference")])


def test_an_image_is_at_home_on_the_list_that_has_it() -> None:
    home = HOMES.of_image(Reference.parse("mysql:8.0.32"))

    assert home is not None
    assert (home.profile, home.component) == ("core", "mysql")
    assert home.entry is not None


def test_another_version_is_at_home_where_the_known_one_is() -> None:
    home = HOMES.of_image(Reference.parse("mysql:9"))

    assert home is not None
    assert (home.profile, home.component, home.entry) == ("core", "mysql", None)


def test_what_no_list_knows_has_no_home() -> None:
    assert HOMES.of_image(Reference.parse("quay.io/site/web:1")) is None
    assert HOMES.of_asset("https://h/x.zip") is None


def test_a_file_is_at_home_on_the_list_that_has_its_address() -> None:
    (url,) = [one.url for one in read_list("inference").assets if one.name.endswith("onnx")]

    home = HOMES.of_asset(url)

    assert home is not None
    assert (home[0], home[1].component) == ("inference", "tritonserver")


@pytest.mark.parametrize(
    ("file", "component"),
    [
        ("myapp/init/init-service.json", "service"),
        ("myapp/init-job-template.json", "job-template"),
        ("install/kubernetes/gpu/dcgm.yaml", "gpu"),
        ("install/kubernetes/cube/overlays/config/config.py", "cube"),
        (
            "install/kubernetes/kubeflow/train-operator/manifests/base/deployment.yaml",
            "train-operator",
        ),
        ("install/kubernetes/pv-pvc.yaml", "pv-pvc"),
        ("web.yaml", "web"),
        ("./a/Some_Thing/x.yaml", "some-thing"),
        ("数据/任务.yaml", "found"),
    ],
)
def test_what_has_no_home_is_filed_under_what_its_file_is_about(file: str, component: str) -> None:
    assert component_of(file) == component
