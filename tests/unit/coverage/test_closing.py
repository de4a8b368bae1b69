"""What lists and a checkout ask for together, and what the gate makes of it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from cube_airgap.digest import Digest
from cube_airgap.errors import MissingError
from cube_airgap.platforms import DEFAULT_PLATFORM, Platform
from cube_airgap.reference import Reference
from cube_bundle.coverage.allow_list import AllowEntry, AllowList, Subject
from cube_bundle.coverage.closing import Asked, closure_of, coverage_of_lock
from cube_bundle.image_list import ImageList, default_lists, read_list
from cube_bundle.lock import FileOrigin, Lock, LockedImage
from tests.support.made_checkout import DATA, IMAGES, MODEL, WEB, checkout
from tests.support.scan_tree import planted

if TYPE_CHECKING:
    from pathlib import Path

    from cube_bundle.coverage.closing import Closure

SITE = ImageList("site", "", ())
POD = "kind: Pod\nspec:\n  containers:\n    - image: {}\n"


def asked(root: Path, *lists: ImageList, limited: bool = True) -> Asked:
    return Asked(
        lists=lists or (SITE,),
        checkout=root,
        platforms=(DEFAULT_PLATFORM,),
        is_limited=limited,
    )


def images(closure: Closure) -> list[str]:
    return [one.origin.reference.familiar for one in closure.images]


def holes(closure: Closure) -> dict[str, str]:
    return {one.names[0]: one.profile for one in closure.coverage.holes}


def allow(subject: Subject, pattern: str) -> AllowList:
    return AllowList((AllowEntry(subject, pattern, "because", "here"),))


def test_all_that_is_in_use_is_taken_with_its_downloads(tmp_path: Path) -> None:
    closure = closure_of(asked(checkout(tmp_path)))

    assert images(closure) == sorted(IMAGES)
    assert {one.url for one in closure.assets} == {DATA, MODEL}
    assert (closure.coverage.holes, closure.coverage.allowed) == ((), ())
    assert closure.seeds.origin is FileOrigin.CHECKOUT


def test_with_chosen_lists_what_is_at_home_on_another_is_a_hole(tmp_path: Path) -> None:
    planted(tmp_path, {"a.yaml": POD.format("grafana/grafana:9.5.20")})

    closure = closure_of(asked(tmp_path, read_list("core")))

    assert "grafana/grafana:9.5.20" not in images(closure)
    assert holes(closure) == {"grafana/grafana:9.5.20": "monitoring"}


def test_another_version_of_what_a_chosen_list_has_is_taken_for_its_component(
    tmp_path: Path,
) -> None:
    planted(tmp_path, {"a.yaml": POD.format("grafana/grafana:99")})

    closure = closure_of(asked(tmp_path, read_list("monitoring")))

    (found,) = [one for one in closure.images if one.origin.reference.tag == "99"]
    assert (found.component, found.where) == ("grafana", "a.yaml:4")
    assert holes(closure) == {}


def test_without_chosen_lists_what_older_releases_ran_is_taken_if_it_is_in_use(
    tmp_path: Path,
) -> None:
    (old, *_) = [
        one.origin.reference
        for one in read_list("legacy").images
        if "kube-batch" in one.origin.reference.name
    ]
    planted(tmp_path, {"a.yaml": POD.format(old)})
    everything = [read_list(name) for name in default_lists()]

    closure = closure_of(asked(tmp_path, *everything, limited=False))

    assert old.familiar in images(closure)
    assert closure.coverage.holes == ()


ROOT_FILES = {
    "install/kubernetes/start.sh": "",
    "install/kubernetes/rancher/rancher-images-mini.txt": "rancher/shell:v0.3.1\n",
}


@pytest.mark.parametrize("limited", [True, False])
def test_what_only_makes_the_cluster_stays_out_unless_its_list_is_taken(
    limited: bool, tmp_path: Path
) -> None:
    planted(tmp_path, ROOT_FILES)

    left_out = closure_of(asked(tmp_path, SITE, limited=limited))
    shipped = closure_of(replace(asked(tmp_path, SITE, limited=limited), allow=AllowList.shipped()))
    taken = closure_of(asked(tmp_path, read_list("bootstrap"), limited=limited))

    assert (images(left_out), holes(left_out)) == ([], {"rancher/shell:v0.3.1": "bootstrap"})
    (allowed,) = shipped.coverage.allowed
    assert "take the profile bootstrap" in allowed.reason
    assert "rancher/shell:v0.3.1" in images(taken)
    assert holes(taken) == {}


def test_the_reason_for_an_image_counts_before_that_of_its_profile(tmp_path: Path) -> None:
    planted(tmp_path, ROOT_FILES)
    one = AllowEntry(Subject.IMAGE, "rancher/shell:*", "we have our own shell")

    allow_list = AllowList((*AllowList.shipped().entries, one))
    closure = closure_of(replace(asked(tmp_path, SITE), allow=allow_list))

    assert [allowed.reason for allowed in closure.coverage.allowed] == [one.reason]


@pytest.mark.parametrize(
    ("subject", "pattern"),
    [(Subject.IMAGE, "quay.io/site/web:2"), (Subject.IMAGE, "quay.io/site/w*")],
)
def test_an_image_that_is_allowed_to_be_missing_is_not_taken(
    subject: Subject, pattern: str, tmp_path: Path
) -> None:
    closure = closure_of(replace(asked(checkout(tmp_path)), allow=allow(subject, pattern)))

    assert WEB not in images(closure)
    assert [(one.text, one.reason) for one in closure.coverage.allowed if one.text == WEB] == [
        (WEB, "because")
    ]
    assert closure.coverage.holes == ()


def test_what_cannot_be_told_is_a_hole_with_a_note(tmp_path: Path) -> None:
    closure = closure_of(asked(checkout(tmp_path, typo="pyhton3.9")))

    (hole,) = closure.coverage.holes
    assert (hole.subject, hole.names) == (Subject.TEXT, ("pyhton3.9",))
    assert hole.where == "myapp/init/init-job-template.json:19"


def test_what_the_scan_warns_of_is_kept(tmp_path: Path) -> None:
    start = "kubectl apply -f https://h.example/all.yaml\n"
    files = {"install/kubernetes/start.sh": start, "install/kubernetes/sa-rbac.yaml": ""}

    (doubt,) = closure_of(asked(planted(tmp_path, files))).coverage.doubts

    assert doubt.what == "it applies https://h.example/all.yaml, which is not in the tree"


def test_several_places_are_told_as_the_first_and_their_number(tmp_path: Path) -> None:
    both = {name: POD.format("grafana/grafana:9.5.20") for name in ("a.yaml", "b.yaml")}

    (hole,) = closure_of(asked(planted(tmp_path, both))).coverage.holes

    assert hole.where == "a.yaml:4 and 1 more"


def test_entries_that_allow_nothing_are_known(tmp_path: Path) -> None:
    used, idle = allow(Subject.ASSET, MODEL), allow(Subject.ASSET, "https://never/*")
    both = used + idle

    closure = closure_of(replace(asked(checkout(tmp_path)), allow=both))

    assert closure.coverage.idle(both) == idle.entries
    assert [one.url for one in closure.assets] == [DATA]


def test_a_lists_file_is_taken_for_the_platforms_that_it_is_for() -> None:
    bootstrap = Asked(lists=(read_list("bootstrap"),), platforms=(Platform("linux", "arm64"),))

    names = [one.name for one in closure_of(bootstrap).assets]

    assert names == [
        "harbor/harbor-offline-installer-aarch64-v2.13.0.tgz",
        "kubectl/linux-arm64/kubectl",
    ]


def test_a_lists_file_that_is_skipped_is_allowed_without_any_scan() -> None:
    skip = AllowList.of_skips(["kubectl/*=the site has it"])
    bootstrap = Asked(lists=(read_list("bootstrap"),), allow=skip, platforms=(DEFAULT_PLATFORM,))

    closure = closure_of(bootstrap)

    assert [one.name for one in closure.assets] == ["harbor/harbor-offline-installer-v2.11.1.tgz"]
    assert {one.reason for one in closure.coverage.allowed} == {"the site has it"}


def test_our_own_job_templates_travel_with_their_list_and_are_covered_by_it() -> None:
    templates = read_list("templates")
    without = replace(templates, images=templates.images[1:])

    whole = closure_of(Asked(lists=(templates,), platforms=(DEFAULT_PLATFORM,)))
    other = closure_of(Asked(lists=(read_list("core"),), platforms=(DEFAULT_PLATFORM,)))
    spoiled = closure_of(
        Asked(lists=(replace(without, images=()),), platforms=(DEFAULT_PLATFORM,), is_limited=True)
    )

    assert list(whole.seeds.contents) == ["job-templates/init-job-template.json"]
    assert whole.coverage.holes == ()
    assert other.seeds.contents == {}
    places = {hole.where.partition(":")[0] for hole in spoiled.coverage.holes}
    assert places == {"job-templates/init-job-template.json"}


def test_images_by_name_alone_are_nobodys_checkout() -> None:
    closure = closure_of(Asked())

    assert (closure.images, closure.assets, closure.seeds.contents) == ((), (), {})


def test_a_directory_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(MissingError, match="there is no directory"):
        closure_of(asked(tmp_path / "none"))


def lock_of(*references: str, closure: Closure) -> Lock:
    return Lock(
        images=tuple(
            LockedImage(Reference.parse(one), Digest.of(one.encode()), "c", "w", ())
            for one in references
        ),
        files=closure.seeds.locked,
    )


def test_a_lock_covers_a_checkout_or_not(tmp_path: Path) -> None:
    root = checkout(tmp_path)
    skipped = allow(Subject.ASSET, "*")
    wanted = replace(asked(root), allow=skipped)
    closure = closure_of(wanted)

    _, whole = coverage_of_lock(lock_of(*IMAGES, closure=closure), wanted)
    seeds, lacking = coverage_of_lock(lock_of(*IMAGES[1:], closure=closure), wanted)

    assert whole.holes == ()
    assert [one.text for one in lacking.holes] == [WEB]
    assert seeds == closure.seeds


def test_what_a_lock_allows_is_allowed(tmp_path: Path) -> None:
    root = checkout(tmp_path)
    closure = closure_of(replace(asked(root), allow=allow(Subject.ASSET, "*")))
    lock = replace(lock_of(*IMAGES, closure=closure), allowed=closure.coverage.allowed)

    _, coverage = coverage_of_lock(lock, asked(root))

    assert coverage.holes == ()
