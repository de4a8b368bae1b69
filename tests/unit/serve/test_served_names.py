"""By which names an image is found."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cube_airgap.errors import UsageError
from cube_airgap.relocation import Relocation, Rule
from cube_install.serve.refusal import Refusal
from tests.support.bundle_factory import tiny_bundle
from tests.support.image_factory import ImageBlobs, image, layer
from tests.support.registry_over_bundle import Asked, registry_over

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

HUB = "docker.io/library/nginx:1"
QUAY = "quay.io/library/redis:1"
OWN = "ccr.ccs.tencentyun.com/cube-studio/kubeflow-dashboard:1"
PORT = "registry.example:5000/team/app:1"
TWIN_A, TWIN_B = "ghcr.io/twin/a:1", "quay.io/twin/a:1"


def labelled(name: str) -> ImageBlobs:
    return image([layer({"a": b"a"})], labels={"name": name})


IMAGES = {name: labelled(name) for name in (HUB, QUAY, OWN, PORT, TWIN_A, TWIN_B)}


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asked]:
    with registry_over(tiny_bundle(IMAGES), tmp_path_factory.mktemp("names")) as found:
        yield found


def found(asked: Asked, name: str, host: str = "") -> str | None:
    """The image that a name leads to, if it leads to one."""
    try:
        digest = str(asked.names.find(name, host).tags["1"])
    except Refusal:
        return None
    return next(name for name, one in IMAGES.items() if one.digest == digest)


@pytest.mark.parametrize(
    ("name", "image_found"),
    [
        ("cube-studio/docker.io/library/nginx", HUB),
        ("cube-studio/kubeflow-dashboard", OWN),
        ("cube-studio/registry.example_5000/team/app", PORT),
        ("docker.io/library/nginx", HUB),
        ("ccr.ccs.tencentyun.com/cube-studio/kubeflow-dashboard", OWN),
        ("registry.example_5000/team/app", PORT),
        ("library/nginx", HUB),
        ("nginx", HUB),
        ("library/redis", QUAY),
        ("team/app", PORT),
        ("quay.io/twin/a", TWIN_B),
        ("redis", None),  # only the Hub's official images have short names
        ("twin/a", None),  # may be either
        ("library", None),
        ("cube-studio", None),
    ],
)
def test_a_name_of_this_registry(asked: Asked, name: str, image_found: str | None) -> None:
    assert found(asked, name) == image_found


@pytest.mark.parametrize(
    ("host", "name", "image_found"),
    [
        ("docker.io", "library/nginx", HUB),
        ("registry-1.docker.io", "library/nginx", HUB),
        ("docker.io", "nginx", HUB),
        ("quay.io", "twin/a", TWIN_B),
        ("ghcr.io", "twin/a", TWIN_A),
        ("registry.example:5000", "team/app", PORT),
        # a mirror that was set up with the path that Harbor needs
        ("docker.io", "cube-studio/docker.io/library/nginx", HUB),
        ("ccr.ccs.tencentyun.com", "cube-studio/kubeflow-dashboard", OWN),
        ("quay.io", "cube-studio/docker.io/library/nginx", None),
        # another host's image is never given
        ("quay.io", "library/nginx", None),
        ("docker.io", "library/redis", None),
        ("gcr.io", "library/nginx", None),
        ("quay.io", "cube-studio/kubeflow-dashboard", None),
        # a host that this registry stands in for
        ("harbor.site", "cube-studio/docker.io/library/nginx", HUB),
        ("harbor.site:8443", "cube-studio/kubeflow-dashboard", OWN),
        # no host
        ("x y", "library/nginx", None),
        ("word", "library/nginx", None),
    ],
)
def test_a_name_of_a_mirrored_host(
    asked: Asked, host: str, name: str, image_found: str | None
) -> None:
    assert found(asked, name, host) == image_found


def test_a_name_that_may_be_two_is_told_of(asked: Asked) -> None:
    with pytest.raises(Refusal, match=r"ghcr\.io/twin/a or quay\.io/twin/a: ask with the host"):
        asked.names.find("twin/a")


@pytest.mark.parametrize("name", ["Upper", "a//b", "-a", "a/../b", "a" * 300])
def test_what_is_no_name_is_refused(asked: Asked, name: str) -> None:
    with pytest.raises(Refusal) as refused:
        asked.names.find(name)
    assert (refused.value.status, refused.value.code) == (400, "NAME_INVALID")


def test_the_catalog_has_every_image_once(asked: Asked) -> None:
    assert asked.names.catalog == [
        "cube-studio/docker.io/library/nginx",
        "cube-studio/ghcr.io/twin/a",
        "cube-studio/kubeflow-dashboard",
        "cube-studio/quay.io/library/redis",
        "cube-studio/quay.io/twin/a",
        "cube-studio/registry.example_5000/team/app",
    ]


def test_two_origins_of_one_name_are_refused(tmp_path: Path) -> None:
    rules = Relocation([Rule("ghcr.io", "x"), Rule("quay.io", "x")])
    tiny = tiny_bundle({name: IMAGES[name] for name in (TWIN_A, TWIN_B)})
    with (
        pytest.raises(UsageError, match="would both become"),
        registry_over(tiny, tmp_path, rules),
    ):
        pass


def test_origins_that_share_a_target_share_its_repository(tmp_path: Path) -> None:
    rules = Relocation([Rule("ghcr.io", "x"), Rule("quay.io", "x")])
    other = "quay.io/twin/a:2"
    tiny = tiny_bundle({TWIN_A: IMAGES[TWIN_A], other: IMAGES[TWIN_B]})
    with registry_over(tiny, tmp_path, rules) as asked:
        assert sorted(asked.names.find("x/twin/a").tags) == ["1", "2"]
        assert sorted(asked.names.find("twin/a", "quay.io").tags) == ["2"]
