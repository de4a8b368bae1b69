"""What a text is: reference, placeholder, mistake, or not to be told."""

from __future__ import annotations

import pytest

from cube_airgap.reference import Reference
from cube_scan.findings import Claim, Kind, Sighting, Way
from cube_scan.judgement import Judge, Known, Verdict
from cube_scan.vocabulary import Vocabulary


def judged(text: str, claim: Claim = Claim.IMAGE, *known: str) -> Verdict | None:
    names = Known()
    for one in known:
        names.add(Reference.parse(one))
    return Judge(Vocabulary.shipped(), names).judge(Sighting(text, 1, "", Way.FIELD, claim))


@pytest.mark.parametrize(
    ("text", "suggestion"),
    [
        ("python3.9", "python:3.9"),
        ("ubuntu-20.04", "ubuntu:20.04"),
        ("pyhton", "python:latest"),
        ("Acme/Web:1", "acme/web:1"),
        ("acme/web::1", "acme/web:1"),
        ("acme/web\uff1a1", "acme/web:1"),
        ("acme/web:", "acme/web"),
        ("https://quay.io/acme/web:1", "quay.io/acme/web:1"),
    ],
)
def test_a_mistake_comes_with_what_was_probably_meant(text: str, suggestion: str) -> None:
    verdict = judged(text)

    assert verdict is not None
    assert (verdict.kind, verdict.suggestion) == (Kind.INVALID, suggestion)
    assert verdict.note


def test_a_name_that_the_tree_knows_is_suggested() -> None:
    verdict = judged("trainer2", Claim.IMAGE, "trainer:1")

    assert verdict is not None
    assert verdict.suggestion == "trainer:2"


def test_what_is_like_nothing_known_comes_without_a_suggestion() -> None:
    verdict = judged("wholly-unlike-all-else", Claim.IMAGE, "trainer:1")

    assert verdict is not None
    assert (verdict.kind, verdict.suggestion) == (Kind.INVALID, "")


@pytest.mark.parametrize("text", ["nginx", "acme/web", "acme/web:1", "docker://acme/web:1"])
def test_a_place_for_images_takes_short_names(text: str) -> None:
    verdict = judged(text)

    assert verdict is not None
    assert verdict.kind is Kind.REFERENCE


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("quay.io/acme/web:1", Kind.REFERENCE),
        ("localhost:5000/web:1", Kind.REFERENCE),
        (f"quay.io/acme/web@sha256:{'0' * 64}", Kind.REFERENCE),
        ("python:3.9", Kind.REFERENCE),
        ("acme/web:1", Kind.UNKNOWN),
        ("quay.io/acme/web", Kind.UNKNOWN),
        ("quay.io/acme/", None),
        ("acme/web", None),
        ("acme/web:stable", None),
        ("redis:6379", None),
        ("redis:NoSchedule", None),
        ("mysql-service.infra:3306/kubeflow", None),
        ("node.example.com/role:NoSchedule", None),
        ("https://quay.io/acme/web:1", None),
        ("/mnt/a:/b", None),
        ("", None),
    ],
)
def test_a_place_that_says_nothing_takes_what_is_certain(text: str, kind: Kind | None) -> None:
    verdict = judged(text, Claim.MAYBE)

    assert (verdict.kind if verdict else None) == kind


@pytest.mark.parametrize("text", ["\u955c\u50cf", "a picture of a cat", "cat.png", "/static/x"])
def test_what_is_no_image_at_all_is_nothing(text: str) -> None:
    assert judged(text) is None
