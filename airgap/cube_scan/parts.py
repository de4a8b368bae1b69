"""References that a document holds in parts: hub, image and tag; repository and tag."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cube_scan.findings import Claim, Sighting, Way
from cube_scan.tree import Mapping, Path, Scalar, spelled

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cube_scan.vocabulary import Vocabulary


class Assembly:
    """Puts parts together: `hub`, `image` and `tag` of one mapping or of those around it."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._words = vocabulary

    def find(
        self, node: Mapping, path: Path, above: tuple[Mapping, ...], claimed: set[int]
    ) -> Iterator[Sighting]:
        """The references whose name stands in `node`; the scalars used are added to `claimed`."""
        yield from self._repository(node, path, claimed)
        yield from self._bare_image(node, path, above, claimed)

    def _repository(self, node: Mapping, path: Path, claimed: set[int]) -> Iterator[Sighting]:
        """`{registry?, repository, tag}`, as in the values of Helm charts."""
        name = self._one_of(node, "repository")
        if name is None or id(name) in claimed or not name.text or "://" in name.text:
            return
        registry = self._one_of(node, "prefix")
        image = self._one_of(node, "name", "image")
        tag = self._one_of(node, "tag") or (self._one_of(node, "version") if image else None)
        digest = self._one_of(node, "digest")
        is_image = bool(path) and self._words.names_image(str(path[-1]))
        if tag is None and digest is None and not is_image:
            return
        bare = image if image is not None and "/" not in image.text else None
        before = [part.text for part in (registry, name, bare) if part is not None and part.text]
        yield from _joined(before, (tag, digest), (name, bare, tag, registry), (path, claimed))

    def _bare_image(
        self, node: Mapping, path: Path, above: tuple[Mapping, ...], claimed: set[int]
    ) -> Iterator[Sighting]:
        """`image: proxyv2` under a mapping with `hub` and `tag`; `image` with `imageTag` beside."""
        image = node.scalar("image") or node.scalar("imageName")
        if image is None or not image.text or id(image) in claimed:
            return
        name = image.text.rpartition("/")[2]
        if ":" in name or "@" in name or self._words.is_placeholder(image.text):
            return
        beside = self._one_of(node, "tag")
        has_hub = self._one_of(node, "prefix") is not None
        if beside is not None and beside.text and not has_hub:
            yield from _joined([image.text], (beside, None), (image, beside), (path, claimed))
            return
        if "/" in image.text:
            return
        for mapping in _around(node, above):
            hub, tag = self._one_of(mapping, "prefix"), self._one_of(mapping, "tag")
            if hub is not None and hub.text and tag is not None and tag.text:
                parts = (image, hub, tag)
                yield from _joined([hub.text, image.text], (tag, None), parts, (path, claimed))
                return

    def _one_of(self, node: Mapping, part: str, only: str = "") -> Scalar | None:
        names = {only} if only else self._words.part(part)
        for key, value in node.items:
            if isinstance(value, Scalar) and (key.text in names or key.text.lower() in names):
                return value
        return None


def _around(node: Mapping, above: tuple[Mapping, ...]) -> Iterator[Mapping]:
    """The mappings that may say what holds for `node`, the nearest first.

    Helm's values have what holds for all in `global`.
    """
    for mapping in (node, *reversed(above)):
        yield mapping
        for key, value in mapping.items:
            if key.text == "global" and isinstance(value, Mapping):
                yield value


def _joined(
    before: list[str],
    version: tuple[Scalar | None, Scalar | None],
    parts: tuple[Scalar | None, ...],
    place: tuple[Path, set[int]],
) -> Iterator[Sighting]:
    """One sighting at each part, all with the same reference."""
    tag, digest = version
    path, claimed = place
    reference = "/".join(part.strip("/") for part in before)
    if tag is not None and tag.text:
        reference += f":{tag.text}"
    if digest is not None and digest.text:
        reference += f"@{digest.text}" if ":" in digest.text else f"@sha256:{digest.text}"
    is_whole = reference != "/".join(part.strip("/") for part in before)
    claim = Claim.IMAGE if is_whole else Claim.PARTIAL
    note = "" if is_whole else "its tag is empty here: what fills it in is not in this file"
    for part in parts:
        if part is not None:
            claimed.add(id(part))
            field = spelled(path)
            is_first = part.text == before[0] and part not in version
            rest = "".join(f"/{one.strip('/')}" for one in before[1:]) if is_first else None
            yield Sighting(part.text, part.line, field, Way.PARTS, claim, reference, note, rest)
