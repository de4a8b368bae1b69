"""Image lists, for people and for machines: counts by profile, and what each has."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cube_console.amounts import count_text, size_text
from cube_console.tables import table

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from cube_airgap.reference import Reference
    from cube_bundle.assets.request import AssetRequest
    from cube_bundle.image_list import ImageList, ListedImage
    from cube_bundle.list_sizes import ListSizes

_UNKNOWN = "?"


def lists_json(lists: Sequence[ImageList], sizes: ListSizes | None) -> dict[str, Any]:
    """Profiles, components and images; sizes in bytes where they were asked for, or null."""
    return {
        "profiles": [_profile_json(one, sizes) for one in lists],
        "images": len(_references(lists)),
        **_size_json(_references(lists), sizes),
        **({"unknown": _unknown(sizes)} if sizes else {}),
    }


def profiles_text(lists: Sequence[ImageList], sizes: ListSizes | None) -> str:
    """A line a profile, and the sum."""
    rows = [
        (
            one.profile,
            *_amounts(one, sizes),
            one.description + (f": {', '.join(one.includes)}" if one.includes else ""),
        )
        for one in lists
    ]
    size = ("SIZE",) if sizes else ()
    header = ("PROFILE", "COMPONENTS", "IMAGES", "OPTIONAL", "FILES", *size, "WHAT")
    right = (1, 2, 3, 4, 5) if sizes else (1, 2, 3, 4)
    return "\n".join([table(header, rows, right), "", *_sum(lists, sizes)])


def _amounts(one: ImageList, sizes: ListSizes | None) -> tuple[str, ...]:
    """Cells of what the list itself has; empty for one that only includes others."""
    counts = (
        len(_components(one)),
        len(one.images),
        sum(image.optional for image in one.images),
        len(one.assets),
    )
    cells = (*map(str, counts), *_size_cell(_references([one]), sizes))
    return cells if any(counts) else ("",) * len(cells)


def images_text(lists: Sequence[ImageList], sizes: ListSizes | None) -> str:
    """A line an image or file of these profiles, and the sum."""
    rows = [
        (
            one.profile,
            image.component,
            f"{image.need}{', optional' if image.optional else ''}",
            *_size_cell({image.origin.reference}, sizes),
            image.origin.reference.familiar,
        )
        for one in lists
        for image in one.images
    ]
    unknown = (_UNKNOWN,) if sizes else ()
    rows += [
        (one.profile, asset.component, "file", *unknown, asset.name)
        for one in lists
        for asset in one.assets
    ]
    size = ("SIZE",) if sizes else ()
    header = ("PROFILE", "COMPONENT", "NEED", *size, "IMAGE")
    return "\n".join([table(header, rows, (3,) if sizes else ()), "", *_sum(lists, sizes)])


def _sum(lists: Sequence[ImageList], sizes: ListSizes | None) -> Iterator[str]:
    references = _references(lists)
    profiles = count_text(sum(bool(_components(one)) for one in lists), "profile")
    files = sum(len(one.assets) for one in lists)
    besides = f" and {count_text(files, 'file')}" if files else ""
    yield f"{count_text(len(references), 'image')}{besides} in {profiles}"
    if sizes:
        total = sizes.of(references)
        if total is not None:
            yield f"{size_text(total)} together, shared layers once"
        if sizes.unknown:
            yield f"{_UNKNOWN}: {count_text(len(sizes.unknown), 'image')} could not be asked for"


def _profile_json(one: ImageList, sizes: ListSizes | None) -> dict[str, Any]:
    return {
        "profile": one.profile,
        "description": one.description,
        "includes": list(one.includes),
        "components": [
            {
                "name": name,
                "images": [
                    _image_json(image, sizes) for image in one.images if image.component == name
                ],
                "assets": [_asset_json(asset) for asset in one.assets if asset.component == name],
            }
            for name in _components(one)
        ],
        "images": len(one.images),
        "optional": sum(image.optional for image in one.images),
        "assets": len(one.assets),
        **_size_json(_references([one]), sizes),
    }


def _components(one: ImageList) -> list[str]:
    images = {image.component for image in one.images}
    return sorted(images | {asset.component for asset in one.assets})


def _asset_json(asset: AssetRequest) -> dict[str, Any]:
    return {
        "name": asset.name,
        "url": asset.url,
        "why": asset.why,
        "platforms": [str(platform) for platform in asset.platforms],
        "optional": asset.optional,
        "digest": str(asset.digest) if asset.digest else None,
        "size": asset.size,
    }


def _image_json(image: ListedImage, sizes: ListSizes | None) -> dict[str, Any]:
    return {
        "image": str(image.origin.reference),
        "namespace": image.namespace,
        "need": image.need,
        "why": image.why,
        "platforms": [str(platform) for platform in image.platforms],
        "optional": image.optional,
        **_size_json({image.origin.reference}, sizes),
    }


def _size_json(references: Iterable[Reference], sizes: ListSizes | None) -> dict[str, int | None]:
    return {"size": sizes.of(references)} if sizes else {}


def _size_cell(references: Iterable[Reference], sizes: ListSizes | None) -> tuple[str, ...]:
    """One cell where sizes were asked for; a profile of which some are unknown is at least that."""
    if sizes is None:
        return ()
    wanted = set(references)
    size = sizes.of(wanted)
    if size is None:
        return (_UNKNOWN,)
    return (f"{'≥ ' if wanted & set(sizes.unknown) else ''}{size_text(size)}",)


def _unknown(sizes: ListSizes) -> dict[str, str]:
    return {str(reference): why for reference, why in sorted(sizes.unknown.items())}


def _references(lists: Iterable[ImageList]) -> set[Reference]:
    return {image.origin.reference for one in lists for image in one.images}
