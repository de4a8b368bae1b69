"""What reports are made from: a small tree, lists for it, and sizes that somebody knows."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from cube_airgap.bundle import Bundle
from cube_airgap.digest import Digest
from cube_airgap.inspection import Inspection, inspect_bundle
from cube_airgap.reference import Reference
from cube_bundle.image_list import ListedImage, read_list
from cube_bundle.list_sizes import ListSizes
from cube_bundle.report.story import ScanStory
from cube_scan.drift import drift_of
from tests.support.bundle_factory import tiny_bundle
from tests.support.image_factory import image, layer
from tests.support.scan_tree import scanned

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

TREE = {
    "deploy.yaml": (
        "apiVersion: v1\nkind: Pod\nspec:\n  containers:\n"
        "  - image: quay.io/team/web:1\n"
        "  - image: quay.io/team/api:1\n"
        "  - image: quay.io/team/new:latest\n"
        "  - image: '{{ .Image }}'\n"
    ),
    "seed.json": '{"one": {"image_name": "python3.9", "model_path": "https://x.example/m.tar.gz"}}',
    "broken.yaml": "a: [1\nb: 2\n",
}
LIST = """\
version: 1
profile: mine
description: what the test needs
components:
  - name: front
    namespace: infra
    images:
      - {image: "quay.io/team/web:1", need: deployed, why: the pages}
  - name: back
    namespace: infra
    images:
      - {image: "quay.io/team/api:1", need: runtime, why: the answers}
      - {image: "quay.io/team/old:1", need: runtime, why: nothing any more}
"""
BASE = layer({"base": random.Random(1).randbytes(9000)})


def listed_in(directory: Path) -> dict[Reference, ListedImage]:
    path = directory / "list.yaml"
    path.write_text(LIST)
    return {one.origin.reference: one for one in read_list(str(path)).images}


def story(
    directory: Path, files: Mapping[str, str] = TREE, *, bundle: Inspection | None = None
) -> ScanStory:
    report = scanned(directory / "tree", files)
    listed = listed_in(directory)
    drift = drift_of(report, {reference: one.where for reference, one in listed.items()})
    return ScanStory(report, drift, listed, bundle)


def inspected(directory: Path, *names: str) -> Inspection:
    """A bundle of the images `names`, each with a layer that all have and one of its own."""
    images = {
        name: image([BASE, layer({"own": random.Random(name).randbytes(4000 * number)})])
        for number, name in enumerate(names, 1)
    }
    path = tiny_bundle(images).write(directory / "b.tar.zst")
    with Bundle.open(path) as bundle:
        return inspect_bundle(bundle)


def sizes(blobs: Mapping[str, Mapping[str, int]], unknown: Mapping[str, str] = {}) -> ListSizes:
    """Sizes by image and by the word from which a blob's digest is made."""
    return ListSizes(
        {
            Reference.parse(name): {Digest.of(word.encode()): size for word, size in one.items()}
            for name, one in blobs.items()
        },
        {Reference.parse(name): why for name, why in unknown.items()},
    )
