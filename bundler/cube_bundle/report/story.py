"""What the page of a scan is made from: the scan, its drift, the lists, and a source of sizes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cube_bundle.report.content import (
    Content,
    component_of,
    content_of_bundle,
    content_of_registries,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cube_airgap.inspection import Inspection
    from cube_airgap.reference import Reference
    from cube_bundle.image_list import ListedImage
    from cube_bundle.list_sizes import ListSizes
    from cube_scan.drift import Drift
    from cube_scan.scan import ScanReport

UNLISTED = "on no list"
"""The component of images that no list files."""


@dataclass(frozen=True)
class ScanStory:
    """At most one of `bundle` and `sizes` is there; `listed` has what lists say of an image."""

    report: ScanReport
    drift: Drift
    listed: Mapping[Reference, ListedImage] = field(default_factory=dict)
    bundle: Inspection | None = None
    sizes: ListSizes | None = None

    def component(self, reference: Reference) -> str:
        """What the lists file it under."""
        entry = self.listed.get(reference)
        return component_of(reference, entry.component) if entry else UNLISTED

    def content(self) -> Content | None:
        """What is known of sizes; None where it is nothing."""
        content = Content(())
        if self.bundle:
            content = content_of_bundle(self.bundle)
        elif self.sizes:
            asked = {one: self.component(one) for one in self.sizes.blobs}
            content = content_of_registries(self.sizes, asked)
        return content if content.items else None
