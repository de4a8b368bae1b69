"""Learning what files on the web are: pinned or not, staged or only hashed, whole or broken."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from cube_airgap.catalogue import BundledAsset
from cube_airgap.closure_entries import ASSET_TYPE
from cube_airgap.descriptor import Descriptor
from cube_airgap.digest import Digest
from cube_airgap.errors import AirgapError, IntegrityError, MissingError, SeveralErrors
from cube_airgap.registry.access import Patience, RegistryAccess
from cube_airgap.registry.web_files import WebFile, WebFiles
from cube_bundle.assets.request import AssetRequest
from cube_bundle.assets.resolution import AssetResolver, ResolvedAsset
from cube_bundle.assets.staged import StagedFile, staged_path
from tests.support.faulty_registry import Ending, Reply, ScriptedRegistry, ranged, scripted_registry
from tests.support.memory_source import noise
from tests.support.noting_progress import NotingProgress

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

DATA = noise(3 << 20, seed=9)
DIGEST = Digest.of(DATA)
QUICK = Patience(connect=2, read=2, tries=2, first_wait=0.01, longest_wait=0.05)


@pytest.fixture
def host() -> Iterator[ScriptedRegistry]:
    with scripted_registry() as running:
        running.always("/net", ranged(DATA))
        yield running


@pytest.fixture
def files() -> Iterator[WebFiles]:
    with WebFiles(RegistryAccess(patience=QUICK)) as opened:
        yield opened


@pytest.fixture
def net(host: ScriptedRegistry) -> AssetRequest:
    return AssetRequest("net", f"{host.url}/net", "models", "fetched", where="a.yaml:1")


def resolve(
    files: WebFiles, staging: Path | None, *requests: AssetRequest
) -> tuple[ResolvedAsset, ...]:
    resolver = AssetResolver(files, staging, 2, NotingProgress())
    return resolver.settle(resolver.look(requests))


def content(resolved: ResolvedAsset) -> bytes:
    asset = resolved.asset
    return b"".join(resolved.source.read_blob(Descriptor(ASSET_TYPE, asset.digest, asset.size)))


def test_what_nobody_pinned_is_staged_once_and_read_from_there(
    files: WebFiles, net: AssetRequest, host: ScriptedRegistry, tmp_path: Path
) -> None:
    (found,) = resolve(files, tmp_path, net)

    assert (found.asset.digest, found.asset.size) == (DIGEST, len(DATA))
    assert isinstance(found.source, StagedFile)
    assert content(found) == DATA
    assert len(host.requests("/net")) == 2


def test_for_a_lock_alone_nothing_is_kept(files: WebFiles, net: AssetRequest) -> None:
    (found,) = resolve(files, None, net)

    assert found.asset.digest == DIGEST
    assert isinstance(found.source, WebFile)


@pytest.mark.parametrize("size", [None, len(DATA)])
def test_what_is_pinned_is_looked_at_and_not_fetched(
    size: int | None, files: WebFiles, net: AssetRequest, host: ScriptedRegistry, tmp_path: Path
) -> None:
    (found,) = resolve(files, tmp_path, replace(net, digest=DIGEST, size=size))

    assert (found.asset.digest, found.asset.size) == (DIGEST, len(DATA))
    assert [seen.headers["range"] for seen in host.requests("/net")] == ["bytes=0-0"]
    assert list(tmp_path.iterdir()) == []


def test_a_pin_that_the_file_does_not_have_is_told_before_it_is_fetched(
    files: WebFiles, net: AssetRequest, host: ScriptedRegistry, tmp_path: Path
) -> None:
    with pytest.raises(IntegrityError, match="has 3,145,728 bytes now, not 7") as caught:
        resolve(files, tmp_path, replace(net, size=7))
    assert "--skip-asset 'net=REASON'" in caught.value.remedy
    assert len(host.requests("/net")) == 1


def test_a_file_without_a_length_needs_pins(
    files: WebFiles, net: AssetRequest, host: ScriptedRegistry, tmp_path: Path
) -> None:
    endless = Reply(body=DATA, headers={"Content-Length": "", "Connection": "close"})
    host.always("/net", endless)

    with pytest.raises(IntegrityError, match="comes without a length") as caught:
        resolve(files, tmp_path, net)
    assert "digest and size" in caught.value.remedy
    (found,) = resolve(files, tmp_path, replace(net, digest=DIGEST, size=len(DATA)))
    assert content(found) == DATA


def test_a_chunked_file_is_pinned_by_its_digest_alone(
    files: WebFiles, net: AssetRequest, host: ScriptedRegistry, tmp_path: Path
) -> None:
    chunked = {"Content-Length": "", "Transfer-Encoding": "chunked"}
    host.always("/net", Reply(body=b"5\r\nhello\r\n0\r\n\r\n", headers=chunked))

    (found,) = resolve(files, tmp_path, replace(net, digest=Digest.of(b"hello")))
    assert found.asset.size == 5
    with pytest.raises(IntegrityError, match=r"not the one in a\.yaml:1"):
        resolve(files, tmp_path, replace(net, digest=Digest.of(b"other")))


def test_an_empty_file_is_no_file(
    files: WebFiles, net: AssetRequest, host: ScriptedRegistry, tmp_path: Path
) -> None:
    host.always("/net", Reply(416, headers={"Content-Range": "bytes */0"}))

    with pytest.raises(IntegrityError, match="is an empty file"):
        resolve(files, tmp_path, net)


def test_everything_that_is_wrong_is_told_and_nothing_fetched(
    files: WebFiles, net: AssetRequest, host: ScriptedRegistry, tmp_path: Path
) -> None:
    host.always("/gone", Reply(404))
    host.always("/closed", Reply(403))
    others = [replace(net, name=name, url=f"{host.url}/{name}") for name in ("gone", "closed")]

    with pytest.raises(SeveralErrors) as caught:
        resolve(files, tmp_path, net, *others)

    assert ["gone" in caught.value.errors[0].what, "closed" in caught.value.errors[1].what] == [
        True,
        True,
    ]
    assert [seen.headers["range"] for seen in host.requests("/net")] == ["bytes=0-0"]


def test_what_is_optional_and_gone_is_left_out(
    files: WebFiles, net: AssetRequest, host: ScriptedRegistry, tmp_path: Path
) -> None:
    host.always("/gone", Reply(404))
    host.always("/closed", Reply(403))
    gone = replace(net, name="gone", url=f"{host.url}/gone", optional=True)

    assert [one.asset.name for one in resolve(files, tmp_path, net, gone)] == ["net"]
    with pytest.raises(AirgapError):
        resolve(files, tmp_path, replace(gone, url=f"{host.url}/closed"))


def versioned(version: str, data: bytes = DATA) -> Reply:
    return Reply(body=data, headers={"ETag": f'"{version}"'})


def interrupted(files: WebFiles, net: AssetRequest, host: ScriptedRegistry, staging: Path) -> None:
    """Fetch a file's first half, and then lose its host."""
    broken = replace(versioned("1"), ending=Ending.CLOSE, cut=2 << 20)
    host.expect("/net", versioned("1"), broken, Reply(404))
    with pytest.raises(MissingError):
        resolve(files, staging, net)


def test_a_later_run_goes_on_with_what_was_fetched(
    files: WebFiles, net: AssetRequest, host: ScriptedRegistry, tmp_path: Path
) -> None:
    interrupted(files, net, host, tmp_path)
    left = next(tmp_path.glob("*.part")).stat().st_size
    tail = Reply(
        206,
        DATA[left:],
        {"ETag": '"1"', "Content-Range": f"bytes {left}-{len(DATA) - 1}/{len(DATA)}"},
    )
    host.expect("/net", versioned("1"), tail)

    (found,) = resolve(files, tmp_path, net)

    assert host.requests("/net")[-1].headers["range"] == f"bytes={left}-{len(DATA) - 1}"
    assert content(found) == DATA


def test_what_was_fetched_of_another_version_is_thrown_away(
    files: WebFiles, net: AssetRequest, host: ScriptedRegistry, tmp_path: Path
) -> None:
    interrupted(files, net, host, tmp_path)
    host.always("/net", versioned("2", DATA[::-1]))

    (found,) = resolve(files, tmp_path, net)

    assert found.asset.digest == Digest.of(DATA[::-1])


def test_a_whole_staged_file_is_not_fetched_again(
    files: WebFiles, net: AssetRequest, host: ScriptedRegistry, tmp_path: Path
) -> None:
    host.always("/net", versioned("1"))
    resolve(files, tmp_path, net)
    before = len(host.seen)

    (found,) = resolve(files, tmp_path, net)

    assert content(found) == DATA
    assert len(host.seen) == before + 1


def locked(url: str) -> BundledAsset:
    return BundledAsset("net", url, DIGEST, len(DATA), "models", "fetched")


def test_a_locked_file_is_looked_at_unless_it_is_at_hand(
    files: WebFiles, net: AssetRequest, host: ScriptedRegistry, tmp_path: Path
) -> None:
    resolver = AssetResolver(files, tmp_path, 2, NotingProgress())

    resolver.recall([locked(net.url)], lambda _digest: True)
    assert host.seen == []
    (found,) = resolver.recall([locked(net.url)], lambda _digest: False)
    assert content(found) == DATA
    staged_path(tmp_path, net.url).write_bytes(DATA)
    (staged,) = resolver.recall([locked(net.url)], lambda _digest: False)
    assert isinstance(staged.source, StagedFile)


def test_a_locked_file_of_another_size_is_told(
    files: WebFiles, net: AssetRequest, host: ScriptedRegistry, tmp_path: Path
) -> None:
    host.always("/net", ranged(DATA[:-1]))
    resolver = AssetResolver(files, tmp_path, 2, NotingProgress())

    with pytest.raises(IntegrityError, match=r"asset net: .* bytes now, not 3,145,728"):
        resolver.recall([locked(net.url)], lambda _digest: False)
