"""Reading OCI image layouts: ours, skopeo's and umoci's; spoiled ones are refused."""

from __future__ import annotations

import json
import os
import subprocess
from typing import TYPE_CHECKING

import pytest

from cube_airgap.descriptor import Descriptor
from cube_airgap.digest import Digest
from cube_airgap.errors import IntegrityError, MissingError, UsageError
from cube_airgap.layout import OciLayout
from cube_airgap.reference import Reference
from tests.support.image_factory import (
    CONTAINERD_NAME,
    OCI_INDEX,
    ImageBlobs,
    artifact,
    as_json,
    attested,
    blob_path,
    cosign_tag,
    image,
    index,
    layer,
    multi_arch,
    write_oci_layout,
)

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.real_registry import RealRegistry

ANY = Reference.parse("registry.example/app:1")


def first_layer(one: ImageBlobs) -> Descriptor:
    return Descriptor.from_json(one.body["layers"][0], where="test")


def descriptor(one: ImageBlobs) -> Descriptor:
    return Descriptor.from_json(one.descriptor, where="test")


def test_the_only_image_needs_no_name(tmp_path: Path) -> None:
    one = image()
    write_oci_layout(tmp_path, {"": one})
    assert OciLayout(tmp_path).resolve(ANY).raw == one.root


def test_images_are_found_by_either_annotation(tmp_path: Path) -> None:
    one, other = image(labels={"n": "1"}), image(labels={"n": "2"})
    write_oci_layout(tmp_path / "ref", {"1.0": one, "registry.example/other:2": other})
    write_oci_layout(
        tmp_path / "ctr",
        {"docker.io/library/app:1": one, "docker.io/library/other:2": other},
        annotation=CONTAINERD_NAME,
    )
    assert OciLayout(tmp_path / "ref", "1.0").resolve(ANY).raw == one.root
    assert OciLayout(tmp_path / "ref", "registry.example/other:2").resolve(ANY).raw == other.root
    assert OciLayout(tmp_path / "ctr", "docker.io/library/app:1").resolve(ANY).raw == one.root


def test_a_full_name_names_the_origin_and_a_bare_tag_does_not(tmp_path: Path) -> None:
    write_oci_layout(tmp_path, {"registry.example/app:1": image(), "1.25": image(labels={"a": ""})})
    assert OciLayout(tmp_path, "registry.example/app:1").origin_name() == "registry.example/app:1"
    assert OciLayout(tmp_path, "1.25").origin_name() is None


def test_an_unknown_name_tells_which_there_are(tmp_path: Path) -> None:
    write_oci_layout(tmp_path, {"1.0": image(), "2.0": image(labels={"n": "2"})})
    with pytest.raises(MissingError, match=r"no image '3\.0'") as caught:
        OciLayout(tmp_path, "3.0").resolve(ANY)
    assert "it has: 1.0, 2.0" in caught.value.remedy
    with pytest.raises(MissingError, match="has 2 images, and none was named"):
        OciLayout(tmp_path).resolve(ANY)


def test_one_name_for_two_images_is_refused(tmp_path: Path) -> None:
    write_oci_layout(tmp_path, {"a": image(), "b": image(labels={"n": "2"})})
    body = json.loads((tmp_path / "index.json").read_bytes())
    for entry in body["manifests"]:
        entry["annotations"] = {"org.opencontainers.image.ref.name": "same"}
    (tmp_path / "index.json").write_bytes(as_json(body))
    with pytest.raises(UsageError, match="means 2 images"):
        OciLayout(tmp_path, "same").resolve(ANY)


def test_a_digest_in_the_reference_must_agree(tmp_path: Path) -> None:
    one = image()
    write_oci_layout(tmp_path, {"": one})
    layout = OciLayout(tmp_path)
    assert layout.resolve(ANY.at(Digest.parse(one.digest))).raw == one.root
    with pytest.raises(MissingError, match="and not sha256:"):
        layout.resolve(ANY.at(Digest.of(b"another")))


def test_nested_indexes_and_their_blobs_are_read(tmp_path: Path) -> None:
    inner = multi_arch("linux/amd64", "linux/arm64")
    outer = index([attested(image()), inner])
    write_oci_layout(tmp_path, {"1": outer})
    layout = OciLayout(tmp_path)
    root = layout.resolve(ANY)
    nested = layout.manifest(root.children[1])
    leaf = layout.manifest(nested.children[0])
    blob = leaf.layers[0]
    assert b"".join(layout.read_blob(blob)) == outer.blobs[str(blob.digest)]


def test_a_blob_is_read_in_part(tmp_path: Path) -> None:
    one = image()
    write_oci_layout(tmp_path, {"": one})
    blob = first_layer(one)
    assert b"".join(OciLayout(tmp_path).read_blob(blob, 3, 9)) == (one.blobs[str(blob.digest)][3:9])


def test_referrers_are_found_by_subject_fallback_tag_and_cosign_tag(tmp_path: Path) -> None:
    one = image()
    by_subject = artifact(one, artifact_type="application/vnd.example.sbom")
    listed = artifact(one, artifact_type="application/vnd.example.listed")
    signature = artifact(artifact_type="application/vnd.dev.cosign.simplesigning.v1+json")
    fallback = index([], extra=[(listed.descriptor, listed)])
    write_oci_layout(
        tmp_path,
        {
            "registry.example/app:1": one,
            "": by_subject,
            one.digest.replace(":", "-"): fallback,
            f"registry.example/app:{cosign_tag(one)}": signature,
        },
    )
    layout = OciLayout(tmp_path, "registry.example/app:1")
    found = {
        str(one.descriptor.digest): one.tag for one in layout.referrers(descriptor(one).digest)
    }
    assert found == {
        by_subject.digest: "",
        listed.digest: "",
        signature.digest: cosign_tag(one),
    }
    assert layout.referrers(Digest.of(b"nothing")) == ()


def test_what_hangs_on_the_only_image_does_not_count_as_an_image(tmp_path: Path) -> None:
    one = image()
    write_oci_layout(tmp_path, {"": one, cosign_tag(one): artifact()})
    assert OciLayout(tmp_path).resolve(ANY).raw == one.root


def test_skopeo_layouts_are_read(tmp_path: Path, registry: RealRegistry) -> None:
    one = multi_arch("linux/amd64", "linux/arm64", name="layout-skopeo")
    reference = registry.push("layout/skopeo", "1", one)
    target = tmp_path / "layout"
    subprocess.run(
        ["skopeo", "copy", "--all", "--quiet", "--insecure-policy", "--src-tls-verify=false",
         f"docker://{reference}", f"oci:{target}:registry.example/app:1"],
        check=True,
    )  # fmt: skip
    layout = OciLayout(target, "registry.example/app:1")
    root = layout.resolve(ANY)
    assert root.raw == one.root
    assert layout.origin_name() == "registry.example/app:1"
    for child in root.children:
        for blob in layout.manifest(child).blobs:
            assert b"".join(layout.read_blob(blob)) == one.blobs[str(blob.digest)]


def test_umoci_layouts_are_read(tmp_path: Path) -> None:
    target = tmp_path / "layout"
    for command in (["init", "--layout", target], ["new", "--image", f"{target}:first"]):
        subprocess.run(["umoci", *command], check=True, capture_output=True)
    layout = OciLayout(target, "first")
    root = layout.resolve(ANY)
    assert root.config is not None
    assert Digest.of(b"".join(layout.read_blob(root.config))) == root.config.digest
    with pytest.raises(MissingError, match="no image 'second'"):
        OciLayout(target, "second").resolve(ANY)


def test_an_empty_umoci_layout_has_no_image(tmp_path: Path) -> None:
    target = tmp_path / "layout"
    subprocess.run(["umoci", "init", "--layout", target], check=True, capture_output=True)
    with pytest.raises(MissingError, match="has no image"):
        OciLayout(target).resolve(ANY)


def test_a_link_out_of_the_layout_is_refused(tmp_path: Path) -> None:
    one = image()
    write_oci_layout(tmp_path / "layout", {"": one})
    blob = first_layer(one)
    path = blob_path(tmp_path / "layout", str(blob.digest))
    path.rename(tmp_path / "outside")
    path.symlink_to(tmp_path / "outside")
    with pytest.raises(IntegrityError, match="link that leads out"):
        list(OciLayout(tmp_path / "layout").read_blob(blob))


def test_a_linked_blob_directory_out_of_the_layout_is_refused(tmp_path: Path) -> None:
    write_oci_layout(tmp_path / "layout", {"": image()})
    (tmp_path / "layout" / "blobs").rename(tmp_path / "blobs")
    (tmp_path / "layout" / "blobs").symlink_to(tmp_path / "blobs")
    with pytest.raises(IntegrityError, match="link that leads out"):
        OciLayout(tmp_path / "layout").resolve(ANY)


def test_links_inside_and_to_the_layout_are_followed(tmp_path: Path) -> None:
    one = image()
    write_oci_layout(tmp_path / "layout", {"": one})
    path = blob_path(tmp_path / "layout", str(first_layer(one).digest))
    path.rename(path.with_name("elsewhere"))
    path.symlink_to("elsewhere")
    (tmp_path / "link").symlink_to("layout")
    assert b"".join(OciLayout(tmp_path / "link").read_blob(first_layer(one)))


def test_a_missing_blob_is_named(tmp_path: Path) -> None:
    one = image()
    write_oci_layout(tmp_path, {"": one})
    blob = first_layer(one)
    blob_path(tmp_path, str(blob.digest)).unlink()
    with pytest.raises(MissingError, match=str(blob.digest)):
        list(OciLayout(tmp_path).read_blob(blob))


def test_a_cut_blob_is_told_of(tmp_path: Path) -> None:
    one = image()
    write_oci_layout(tmp_path, {"": one})
    path = blob_path(tmp_path, str(first_layer(one).digest))
    os.truncate(path, 10)
    with pytest.raises(IntegrityError, match="is not a file of"):
        list(OciLayout(tmp_path).read_blob(first_layer(one)))


def test_a_fifo_in_place_of_a_blob_does_not_hang(tmp_path: Path) -> None:
    one = image()
    write_oci_layout(tmp_path, {"": one})
    path = blob_path(tmp_path, str(first_layer(one).digest))
    path.unlink()
    os.mkfifo(path)
    with pytest.raises(IntegrityError, match="is not a file of"):
        list(OciLayout(tmp_path).read_blob(first_layer(one)))


def test_a_spoiled_manifest_is_told_of(tmp_path: Path) -> None:
    one = image()
    write_oci_layout(tmp_path, {"": one})
    blob_path(tmp_path, one.digest).write_bytes(one.root.replace(b"schema", b"schemb"))
    with pytest.raises(IntegrityError, match="does not have this digest"):
        OciLayout(tmp_path).resolve(ANY)


def test_a_manifest_over_4_mib_is_refused(tmp_path: Path) -> None:
    large = Descriptor(OCI_INDEX, Digest.of(b""), (4 << 20) + 1)
    write_oci_layout(tmp_path, {"": image()})
    with pytest.raises(IntegrityError, match="too large for a manifest"):
        OciLayout(tmp_path).manifest(large)


@pytest.mark.parametrize(
    "content",
    [b"", b"[]", b"{", b'{"manifests": 1}', b'{"manifests": [{"digest": "sha256:../x"}]}'],
)
def test_a_spoiled_index_is_told_of(tmp_path: Path, content: bytes) -> None:
    write_oci_layout(tmp_path, {"": image()})
    (tmp_path / "index.json").write_bytes(content)
    with pytest.raises(IntegrityError):
        OciLayout(tmp_path).resolve(ANY)


def test_what_is_no_layout_is_told_of(tmp_path: Path) -> None:
    with pytest.raises(MissingError, match="not an OCI image layout"):
        OciLayout(tmp_path).resolve(ANY)


def test_a_directory_that_cannot_be_looked_into_is_told_of(tmp_path: Path) -> None:
    with pytest.raises(MissingError, match="cannot be read: File name too long"):
        OciLayout(tmp_path / ("x" * 300)).resolve(ANY)


@pytest.mark.parametrize("content", [b'{"imageLayoutVersion":"2.0.0"}', b"{}", b"no json"])
def test_a_layout_of_another_version_is_refused(tmp_path: Path, content: bytes) -> None:
    write_oci_layout(tmp_path, {"": image([layer({"a": b""})])})
    (tmp_path / "oci-layout").write_bytes(content)
    with pytest.raises(IntegrityError, match="version"):
        OciLayout(tmp_path).resolve(ANY)
