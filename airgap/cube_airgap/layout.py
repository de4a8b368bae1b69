"""An OCI image layout on disk, read as an image source (OCI image spec, image-layout.md)."""

from __future__ import annotations

import json
import os
import re
import stat
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from cube_airgap.errors import IntegrityError, MissingError, UsageError
from cube_airgap.file_range import is_file, read_head, read_range, unreadable
from cube_airgap.image_source import Referrer
from cube_airgap.manifest import LARGEST_MANIFEST, MANIFEST_TYPES, OCI_INDEX, Manifest
from cube_airgap.reference import Reference

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable

    from cube_airgap.descriptor import Descriptor
    from cube_airgap.digest import Digest

REF_NAME = "org.opencontainers.image.ref.name"
CONTAINERD_NAME = "io.containerd.image.name"

# Tags that hang something on the manifest of that digest: cosign's with an ending, and the
# referrers tag schema of the distribution spec without.
_DIGEST_TAG = re.compile(r"(sha256|sha512)-([0-9a-f]+)(\.[a-z]+)?")
_COPY_AGAIN = "copy the image layout again from where it was made"


@dataclass(frozen=True)
class OciLayout:
    """One image of the layout in `directory`, an ImageSource.

    `name` is the entry's `org.opencontainers.image.ref.name` or `io.containerd.image.name`; empty
    means the only image there is. A blob's path is made of its digest alone, and may not lead out
    of the directory by a link.
    """

    directory: Path
    name: str = ""

    def resolve(self, reference: Reference) -> Manifest:
        """The named image, whatever the reference's tag; its digest, if it has one, must agree.

        Raises MissingError naming what is there, UsageError where a name means several images.
        """
        manifest = self.manifest(self._entry)
        if reference.digest not in {None, manifest.digest}:
            raise MissingError(
                f"{self.directory} has {manifest.digest}, and not {reference.digest} that "
                f"{reference.familiar} asks for",
                remedy="if the digest is a lock's, the image changed since: lock it anew; else "
                "leave the digest out of the reference, or use the layout that has it",
            )
        return manifest

    def origin_name(self) -> str | None:
        """The full reference that the annotations give the image, or None.

        A bare word in `ref.name`, such as `1.25`, is a tag by the spec and names no repository.
        """
        for text in _names_of(self._entry):
            if (":" in text or "/" in text) and _is_reference(text):
                return text
        return None

    def manifest(self, descriptor: Descriptor) -> Manifest:
        """The manifest that `descriptor` points at. Raises MissingError and IntegrityError."""
        where = f"manifest {descriptor.digest} in {self.directory}"
        if descriptor.size > LARGEST_MANIFEST:
            raise IntegrityError(f"{where} is too large for a manifest", remedy=_COPY_AGAIN)
        raw = b"".join(self.read_blob(descriptor))
        if not descriptor.digest.matches(raw):
            raise IntegrityError(f"{where} does not have this digest", remedy=_COPY_AGAIN)
        return Manifest.parse(raw, media_type=descriptor.media_type, where=where)

    def read_blob(
        self, blob: Descriptor, start: int = 0, end: int | None = None
    ) -> Generator[bytes, None, None]:
        """The blob's bytes from `start` to `end`. Raises MissingError and IntegrityError."""
        stop = blob.size if end is None else end
        yield from read_range(self._blob_path(blob), start, stop - start)

    def referrers(self, subject: Digest) -> tuple[Referrer, ...]:
        """The entries whose manifest has this `subject`, or whose name is a tag made of it."""
        return tuple(self._referrers.get(str(subject), {}).values())

    @cached_property
    def _entries(self) -> tuple[Descriptor, ...]:
        _check_version(self.directory)
        path = self.directory / "index.json"
        raw = read_head(path, LARGEST_MANIFEST + 1)
        return Manifest.parse(raw, media_type=OCI_INDEX, where=str(path)).children

    @cached_property
    def _entry(self) -> Descriptor:
        """The one entry that `name` means."""
        found = [entry for entry in self._entries if self._is_meant(entry)]
        if len({entry.digest for entry in found}) == 1:
            return found[0]
        raise self._not_one(found)

    @cached_property
    def _referrers(self) -> dict[str, dict[Digest, Referrer]]:
        """By the digest they are about: every entry that is about another manifest."""
        by_subject: dict[str, dict[Digest, Referrer]] = {}
        for entry in self._entries:
            for subject, referrer in self._links(entry):
                by_subject.setdefault(subject, {})[referrer.descriptor.digest] = referrer
        return by_subject

    def _links(self, entry: Descriptor) -> Iterable[tuple[str, Referrer]]:
        """What `entry` says about other manifests: the subject's digest, and the referrer."""
        tagged = [match for name in _names_of(entry) if (match := _digest_tag(name))]
        for match in tagged:
            subject = f"{match[1]}:{match[2]}"
            if match[3]:
                yield subject, Referrer(entry, tag=match[0])
            else:
                for child in self.manifest(entry).children:
                    yield subject, Referrer(child)
        if not tagged and entry.media_type in MANIFEST_TYPES:
            about = self.manifest(entry).subject
            if about is not None:
                yield str(about.digest), Referrer(entry)

    def _is_meant(self, entry: Descriptor) -> bool:
        if self.name:
            return self.name in _names_of(entry)
        return entry.media_type in MANIFEST_TYPES and not any(self._links(entry))

    def _blob_path(self, blob: Descriptor) -> Path:
        real = Path(os.path.realpath(self.directory / blob.digest.layout_path))
        if not real.is_relative_to(os.path.realpath(self.directory)):
            raise IntegrityError(
                f"blob {blob.digest} of {self.directory} is a link that leads out of it",
                remedy="copy the layout with its links followed (cp -rL), if you trust them",
            )
        self._check_file(real, blob)
        return real

    def _check_file(self, path: Path, blob: Descriptor) -> None:
        try:
            status = path.stat()
        except FileNotFoundError:
            raise MissingError(
                f"{self.directory} has no blob {blob.digest}",
                remedy=f"{_COPY_AGAIN}; if it holds some platforms only, ask for those only",
            ) from None
        except OSError as error:
            raise unreadable(path, error) from error
        if not stat.S_ISREG(status.st_mode) or status.st_size != blob.size:
            raise IntegrityError(
                f"blob {blob.digest} in {self.directory} is not a file of {blob.size} bytes",
                remedy=_COPY_AGAIN,
            )

    def _not_one(self, found: list[Descriptor]) -> MissingError | UsageError:
        names = sorted({_names_of(entry)[0] for entry in self._entries if _names_of(entry)})
        there = f"it has: {', '.join(names[:20])}" if names else "its images have no names"
        if self.name and found:
            return UsageError(
                f"{self.name!r} means {len(found)} images in {self.directory}",
                remedy=f"write the whole name; {there}",
            )
        if self.name:
            what = f"{self.directory} has no image {self.name!r}"
        elif found:
            what = f"{self.directory} has {len(found)} images, and none was named"
        else:
            what = f"{self.directory} has no image"
        return MissingError(what, remedy=f"name one as oci:DIR:NAME; {there}")


def _names_of(entry: Descriptor) -> list[str]:
    """The entry's names; containerd's is always a full reference, so it is first."""
    texts = (entry.annotations.get(key) for key in (CONTAINERD_NAME, REF_NAME))
    return [text for text in texts if text]


def _digest_tag(name: str) -> re.Match[str] | None:
    return _DIGEST_TAG.fullmatch(name.rpartition(":")[2])


def _is_reference(text: str) -> bool:
    try:
        Reference.parse(text)
    except UsageError:
        return False
    return True


def _check_version(directory: Path) -> None:
    """Refuse what is no layout, or one of a later major version (image-layout.md, "oci-layout")."""
    path = directory / "oci-layout"
    if not is_file(path):
        raise MissingError(
            f"{directory} is not an OCI image layout: it has no file oci-layout",
            remedy="give the directory that holds oci-layout, index.json and blobs",
        )
    try:
        version = str(json.loads(read_head(path, 4096))["imageLayoutVersion"])
    except (ValueError, KeyError, TypeError, RecursionError):
        version = "unknown"
    if not version.startswith("1."):
        raise IntegrityError(
            f"{directory} is an image layout of version {version[:40]}; 1.0.0 is understood",
            remedy=_COPY_AGAIN,
        )
