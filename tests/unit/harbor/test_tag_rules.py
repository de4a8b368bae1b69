from __future__ import annotations

import pytest

from cube_airgap.errors import NetworkError
from cube_harbor.fields import Fields
from cube_harbor.tag_rules import Selector, TagRule, parse_rule


@pytest.mark.parametrize(
    ("pattern", "name", "is_covered"),
    [
        ("**", "anything/at/all", True),
        ("*", "flat", True),
        ("*", "a/b", False),
        ("a/**", "a/b/c", True),
        ("a/**", "b/a", False),
        ("**/c", "a/b/c", True),
        ("v*", "v1.2.3", True),
        ("v*", "1", False),
        ("v?", "v1", True),
        ("{latest,stable}", "stable", True),
        ("{latest,stable}", "edge", False),
        ("release-[0-9]*", "release-7", True),
        (".hidden*", ".hidden-1", True),
        ("*", ".hidden", True),
        ("", "anything", True),
    ],
)
def test_patterns_are_read_as_harbor_reads_them(pattern: str, name: str, is_covered: bool) -> None:
    assert Selector(pattern).covers(name) is is_covered
    assert Selector(pattern, is_excluding=True).covers(name) is not is_covered


def test_a_rule_wants_both_the_repository_and_the_tag() -> None:
    rule = TagRule((Selector("v*"),), (Selector("infra/**"),))
    assert rule.covers("infra/mysql", "v8")
    assert not rule.covers("infra/mysql", "8")
    assert not rule.covers("jobs/mysql", "v8")


def test_a_rule_is_parsed() -> None:
    value = {
        "tag_selectors": [{"kind": "doublestar", "decoration": "excludes", "pattern": "dev*"}],
        "scope_selectors": {
            "repository": [{"kind": "doublestar", "decoration": "repoMatches", "pattern": "**"}]
        },
    }
    rule = parse_rule(Fields(value, "a rule"))
    assert rule == TagRule((Selector("dev*", is_excluding=True),), (Selector("**"),))


def test_a_malformed_rule_is_an_error() -> None:
    with pytest.raises(NetworkError):
        parse_rule(Fields({"tag_selectors": "all"}, "a rule"))
