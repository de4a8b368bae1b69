from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from cube_airgap.closure_entries import Allowance, BundledAsset
from cube_airgap.inspection import InspectedBlob
from cube_bundle.report.bundle_page import page_of_bundle
from tests.support.report_story import inspected

if TYPE_CHECKING:
    from pathlib import Path

    from cube_airgap.inspection import Inspection

WEB, API = "quay.io/team/web:1", "quay.io/team/api:1"


@pytest.fixture
def inspection(tmp_path: Path) -> Inspection:
    return inspected(tmp_path, WEB, API)


def test_it_has_every_image_with_why_and_sizes(inspection: Inspection) -> None:
    (table,) = page_of_bundle(inspection, "b.tar.zst").images

    assert [(row.name, row.size, row.own, row.why) for row in table.rows] == [
        (one.image.reference.familiar, one.size, one.own, one.image.why)
        for one in inspection.images
    ]


def test_files_have_a_table_with_their_addresses(inspection: Inspection) -> None:
    blob = inspection.blobs[-1].blob
    asset = BundledAsset("m.bin", "https://x.example/m.bin", blob.digest, blob.size, "model", "why")
    blobs = (*inspection.blobs[:-1], InspectedBlob(blob, (), ("m.bin",)))

    page = page_of_bundle(replace(inspection, assets=(asset,), blobs=blobs), "b.tar.zst")

    (files,) = (table for table in page.images if table.anchor == "files")
    assert [(row.name, row.component, row.size, row.why) for row in files.rows] == [
        ("m.bin", "model", blob.size, "why (from https://x.example/m.bin)")
    ]


def test_templates_and_what_is_left_out_are_listed(inspection: Inspection) -> None:
    allowed = (Allowance("image", "quay.io/a:1", "we have one", "a.yaml:3"),)

    page = page_of_bundle(replace(inspection, templates=("ray",), allowed=allowed), "b.tar.zst")

    found = {
        one.anchor: [(entry.names, entry.remark) for entry in one.entries] for one in page.lists
    }
    assert found == {
        "left-out": [(("quay.io/a:1",), "image: we have one (a.yaml:3)")],
        "templates": [(("ray",), "")],
    }
