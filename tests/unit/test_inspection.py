from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING

import pytest

from cube_airgap.bundle import Bundle
from cube_airgap.inspection import Inspection, inspect_bundle
from cube_airgap.progress import Silent
from cube_airgap.verify import verify
from cube_console.amounts import size_text
from cube_console.show_inspection import inspection_table, inspection_tree
from tests.support.bundle_factory import STORED, Member, blob_path, tiny_bundle
from tests.support.deltas import assuming
from tests.support.image_factory import digest_of, image, layer

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.bundle_factory import TinyBundle

BASE = layer({"base": b"b" * 3000})
OWN = layer({"own": bytes(range(256))})
ONE, TWO = image([BASE]), image([BASE, OWN])


@pytest.fixture
def inspection(tmp_path: Path) -> Inspection:
    tiny = tiny_bundle({"quay.io/a:1": ONE, "quay.io/b:2": TWO})
    tiny.catalogue["images"][1]["component"] = "zeta"
    with Bundle.open(tiny.write(tmp_path / "b.tar.zst")) as bundle:
        return inspect_bundle(bundle)


def test_an_images_size_is_all_its_blobs_and_its_own_what_no_other_has(
    inspection: Inspection,
) -> None:
    one, two = inspection.images

    assert one.size == sum(len(blob) for blob in ONE.blobs.values())
    assert two.size == sum(len(blob) for blob in TWO.blobs.values())
    assert one.own == one.size - len(BASE.data)
    assert two.own == two.size - len(BASE.data)


def test_sharing_is_seen_in_the_totals(inspection: Inspection) -> None:
    assert inspection.unshared - inspection.content_size == len(BASE.data)


def test_a_shared_blob_names_its_images(inspection: Inspection) -> None:
    by_size = {one.blob.size: one.images for one in inspection.blobs}

    assert by_size[len(BASE.data)] == ("quay.io/a:1", "quay.io/b:2")
    assert by_size[len(OWN.data)] == ("quay.io/b:2",)


def test_components_and_the_largest_blobs_are_listed(inspection: Inspection) -> None:
    assert list(inspection.components()) == ["demo", "zeta"]
    sizes = [one.blob.size for one in inspection.largest(3)]
    assert sizes == sorted((one.blob.size for one in inspection.blobs), reverse=True)[:3]


def test_it_can_be_written_as_json(inspection: Inspection) -> None:
    body = json.loads(json.dumps(inspection.to_json()))

    assert body["images"][0]["reference"] == "quay.io/a:1"
    assert body["images"][0]["platforms"] == ["linux/amd64"]
    assert body["fileSize"] == inspection.file_size > 0


def with_all(templates: bytes) -> TinyBundle:
    """A bundle with an asset, job templates, and something left out on purpose."""
    tiny = tiny_bundle({"quay.io/a:1": ONE})
    model = {"digest": digest_of(b"model"), "size": 5, "component": "demo"}
    stored = {"mediaType": "application/octet-stream", "encoding": "stored"}
    tiny.catalogue["blobs"].append({**model, **stored})
    asset = {"name": "model.mar", "url": "https://h/model.mar", "why": "fetched"}
    tiny.catalogue["assets"] = [{**model, **asset}]
    tiny.catalogue["allowed"] = [{"kind": "text", "text": "python3.9", "reason": "a typo"}]
    file = Member("job-templates/init.json", templates)
    entry = {"path": file.path, "digest": digest_of(templates), "size": len(templates)}
    tiny.catalogue["files"].append(entry)
    tiny.members.insert(2, file)
    tiny.members.append(Member(blob_path(digest_of(b"model")), b"model", STORED, large=True))
    return tiny


def test_assets_templates_and_what_is_left_out_are_told(tmp_path: Path) -> None:
    with Bundle.open(with_all(b'{"ray": {}, "xgb": {}}').write(tmp_path / "b.tar.zst")) as bundle:
        assert verify(bundle, Silent()) == ()
        found = inspect_bundle(bundle)

    body = found.to_json()
    assert [one["url"] for one in body["assets"]] == ["https://h/model.mar"]
    assert body["jobTemplates"] == ["ray", "xgb"]
    assert body["allowed"] == [{"kind": "text", "text": "python3.9", "reason": "a typo"}]
    assert body["blobs"][-1]["assets"] == ["model.mar"]
    assert found.unshared == found.content_size
    tree = inspection_tree(found)
    assert "1 image, 1 asset, 2 job templates, 4 blobs" in tree
    assert "└─ model.mar  [file, 5 B, from https://h/model.mar]" in tree
    assert "   a typo:\n      text python3.9" in tree
    assert "model.mar" in inspection_table(found)


@pytest.mark.parametrize("templates", [b"", b"[1]", b"{", b"[" * 99_999])
def test_job_templates_that_are_damaged_count_as_none(templates: bytes, tmp_path: Path) -> None:
    with Bundle.open(with_all(templates).write(tmp_path / "b.tar.zst")) as bundle:
        assert inspect_bundle(bundle).templates == ()


def test_it_reads_the_head_and_the_seek_table_alone(tmp_path: Path) -> None:
    noise = layer({"noise": bytes(range(256)) * 100}, "none")
    tiny = tiny_bundle({"quay.io/a:1": image([noise])}, large=("layer",))
    data = bytearray(tiny.encode())
    frames = tiny.frames()
    head = sum(len(frame.encoded) for frame in frames[:2])
    end = sum(len(frame.encoded) for frame in frames)
    data[head:end] = bytes(end - head)
    (tmp_path / "b.tar.zst").write_bytes(data)

    with Bundle.open(tmp_path / "b.tar.zst") as bundle:
        assert len(inspect_bundle(bundle).images) == 1


def test_what_a_bundle_says_of_itself_cannot_rewrite_the_terminal() -> None:
    tiny = tiny_bundle({"quay.io/a:1": image()})
    tiny.catalogue["images"][0]["component"] = "web\x1b[2K"
    found = inspect_bundle(Bundle.stream(io.BytesIO(tiny.encode())))

    for shown in (inspection_tree(found), inspection_table(found)):
        assert r"web\x1b[2K" in shown
        assert "\x1b" not in shown


def test_a_delta_is_shown_with_what_it_assumes_and_where_that_is(tmp_path: Path) -> None:
    carrier = "sha256:" + "c" * 64
    tiny = assuming(tiny_bundle({"quay.io/b:2": TWO}), [digest_of(BASE.data)], carrier)
    with Bundle.open(tiny.write(tmp_path / "b.tar.zst")) as bundle:
        inspection = inspect_bundle(bundle)

    assert f"delta: assumes 1 blob of {size_text(len(BASE.data))}" in inspection_tree(inspection)
    assert f"bundle {carrier} carries" in inspection_tree(inspection)
    assert inspection.to_json()["assumes"][0]["bundle"] == carrier
    assert inspection.images[0].size == sum(map(len, TWO.blobs.values())) - len(BASE.data)
