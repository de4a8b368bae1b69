"""What a bundle holds, and lacks on purpose, for people: by component, or image by image."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cube_console.amounts import count_text, size_text
from cube_console.plain_text import plain_text
from cube_console.tables import table

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from cube_airgap.catalogue import (
        Allowance,
        AssumedImage,
        Assumption,
        BundledAsset,
        BundledBlob,
    )
    from cube_airgap.inspection import InspectedBlob, InspectedImage, Inspection

_LARGEST = 5


def inspection_table(inspection: Inspection) -> str:
    """A line an image: size of all its blobs, and of those that no other has; then the rest."""
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
    rows += [
        (
            one.component,
            one.name,
            "file",
            size_text(one.size),
            size_text(one.size),
            one.digest.short,
        )
        for one in inspection.assets
    ]
    rows += [_assumed_row(image) for one in inspection.assumes for image in one.images]
    header = ("COMPONENT", "IMAGE", "PLATFORMS", "SIZE", "OWN", "DIGEST")
    return plain_text(table(header, rows, right=(3, 4)))


def _assumed_row(one: AssumedImage) -> tuple[str, str, str, str, str, str]:
    image = one.image
    platforms = ", ".join(str(platform) for platform in image.platforms) or "no platform"
    return image.component, image.reference.familiar, platforms, "-", "-", image.digest.short


def inspection_tree(inspection: Inspection, signature: str = "") -> str:
    """Totals, components with images and assets, the largest blobs, and what is left out.

    `signature` is the line that says who signed it, if anybody did.
    """
    parts = [
        _head(inspection, signature),
        assumed_lines(inspection.assumes),
        _components(inspection),
        _blobs(inspection),
        _allowed(inspection),
    ]
    return plain_text("\n\n".join(told for part in parts if (told := "\n".join(part))))


def _head(inspection: Inspection, signature: str) -> Iterator[str]:
    saved = inspection.unshared - inspection.content_size
    yield f"bundle {inspection.bundle}"
    if signature:
        yield signature
    file = f"{size_text(inspection.file_size)} on disk, " if inspection.file_size else ""
    yield (
        f"{count_text(len(inspection.images), 'image')}, {_others(inspection)}"
        f"{count_text(len(inspection.blobs), 'blob')}, {file}"
        f"{size_text(inspection.content_size)} of content"
    )
    if inspection.stack:
        stack = inspection.stack
        count = count_text(len(stack.components), "component")
        yield f"stack {stack.name} {stack.platform}: {count} to deploy"
    if saved > 0:
        yield f"shared layers are carried once, which saves {size_text(saved)}"


def assumed_lines(assumes: Iterable[Assumption]) -> Iterator[str]:
    """What a delta leaves out, and the bundles that carry it; nothing for a bundle without gaps."""
    for one in assumes:
        where = f"bundle {one.bundle} carries" if one.bundle else "the registry was said to have"
        yield f"delta: assumes {assumed_text(len(one.images), one.blobs)} that {where}"


def assumed_text(images: int, blobs: Collection[BundledBlob]) -> str:
    """`3 images`, `2 blobs of 12.0 MB`, or both."""
    size = size_text(sum(blob.size for blob in blobs))
    parts = [count_text(images, "image")] if images else []
    parts += [f"{count_text(len(blobs), 'blob')} of {size}"] if blobs else []
    return " and ".join(parts)


def _others(inspection: Inspection) -> str:
    counts = {"asset": len(inspection.assets), "job template": len(inspection.templates)}
    return "".join(f"{count_text(count, noun)}, " for noun, count in counts.items() if count)


def _components(inspection: Inspection) -> Iterator[str]:
    components = inspection.components()
    for component in sorted({*components, *(one.component for one in inspection.assets)}):
        images = components.get(component, ())
        assets = [one for one in inspection.assets if one.component == component]
        counts = {"image": len(images), "asset": len(assets)}
        told = ", ".join(count_text(count, noun) for noun, count in counts.items() if count)
        yield f"{component}  ({told})"
        lines = [f"{one.image.reference.familiar}  {_told(one)}" for one in images]
        lines += [_told_asset(one) for one in assets]
        for number, line in enumerate(lines):
            yield f"{'└─' if number == len(lines) - 1 else '├─'} {line}"


def _told_asset(asset: BundledAsset) -> str:
    return f"{asset.name}  [file, {size_text(asset.size)}, from {asset.url}]"


def _allowed(inspection: Inspection) -> Iterator[str]:
    if inspection.allowed:
        yield "asked for, and left out on purpose"
        yield from by_reason(inspection.allowed)


def by_reason(allowed: Iterable[Allowance]) -> Iterator[str]:
    """A line a reason, and below it a line for each thing that is left out for it."""
    groups: dict[str, list[Allowance]] = {}
    for one in allowed:
        groups.setdefault(one.reason, []).append(one)
    for reason, group in groups.items():
        yield f"   {reason}:"
        for one in group:
            where = f"  ({one.where})" if one.where else ""
            yield f"      {one.kind} {one.text}{where}"


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
    if inspection.blobs:
        yield "largest blobs"
    for one in inspection.largest(_LARGEST):
        yield f"   {size_text(one.blob.size):>8}  {one.blob.digest.short}  {_users(one)}"


def _users(one: InspectedBlob) -> str:
    first, *others = (*one.images, *one.assets) or ("no image",)
    return f"{first} and {count_text(len(others), 'other image')}" if others else first
