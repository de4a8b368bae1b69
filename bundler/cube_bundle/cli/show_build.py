"""A plan and a finished build, for people and for machines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cube_airgap.closure_entries import allowance_to_json, asset_to_json
from cube_bundle.cli.show_coverage import allowed_lines
from cube_console.amounts import count_text, size_text
from cube_console.show_inspection import assumed_lines
from cube_console.tables import table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cube_bundle.build import Built
    from cube_bundle.order import Prepared


def plan_json(ready: Prepared) -> dict[str, Any]:
    """What a build would write and download; sizes in bytes."""
    plan = ready.plan
    sizes = [blob.size for blob in plan.large if blob.digest not in plan.reused]
    return {
        "bundle": str(plan.catalogue.digest),
        "path": str(ready.order.target.path),
        "images": [
            {
                "reference": str(image.reference),
                "digest": str(image.digest),
                "component": image.component,
                "platforms": [str(platform) for platform in image.platforms],
            }
            for image in plan.catalogue.images
        ],
        "assets": [asset_to_json(one) for one in plan.catalogue.assets],
        "allowed": [allowance_to_json(one) for one in plan.catalogue.allowed],
        "blobs": len(plan.large),
        "contentSize": sum(blob.size for blob in plan.catalogue.by_digest.values()),
        "downloadSize": sum(sizes),
        "reusedSize": sum(blob.size for blob in plan.large) - sum(sizes),
        "assumedImages": [str(one.image.reference) for one in plan.catalogue.assumed_images],
        "assumedBlobs": len(plan.catalogue.assumed),
        "assumedSize": sum(blob.size for blob in plan.catalogue.assumed.values()),
    }


def plan_text(ready: Prepared) -> str:
    """The same for people."""
    plan, told = ready.plan, plan_json(ready)
    rows = [
        (
            image.component,
            image.reference.familiar,
            ", ".join(str(platform) for platform in image.platforms) or "-",
            image.digest.short,
        )
        for image in plan.catalogue.images
    ]
    rows += [(one.component, one.name, "file", one.digest.short) for one in plan.catalogue.assets]
    counts = f"{_counted(ready)}, {count_text(told['blobs'], 'large blob')}"
    lines = [
        table(("COMPONENT", "IMAGE", "PLATFORMS", "DIGEST"), rows),
        "",
        f"{counts}, {size_text(told['contentSize'])} in all",
        f"to download: {size_text(told['downloadSize'])}",
    ]
    if told["reusedSize"]:
        lines.append(f"from older bundles: {size_text(told['reusedSize'])}")
    lines += assumed_lines(plan.catalogue.assumes)
    lines += allowed_lines(plan.catalogue.allowed)
    lines.append(f"would write {told['path']} (nothing is written in a dry run)")
    return "\n".join(lines)


def built_json(ready: Prepared, built: Built) -> dict[str, Any]:
    """What was written; sizes in bytes."""
    return plan_json(ready) | {
        "paths": [str(path) for path in built.paths],
        "size": built.size,
        "alreadyThere": built.already_there,
        "signedWith": ready.order.sign_key and ready.order.sign_key.fingerprint,
    }


def built_text(ready: Prepared, built: Built) -> str:
    """The same for people."""
    verb = "is there already" if built.already_there else "written"
    volumes = f" in {count_text(len(built.paths) - 1, 'volume')}" if len(built.paths) > 1 else ""
    lines = [
        f"{ready.order.target.path} {verb}: {_counted(ready)}, {size_text(built.size)}{volumes}",
        *assumed_lines(ready.plan.catalogue.assumes),
        *allowed_lines(ready.plan.catalogue.allowed),
        f"bundle {built.bundle}",
        *_signed_lines(ready),
    ]
    return "\n".join(lines)


def streamed_text(ready: Prepared, size: int) -> str:
    """What was given out, for people."""
    lines = [
        f"given out: {_counted(ready)}, {size_text(size)}",
        *assumed_lines(ready.plan.catalogue.assumes),
        *allowed_lines(ready.plan.catalogue.allowed),
        f"bundle {ready.plan.catalogue.digest}; no lock is written (cube-bundle lock does that)",
        *_signed_lines(ready),
    ]
    return "\n".join(lines)


def _signed_lines(ready: Prepared) -> Iterator[str]:
    if ready.order.sign_key:
        yield f"signed with the key {ready.order.sign_key.fingerprint}"


def _counted(ready: Prepared) -> str:
    catalogue = ready.plan.catalogue
    assets = f", {count_text(len(catalogue.assets), 'file')}" if catalogue.assets else ""
    unchanged = len(catalogue.assumed_images)
    told = f" ({unchanged} unchanged)" if unchanged else ""
    return count_text(len(catalogue.every_image), "image") + told + assets
