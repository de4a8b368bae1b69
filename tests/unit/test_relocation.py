"""Where images go in the site's registry."""

from __future__ import annotations

import pytest

from cube_airgap.errors import UsageError
from cube_airgap.reference import Reference
from cube_airgap.relocation import Relocation, Rule, default_relocation, path_with_host

DIGEST = "sha256:" + "a" * 64


def repository(origin: str, *rules: tuple[str, str]) -> str:
    relocation = Relocation(Rule.of(*rule) for rule in rules) if rules else default_relocation()
    return relocation.repository(Reference.parse(origin))


@pytest.mark.parametrize(
    ("origin", "expected"),
    [
        ("ccr.ccs.tencentyun.com/cube-studio/kubeflow:1", "cube-studio/kubeflow"),
        ("ccr.ccs.tencentyun.com/cube-studio/a/b:1", "cube-studio/a/b"),
        ("ccr.ccs.tencentyun.com/other/a:1", "cube-studio/ccr.ccs.tencentyun.com/other/a"),
        ("nginx", "cube-studio/docker.io/library/nginx"),
        ("quay.io/argoproj/argocli:v3", "cube-studio/quay.io/argoproj/argocli"),
        ("registry.example:5000/a:1", "cube-studio/registry.example_5000/a"),
        ("localhost/a:1", "cube-studio/localhost/a"),
    ],
)
def test_the_default_keeps_short_names_for_the_platform_and_origins_for_others(
    origin: str, expected: str
) -> None:
    assert repository(origin) == expected


def test_the_longest_prefix_wins_whatever_the_order() -> None:
    rules = [("", "all"), ("quay.io/a/b", "deep"), ("quay.io", "quay"), ("quay.io/a", "a")]
    assert repository("quay.io/a/b/c:1", *rules) == "deep/c"
    assert repository("quay.io/a/c:1", *rules) == "a/c"
    assert repository("quay.io/c:1", *rules) == "quay/c"
    assert repository("ghcr.io/c:1", *rules) == "all/ghcr.io/c"


def test_a_prefix_ends_where_a_part_of_the_path_ends() -> None:
    assert repository("quay.io/ab/c:1", ("quay.io/a", "a"), ("", "x")) == "x/quay.io/ab/c"


def test_a_rule_may_name_one_repository() -> None:
    assert repository("nginx:1", ("docker.io/library/nginx", "infra/web"), ("", "x")) == "infra/web"


def test_slashes_at_the_ends_mean_nothing() -> None:
    assert Rule.of("quay.io/", "/a/b/") == Rule("quay.io", "a/b")


def test_an_empty_target_puts_nothing_before() -> None:
    assert repository("quay.io/a:1", ("", "")) == "quay.io/a"


def test_a_name_without_a_rule_is_refused() -> None:
    with pytest.raises(UsageError, match=r"no relocation rule says where docker\.io/library/nginx"):
        repository("nginx", ("quay.io", "quay"))


def test_two_rules_for_one_prefix_are_refused() -> None:
    with pytest.raises(UsageError, match="two relocation rules"):
        Relocation([Rule("quay.io", "a"), Rule("quay.io", "b")])


def test_a_target_that_is_no_path_is_refused() -> None:
    with pytest.raises(UsageError, match="is not the name of a repository"):
        Rule.of("quay.io", "Upper/Case")


def test_a_target_that_would_be_too_long_is_refused() -> None:
    with pytest.raises(UsageError, match="is not the name of a repository"):
        repository("quay.io/" + "a" * 240, ("quay.io", "b" * 30))


def test_a_host_that_is_an_address_of_ipv6_needs_a_rule() -> None:
    origin = Reference.parse("[::1]:5000/a:1")
    with pytest.raises(UsageError, match="cannot be part of a repository's name"):
        path_with_host(origin)
    assert repository("[::1]:5000/a:1", ("[::1]:5000", "here")) == "here/a"


def test_a_target_keeps_tag_and_digest() -> None:
    origin = Reference.parse(f"quay.io/a:1@{DIGEST}")
    target = default_relocation().target(origin, "harbor.example")
    assert str(target) == f"harbor.example/cube-studio/quay.io/a:1@{DIGEST}"


def test_every_origin_has_a_target_of_its_own() -> None:
    origins = [Reference.parse(text) for text in ("nginx:1", "nginx:2", "quay.io/library/nginx:1")]
    targets = default_relocation("p").targets(origins, "harbor.example")
    assert [str(target) for target in targets.values()] == [
        "harbor.example/p/docker.io/library/nginx:1",
        "harbor.example/p/docker.io/library/nginx:2",
        "harbor.example/p/quay.io/library/nginx:1",
    ]


def test_two_origins_of_one_target_are_refused() -> None:
    rules = Relocation([Rule("docker.io/library", "x"), Rule("quay.io/a", "x")])
    origins = [Reference.parse("nginx:1"), Reference.parse("quay.io/a/nginx:1")]
    with pytest.raises(UsageError, match=r"would both become harbor.example/x/nginx:1"):
        rules.targets(origins, "harbor.example")


def test_two_tags_of_two_origins_may_share_a_repository() -> None:
    rules = Relocation([Rule("docker.io/library", "x"), Rule("quay.io/a", "x")])
    origins = [Reference.parse("nginx:1"), Reference.parse("quay.io/a/nginx:2")]
    assert len(set(rules.targets(origins, "harbor.example").values())) == 2
