"""What a bundle holds, for people: by component, or image by image."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cube_console.amounts import count_text, size_text
from cube_console.tables import table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cube_airgap.inspection import InspectedBlob, InspectedImage, Inspection

_LARGEST = 5


def inspection_table(inspection: Inspection) -> str:
    """A line an image: size of all its blobs, and of those that no other image has."""
    rows = [
        (
            one.image.component,
            one.image.reference.familiar,
            _platforms(one),
            size_text(one.size),
            size_text(one.own),
            one.image.digest.short,
        )
        for one in inspection.images
    ]
    header = ("COMPONENT", "IMAGE", "PLATFORMS", "SIZE", "OWN", "DIGEST")
    return table(header, rows, right=(3, 4))


def inspection_tree(inspection: Inspection) -> str:
    """Totals, components with their images, and the largest blobs with who shares them."""
    return "\n".join([*_head(inspection), "", *_components(inspection), "", *_blobs(inspection)])


def _head(inspection: Inspection) -> Iterator[str]:
    saved = inspection.unshared - inspection.content_size
    yield f"bundle {inspection.bundle}"
    file = f"{size_text(inspection.file_size)} on disk, " if inspection.file_size else ""
    yield (
        f"{count_text(len(inspection.images), 'image')}, "
        f"{count_text(len(inspection.blobs), 'blob')}, {file}"
        f"{size_text(inspection.content_size)} of content"
    )
    if saved > 0:
        yield f"shared layers are carried once, which saves {size_text(saved)}"


def _components(inspection: Inspection) -> Iterator[str]:
    for component, images in inspection.components().items():
        yield f"{component}  ({count_text(len(images), 'image')})"
        for number, one in enumerate(images):
            branch = "└─" if number == len(images) - 1 else "├─"
            yield f"{branch} {one.image.reference.familiar}  {_told(one)}"


def _told(one: InspectedImage) -> str:
    """Platforms and sizes, and what was left out or came along."""
    parts = [_platforms(one), size_text(one.size)]
    if one.own != one.size:
        parts.append(f"{size_text(one.own)} of its own")
    left_out = sorted({left.platform for left in one.image.left_out if left.platform})
    if left_out:
        parts.append(f"without {', '.join(left_out)}")
    if one.image.referrers:
        parts.append(f"with {count_text(len(one.image.referrers), 'referrer')}")
    if one.image.source:
        parts.append(f"from {one.image.source}")
    return f"[{', '.join(parts)}]"


def _platforms(one: InspectedImage) -> str:
    return ", ".join(str(platform) for platform in one.image.platforms) or "no platform"


def _blobs(inspection: Inspection) -> Iterator[str]:
    yield "largest blobs"
    for one in inspection.largest(_LARGEST):
        yield f"   {size_text(one.blob.size):>8}  {one.blob.digest.short}  {_users(one)}"


def _users(one: InspectedBlob) -> str:
    first, *others = one.images or ("no image",)
    return f"{first} and {count_text(len(others), 'other image')}" if others else first
