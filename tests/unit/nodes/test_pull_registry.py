"""Below which paths a mirror finds the images of an origin."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cube_airgap.errors import UsageError
from cube_airgap.reference import Reference
from cube_airgap.relocation import Relocation, Rule, default_relocation
from cube_install.nodes.pull_registry import Origin, PullRegistry, below, origins_of

OWN = "ccr.ccs.tencentyun.com/cube-studio/web:1"


def origins(*images: str, relocation: Relocation | None = None) -> dict[str, Origin]:
    found = origins_of(map(Reference.parse, images), relocation or default_relocation())
    return {one.host: one for one in found}


def test_an_origin_is_found_below_its_own_host() -> None:
    assert origins("nginx:1")["docker.io"].paths == ("cube-studio/docker.io",)


def test_the_platform_s_own_images_are_found_at_the_registry_s_top() -> None:
    assert origins(OWN)["ccr.ccs.tencentyun.com"].paths == ("",)


def test_the_longest_path_is_asked_first() -> None:
    found = origins(OWN, "ccr.ccs.tencentyun.com/other/x:1")["ccr.ccs.tencentyun.com"]
    assert found.paths == ("cube-studio/ccr.ccs.tencentyun.com", "")


def test_a_name_that_is_changed_cannot_be_reached() -> None:
    relocation = default_relocation("site")
    found = origins(OWN, relocation=relocation)["ccr.ccs.tencentyun.com"]
    assert (found.paths, found.unreached) == ((), ("cube-studio/web",))


def test_docker_hub_is_asked_for_by_both_of_its_names() -> None:
    assert origins("nginx:1")["docker.io"].names == ("docker.io", "registry-1.docker.io")


def test_a_name_that_would_lead_to_another_image_is_refused() -> None:
    rules = [Rule.of("a.example/x/y", "x/y"), Rule.of("a.example/z", "p/z"), Rule.of("", "p/x")]
    images = ["a.example/x/y:1", "a.example/z:1", "b.example/y:1"]
    taking = [*rules, Rule.of("b.example/y", "p/x/y")]
    with pytest.raises(UsageError, match="another image"):
        origins(*images, relocation=Relocation(taking))


@given(st.data())
def test_every_name_leads_to_its_own_image_or_is_told_as_unreached(data: st.DataObject) -> None:
    parts = st.lists(st.sampled_from("abc"), min_size=1, max_size=3).map("/".join)
    hosts = st.sampled_from(["a.example", "b.example"])
    names = data.draw(st.lists(st.tuples(hosts, parts), min_size=1, max_size=6, unique=True))
    rules = data.draw(
        st.lists(st.tuples(hosts, parts, parts), max_size=3, unique_by=lambda one: one[:2])
    )
    relocation = Relocation(
        [Rule.of(f"{host}/{origin}", target) for host, origin, target in rules]
        + [Rule.of("", "all")]
    )
    images = [Reference.parse(f"{host}/{name}:1") for host, name in names]
    try:
        relocation.targets(images, "r.example")
        found = origins_of(images, relocation)
    except UsageError:
        return
    taken = {relocation.repository(image) for image in images}
    for origin in found:
        for name, target in origin.targets.items():
            asked = [below(path, name) for path in origin.paths]
            hits = [one for one in asked if one in taken]
            assert name in origin.unreached or hits[0] == target


@pytest.mark.parametrize(("is_plain", "url"), [(True, "http://r:1"), (False, "https://r:1")])
def test_the_address_says_how_it_is_spoken_to(is_plain: bool, url: str) -> None:
    assert PullRegistry("r:1", is_plain=is_plain).url == url
