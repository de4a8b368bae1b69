"""Sending blobs in bounded memory, whoever else stalls."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from cube_airgap.bundle import Bundle
from cube_install.serve.body_sender import BodySender
from cube_install.serve.exchange import BlobPart
from cube_install.serve.proofs import Proofs
from tests.support.bundle_factory import tiny_bundle
from tests.support.image_factory import Layer, image

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

    Write = Callable[[bytes], Awaitable[None]]

KIB = 1 << 10
DATA = bytes(range(251)) * 40_000  # 10 MB
IMAGE = image([Layer(DATA, DATA, "gzip"), Layer(DATA[1:], DATA[1:], "none")])


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bundle]:
    path = tiny_bundle({"docker.io/library/a:1": IMAGE}).write(
        tmp_path_factory.mktemp("sender") / "b.tar.zst"
    )
    with Bundle.open(path) as found:
        yield found


def part(bundle: Bundle, encoding: str) -> BlobPart:
    large = [blob for blob in bundle.catalogue.blobs if blob.size > 1_000_000]
    (layer,) = [blob for blob in large if blob.encoding == encoding]
    return BlobPart(layer, 0, layer.size)


class Client:
    """Takes pieces; one that `stalls` takes its first piece only when told to go on."""

    def __init__(self, *, stalls: bool = False) -> None:
        self.pieces: list[bytes] = []
        self.go_on = asyncio.Event()
        if not stalls:
            self.go_on.set()

    async def write(self, piece: bytes) -> None:
        await self.go_on.wait()
        self.pieces.append(piece)

    @property
    def received(self) -> bytes:
        return b"".join(self.pieces)


@pytest.mark.parametrize(("encoding", "expected"), [("stored", DATA), ("zstd", DATA[1:])])
def test_a_blob_is_sent_in_small_pieces(bundle: Bundle, encoding: str, expected: bytes) -> None:
    async def run() -> Client:
        with ThreadPoolExecutor(2) as readers:
            client = Client()
            await BodySender(bundle, Proofs(), readers).send(part(bundle, encoding), client.write)
            return client

    client = asyncio.run(run())
    assert client.received == expected
    assert max(map(len, client.pieces)) <= 512 * KIB


@pytest.mark.parametrize(("encoding", "expected"), [("stored", DATA), ("zstd", DATA[1:])])
def test_clients_that_stall_hold_up_nobody_and_get_all_in_the_end(
    bundle: Bundle, encoding: str, expected: bytes
) -> None:
    async def run() -> None:
        with ThreadPoolExecutor(2) as readers:
            sender = BodySender(bundle, Proofs(), readers)
            stalled = [Client(stalls=True) for _ in range(10)]
            waiting = [
                asyncio.ensure_future(sender.send(part(bundle, encoding), one.write))
                for one in stalled
            ]
            reading = Client()
            await sender.send(part(bundle, encoding), reading.write)
            assert reading.received == expected
            for one in stalled:
                assert one.pieces == []
                one.go_on.set()
            await asyncio.gather(*waiting)
            assert all(one.received == expected for one in stalled)

    asyncio.run(run())


def test_many_clients_get_smaller_pieces(bundle: Bundle) -> None:
    async def run() -> int:
        with ThreadPoolExecutor(2) as readers:
            sender = BodySender(bundle, Proofs(), readers)
            clients = [Client() for _ in range(200)]
            blob = part(bundle, "stored").blob
            small = BlobPart(blob, 0, 512 * KIB)
            await asyncio.gather(*(sender.send(small, one.write) for one in clients))
            return max(len(piece) for one in clients for piece in one.pieces[1:])

    assert asyncio.run(run()) <= 128 * KIB


@pytest.mark.parametrize("encoding", ["stored", "zstd"])
def test_what_the_client_raises_comes_out(bundle: Bundle, encoding: str) -> None:
    async def gone(piece: bytes) -> None:
        raise ConnectionResetError

    async def run() -> None:
        with ThreadPoolExecutor(2) as readers:
            await BodySender(bundle, Proofs(), readers).send(part(bundle, encoding), gone)

    with pytest.raises(ConnectionResetError):
        asyncio.run(run())
