"""The images of a scan by rows: in use, named only, and carried although nothing asks for them."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from cube_bundle.report.page import ImageRow, PlaceRow
from cube_bundle.report.parts import image_table
from cube_scan.findings import State

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from cube_airgap.reference import Reference
    from cube_bundle.report.content import Content, Item
    from cube_bundle.report.page import ImageTable
    from cube_bundle.report.story import ScanStory
    from cube_scan.findings import Finding

_STATES = list(State)
_INTRO = "What a site can come to ask for, from where, and in which way."
_BESIDES = "Nothing in what was scanned asks for them: other lists or the command line did."


class ScanImages:
    """Rows for what `story` found; `content` has the sizes, `colours` those of all components."""

    def __init__(
        self, story: ScanStory, content: Content | None, colours: Mapping[str, int]
    ) -> None:
        self._story = story
        self._content = content
        self._colours = colours
        self._found = story.report.references
        self._names = {str(one) for one in self._found}
        self._allowed = (
            {one.text: one.reason for one in story.bundle.allowed} if story.bundle else {}
        )

    @cached_property
    def used(self) -> list[Reference]:
        """What a site can come to ask for."""
        return [
            one
            for one, found in self._found.items()
            if any(finding.state.is_used for finding in found)
        ]

    @cached_property
    def lacking(self) -> list[Reference]:
        """What is in use, and neither in the bundle nor left out of it on purpose."""
        return [one for one in self.used if self._story.bundle and not self._is_accounted(one)]

    @cached_property
    def _holes(self) -> frozenset[Reference]:
        return frozenset(self.lacking)

    @cached_property
    def anchors(self) -> dict[Item, str]:
        """Where the rows of carried things are on the page."""
        items = self._content.items if self._content else ()
        return {one: self._anchors[one.is_image, one.name] for one in items}

    @cached_property
    def _anchors(self) -> dict[tuple[bool, str], str]:
        items = self._content.items if self._content else ()
        keys = {(one.is_image, one.name) for one in items} | {(True, one) for one in self._names}
        return {key: f"image-{number}" for number, key in enumerate(sorted(keys), 1)}

    def tables(self) -> Iterator[ImageTable]:
        """A table for each heading that has rows."""
        used = set(self.used)
        yield from image_table(
            "used", "Images in use", _INTRO, [self._row(one) for one in self._found if one in used]
        )
        yield from image_table(
            "named",
            "Images named, but not in use",
            "Nothing that is applied or run asks for them: the state of each place says why.",
            [self._row(one) for one in self._found if one not in used],
        )
        besides = self._besides()
        images = [self._carried(one) for one in besides if one.is_image]
        yield from image_table("besides", "Images in the bundle besides", _BESIDES, images)
        files = [self._carried(one) for one in besides if not one.is_image]
        yield from image_table("files", "Files in the bundle", "Fetched once.", files)

    def _besides(self) -> Sequence[Item]:
        items = self._content.items if self._content else ()
        return [one for one in items if not (one.is_image and one.name in self._names)]

    def _row(self, reference: Reference) -> ImageRow:
        found = self._found[reference]
        item = self._item(reference)
        component = item.component if item else self._story.component(reference)
        return ImageRow(
            anchor=self._anchors[True, str(reference)],
            name=reference.familiar,
            component=component,
            colour=self._colours.get(component, 0),
            why=self._why(reference),
            size=item.size if item else None,
            own=self._content.own([item]) if item and self._content else None,
            places=places_of(found),
            presence=self._presence(reference),
            is_hole=reference in self._holes,
        )

    def _carried(self, item: Item) -> ImageRow:
        return ImageRow(
            anchor=self._anchors[item.is_image, item.name],
            name=item.familiar,
            component=item.component,
            colour=self._colours.get(item.component, 0),
            why=self._whys.get((item.is_image, item.name), ""),
            size=item.size,
            own=self._content.own([item]) if self._content else None,
        )

    @cached_property
    def _whys(self) -> dict[tuple[bool, str], str]:
        """Why the bundle has its images and files."""
        bundle = self._story.bundle
        if bundle is None:
            return {}
        images = {(True, str(one.image.reference)): one.image.why for one in bundle.images}
        files = {(False, one.name): f"{one.why} (from {one.url})" for one in bundle.assets}
        return {**images, **files}

    def _item(self, reference: Reference) -> Item | None:
        return self._content.images.get(str(reference)) if self._content else None

    def _why(self, reference: Reference) -> str:
        entry = self._story.listed.get(reference)
        return entry.request.why if entry else ""

    def _is_accounted(self, reference: Reference) -> bool:
        return self._item(reference) is not None or self._reason(reference) is not None

    def _reason(self, reference: Reference) -> str | None:
        """Why the bundle lacks it on purpose."""
        return self._allowed.get(str(reference), self._allowed.get(reference.familiar))

    def _presence(self, reference: Reference) -> str:
        unknown = self._story.sizes.unknown if self._story.sizes else {}
        if reference in unknown:
            return f"size not known: {unknown[reference]}"
        if self._story.bundle is None:
            return ""
        if self._item(reference):
            return "in the bundle"
        reason = self._reason(reference)
        return "not in the bundle" if reason is None else f"left out on purpose: {reason}"


def places_of(found: Iterable[Finding]) -> tuple[PlaceRow, ...]:
    """Every place, those in use first."""
    ordered = sorted(found, key=lambda one: (_STATES.index(one.state), one.place, one.text))
    return tuple(
        PlaceRow(str(one.place), one.place.field, str(one.way), str(one.state), one.note)
        for one in ordered
    )
