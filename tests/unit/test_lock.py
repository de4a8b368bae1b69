"""The lock: images by digest, in a file that a person can review."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cube_airgap.catalogue import Allowance, BundledAsset
from cube_airgap.descriptor import Descriptor
from cube_airgap.digest import Digest
from cube_airgap.errors import UsageError
from cube_airgap.image_source import Referrer
from cube_airgap.platforms import Platform
from cube_airgap.reference import Reference
from cube_bundle.lock import FileOrigin, Lock, LockedFile, LockedImage

if TYPE_CHECKING:
    from pathlib import Path

_DIGEST = Digest.of(b"image")
_NGINX = LockedImage(
    reference=Reference.parse("nginx:1.27"),
    digest=_DIGEST,
    component="web",
    why="serves pages: 100 % of them",
    platforms=(Platform("linux", "amd64"), Platform("linux", "arm64", "v8")),
)
_SIGNED = LockedImage(
    reference=Reference.parse("reg.example/app:2"),
    digest=Digest.of(b"app"),
    component="app",
    why="",
    platforms=(),
    referrers=(Referrer(Descriptor("application/x", Digest.of(b"sig"), 7), "sha256-00.sig"),),
    source="oci:dir:app",
)


def test_a_lock_reads_back() -> None:
    lock = Lock((_SIGNED, _NGINX))
    assert Lock.parse(lock.encode(), "site.lock.yaml") == lock


def test_the_order_of_images_does_not_change_the_file() -> None:
    assert Lock((_NGINX, _SIGNED)).encode() == Lock((_SIGNED, _NGINX)).encode()


def test_a_person_finds_reference_and_digest_on_lines_of_their_own() -> None:
    lines = Lock((_NGINX,)).encode().decode().splitlines()
    assert "- reference: docker.io/library/nginx:1.27" in lines
    assert f"  digest: {_DIGEST}" in lines


def test_a_lock_is_read_from_its_file(tmp_path: Path) -> None:
    path = tmp_path / "site.lock.yaml"
    path.write_bytes(Lock((_NGINX,)).encode())
    assert Lock.read(path).images == (_NGINX,)


@pytest.mark.parametrize(
    ("change", "line"),
    [
        ((str(_DIGEST), "sha256:../../etc"), 4),
        ((str(_DIGEST), "latest"), 4),
        (("reference: docker.io/library/nginx:1.27", "reference: Nginx"), 3),
        (("linux/amd64", "amd64"), 8),
        (("version: 1", "version: 9"), 1),
    ],
)
def test_what_was_edited_wrongly_is_told_with_its_line(change: tuple[str, str], line: int) -> None:
    text = Lock((_NGINX,)).encode().decode().split("\n", 1)[1].replace(*change)
    with pytest.raises(UsageError) as caught:
        Lock.parse(text.encode(), "site.lock.yaml")
    assert f"site.lock.yaml:{line}" in caught.value.what


_WHOLE = Lock(
    images=(_NGINX,),
    assets=(BundledAsset("m/net", "https://h/net", Digest.of(b"n"), 7, "models", "fetched"),),
    files=(LockedFile("job-templates/a.json", Digest.of(b"{}"), FileOrigin.CHECKOUT),),
    allowed=(Allowance("text", "python3.9", "a typo", "x.json:7"), Allowance("image", "a", "b")),
)


def test_assets_files_and_allowances_are_read_back_too() -> None:
    assert Lock.parse(_WHOLE.encode(), "lock") == _WHOLE


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (("name: m/net", "name: ../net"), "lock:12: '../net' is not a path"),
        (("url: https://h/net", "url: file:///etc"), "lock:13: assets.url"),
        (("size: 7", "size: -7"), "lock:15: assets.size"),
        (("origin: checkout", "origin: theirs"), "lock:21: files.origin"),
        (("reason: a typo", "reason: ''"), "lock:25: allowed.reason"),
    ],
)
def test_mistakes_in_them_are_told_with_their_line(change: tuple[str, str], told: str) -> None:
    text = _WHOLE.encode().decode().replace(*change)

    with pytest.raises(UsageError) as caught:
        Lock.parse(text.encode(), "lock")
    assert told in caught.value.what
