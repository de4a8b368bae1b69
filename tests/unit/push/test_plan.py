"""Planning a push from a bundle's head."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cube_airgap.bundle import Bundle
from cube_airgap.errors import MissingError, UsageError
from cube_airgap.relocation import default_relocation
from cube_push.plan import PushPlan, plan_push
from tests.support import image_factory as make
from tests.support.bundle_factory import TinyBundle, tiny_bundle
from tests.support.pushing import with_referrers, without

if TYPE_CHECKING:
    from pathlib import Path

SMALL = make.image([make.layer({"a": b"a"})])
LARGE = make.image([make.layer({"b": bytes(range(256)) * 100}, "none")])
ARM = make.image(platform="linux/arm64")


def planned(bundle: TinyBundle, directory: Path) -> PushPlan:
    with Bundle.open(bundle.write(directory / "b.tar.zst")) as opened:
        return plan_push(opened, default_relocation("site"), "harbor.example:8443")


def test_the_image_with_the_largest_blob_comes_first(tmp_path: Path) -> None:
    plan = planned(tiny_bundle({"quay.io/a/small:1": SMALL, "quay.io/b/large:1": LARGE}), tmp_path)
    assert [image.repository for image in plan.images] == [
        "site/quay.io/b/large",
        "site/quay.io/a/small",
    ]
    assert plan.projects == ("site",)
    assert plan.failures == ()


def test_targets_are_at_the_registry(tmp_path: Path) -> None:
    (image,) = planned(tiny_bundle({"docker.io/library/web:1": SMALL}), tmp_path).images
    assert str(image.target) == "harbor.example:8443/site/docker.io/library/web:1"
    assert image.name_of(image.whole.root) == "1"


def test_a_blob_that_images_share_counts_once(tmp_path: Path) -> None:
    plan = planned(tiny_bundle({"quay.io/a/one:1": SMALL, "quay.io/a/two:1": SMALL}), tmp_path)
    sizes = [len(data) for digest, data in SMALL.blobs.items() if digest != SMALL.digest]
    assert plan.size == sum(sizes)


def test_blobs_of_what_is_attached_belong_to_the_image(tmp_path: Path) -> None:
    sbom = make.artifact(SMALL, payload=b"the bill")
    bundle = with_referrers({"quay.io/a/one:1": SMALL}, {"quay.io/a/one:1": [(sbom, "")]})
    (image,) = planned(bundle, tmp_path).images
    assert make.digest_of(b"the bill") in {str(blob.digest) for blob in image.blobs}
    assert [str(one.tree.root.digest) for one in image.attached] == [sbom.digest]


def test_a_foreign_layer_is_not_pushed(tmp_path: Path) -> None:
    foreign = make.with_foreign_layer(SMALL, "https://elsewhere.example/layer")
    (image,) = planned(_without_last_layer(foreign), tmp_path).images
    assert not any(blob.is_foreign for blob in image.blobs)


def _without_last_layer(one: make.ImageBlobs) -> TinyBundle:
    absent = one.body["layers"][-1]["digest"]
    whole = make.ImageBlobs(one.root, one.media_type, {**one.blobs, absent: b""})
    bundle = tiny_bundle({"quay.io/a/one:1": whole})
    bundle.catalogue["blobs"] = [
        blob for blob in bundle.catalogue["blobs"] if blob["digest"] != absent
    ]
    bundle.members = [member for member in bundle.members if absent[7:] not in member.path]
    return bundle


def test_what_is_left_out_makes_an_index_sparse(tmp_path: Path) -> None:
    bundle = without(tiny_bundle({"quay.io/a/one:1": make.index([SMALL, ARM])}), [ARM])
    (image,) = planned(bundle, tmp_path).images
    assert [str(one.digest) for one in image.absent] == [ARM.digest]
    assert image.narrow is not None
    assert str(image.narrow.root.digest) == SMALL.digest


def test_without_narrowing_only_the_whole_index_will_do(tmp_path: Path) -> None:
    bundle = without(tiny_bundle({"quay.io/a/one:1": make.index([SMALL, ARM])}), [ARM])
    (image,) = planned(bundle, tmp_path).without_narrowing().images
    assert image.narrow is None
    assert image.absent


def test_a_child_that_is_absent_and_not_stated_so_fails_the_image(tmp_path: Path) -> None:
    bundle = without(
        tiny_bundle({"quay.io/a/one:1": make.index([SMALL, ARM]), "quay.io/a/two:1": LARGE}),
        [ARM],
        stated=False,
    )
    plan = planned(bundle, tmp_path)
    (failure,) = plan.failures
    assert str(failure.origin) == "quay.io/a/one:1"
    assert isinstance(failure.error, MissingError)
    assert [str(image.origin) for image in plan.images] == ["quay.io/a/two:1"]


def test_one_tag_for_two_images_is_refused(tmp_path: Path) -> None:
    bundle = tiny_bundle({"quay.io/a/one:1": SMALL, f"quay.io/a/one:1@{LARGE.digest}": LARGE})
    with pytest.raises(UsageError, match=r"differ, and both would become site/quay\.io/a/one:1"):
        planned(bundle, tmp_path)


def test_two_names_for_one_image_are_fine(tmp_path: Path) -> None:
    bundle = tiny_bundle({"quay.io/a/one:1": SMALL, f"quay.io/a/one:1@{SMALL.digest}": SMALL})
    assert len(planned(bundle, tmp_path).images) == 2
