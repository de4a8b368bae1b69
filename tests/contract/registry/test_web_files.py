"""Files on the web: ranges, breaks, mirrors, and hosts that do otherwise than they should."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from cube_airgap.descriptor import Descriptor
from cube_airgap.digest import Digest
from cube_airgap.errors import (
    AuthenticationError,
    IntegrityError,
    MissingError,
    NetworkError,
    UsageError,
)
from cube_airgap.registry.access import Mirror, Patience, RegistryAccess
from cube_airgap.registry.pace import Pace
from cube_airgap.registry.web_files import WebFile, WebFiles
from cube_airgap.registry.web_stream import FileFacts
from tests.support.faulty_registry import Ending, Reply, ScriptedRegistry, ranged, scripted_registry
from tests.support.memory_source import noise
from tests.support.real_registry import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator

DATA = noise(3 << 20, seed=7)
PATH = "/models/net.onnx"
QUICK = Patience(connect=2, read=2, tries=3, first_wait=0.01, longest_wait=0.05)


@pytest.fixture
def host() -> Iterator[ScriptedRegistry]:
    with scripted_registry() as running:
        yield running


@pytest.fixture
def files() -> Iterator[WebFiles]:
    with WebFiles(RegistryAccess(patience=QUICK)) as opened:
        yield opened


def fetched(files: WebFiles, url: str) -> bytes:
    return b"".join(files.read(url, files.look(url)))


def test_a_file_is_looked_at_without_fetching_it(host: ScriptedRegistry, files: WebFiles) -> None:
    host.always(PATH, ranged(DATA))

    assert files.look(host.url + PATH) == FileFacts(len(DATA), "", host.url + PATH)
    assert [one.headers["range"] for one in host.seen] == ["bytes=0-0"]


def test_any_range_can_be_read(host: ScriptedRegistry, files: WebFiles) -> None:
    host.always(PATH, ranged(DATA))
    source = WebFile(files, host.url + PATH)
    blob = Descriptor("application/octet-stream", Digest.of(DATA), len(DATA))

    assert b"".join(source.read_blob(blob)) == DATA
    assert b"".join(source.read_blob(blob, 5, 900_000)) == DATA[5:900_000]
    assert b"".join(source.read_blob(blob, 2_000_000)) == DATA[2_000_000:]


def test_a_broken_connection_is_gone_on_with_where_it_broke(
    host: ScriptedRegistry, files: WebFiles
) -> None:
    host.expect(PATH, ranged(DATA), Reply(body=DATA, ending=Ending.CLOSE, cut=2 << 20))
    host.always(PATH, ranged(DATA))

    assert fetched(files, host.url + PATH) == DATA
    assert host.seen[-1].headers["range"].startswith("bytes=")
    assert host.seen[-1].headers["range"] != "bytes=0-0"


def test_a_host_that_drips_is_left_and_asked_for_the_rest(host: ScriptedRegistry) -> None:
    dripping = replace(QUICK, read=20, pace=Pace(least=2, seconds=0.0))
    host.expect(PATH, Reply(body=DATA, ending=Ending.STALL, cut=1))
    host.always(PATH, ranged(DATA))

    with WebFiles(RegistryAccess(patience=dripping)) as files:
        assert b"".join(files.read(host.url + PATH, FileFacts(len(DATA)))) == DATA
    assert [one.headers.get("range") for one in host.seen] == [None, f"bytes=1-{len(DATA) - 1}"]


def test_a_host_that_ignores_ranges_is_read_from_its_beginning(
    host: ScriptedRegistry, files: WebFiles
) -> None:
    host.always(PATH, Reply(body=DATA))
    url = host.url + PATH

    assert files.look(url).size == len(DATA)
    assert b"".join(files.read(url, FileFacts(len(DATA)), 1000, 5000)) == DATA[1000:5000]


def test_a_host_that_sends_parts_without_what_was_asked_for_is_given_up(
    host: ScriptedRegistry, files: WebFiles
) -> None:
    """As a cache does that keeps the answer to another range."""
    first = {"Content-Range": f"bytes 0-0/{len(DATA)}"}
    host.always(PATH, Reply(206, DATA[:1], headers=first))

    with pytest.raises(IntegrityError, match="too early"):
        b"".join(files.read(host.url + PATH, FileFacts(len(DATA)), 1000, 5000))
    assert len(host.seen) == QUICK.tries


def test_a_file_without_a_length_is_taken_if_its_end_can_be_told(
    host: ScriptedRegistry, files: WebFiles
) -> None:
    chunks = b"5\r\nhello\r\n1\r\n!\r\n0\r\n\r\n"
    chunked = {"Content-Length": "", "Transfer-Encoding": "chunked"}
    host.always(PATH, Reply(body=chunks, headers=chunked))

    assert files.look(host.url + PATH).size is None
    assert fetched(files, host.url + PATH) == b"hello!"


def test_chunks_that_end_early_are_a_break_and_no_end(
    host: ScriptedRegistry, files: WebFiles
) -> None:
    chunks = b"5\r\nhello\r\n1\r\n!\r\n0\r\n\r\n"
    chunked = {"Content-Length": "", "Transfer-Encoding": "chunked"}
    host.expect(PATH, Reply(body=chunks, headers=chunked, ending=Ending.CLOSE, cut=10))
    host.always(PATH, Reply(body=chunks, headers=chunked))

    assert b"".join(files.read(host.url + PATH, FileFacts(None))) == b"hello!"


def test_a_file_whose_end_cannot_be_told_is_known_as_such(
    host: ScriptedRegistry, files: WebFiles
) -> None:
    host.always(PATH, Reply(body=b"hello", headers={"Content-Length": "", "Connection": "close"}))

    assert not files.look(host.url + PATH).has_end


@pytest.mark.parametrize(
    ("reply", "error", "told"),
    [
        (Reply(404), MissingError, "there is no"),
        (Reply(410), MissingError, "there is no"),
        (Reply(403), AuthenticationError, "does not give"),
        (Reply(451), NetworkError, "status 451"),
        (Reply(body=b"<p>", headers={"Content-Type": "text/html"}), NetworkError, "a web page"),
    ],
)
def test_a_host_that_does_not_have_it_is_told_plainly(
    reply: Reply, error: type[Exception], told: str, host: ScriptedRegistry, files: WebFiles
) -> None:
    host.always(PATH, reply)

    with pytest.raises(error, match=told):
        files.look(host.url + PATH + "?sig=secret")


def test_what_may_pass_is_tried_again(host: ScriptedRegistry, files: WebFiles) -> None:
    host.expect(PATH, Reply(503), Reply(429, headers={"Retry-After": "0"}))
    host.always(PATH, ranged(DATA))

    assert fetched(files, host.url + PATH) == DATA


@pytest.mark.parametrize("size", [len(DATA) - 1, len(DATA) + 1])
def test_a_file_of_another_size_than_known_is_not_taken(
    size: int, host: ScriptedRegistry, files: WebFiles
) -> None:
    host.always(PATH, ranged(DATA))

    with pytest.raises(IntegrityError, match=f"it has {len(DATA):,} bytes, not {size:,}"):
        b"".join(files.read(host.url + PATH, FileFacts(size)))


def test_a_file_that_changes_while_it_is_fetched_is_not_taken(
    host: ScriptedRegistry, files: WebFiles
) -> None:
    first = Reply(body=DATA, headers={"ETag": '"1"'}, ending=Ending.CLOSE, cut=1 << 20)
    host.expect(PATH, first, first)
    host.always(PATH, Reply(body=DATA[::-1], headers={"ETag": '"2"'}))

    with pytest.raises(IntegrityError, match="its version is another"):
        fetched(files, host.url + PATH)
    assert host.seen[-1].headers["if-range"] == '"1"'


def test_a_redirect_leads_to_the_file(host: ScriptedRegistry, files: WebFiles) -> None:
    host.always("/latest", Reply(302, headers={"Location": PATH}))
    host.always(PATH, ranged(DATA))

    assert fetched(files, f"{host.url}/latest") == DATA


def test_a_mirror_is_asked_first_and_the_origin_for_what_it_lacks(host: ScriptedRegistry) -> None:
    with scripted_registry() as mirror:
        access = RegistryAccess(
            insecure=frozenset({mirror.host}),
            mirrors=(Mirror.parse(f"{host.host}={mirror.host}/copy"),),
            patience=QUICK,
        )
        mirror.always(f"/copy{PATH}", ranged(DATA))
        mirror.always("/copy/other", Reply(404))
        host.always("/other", ranged(b"origin"))
        with WebFiles(access) as files:
            assert fetched(files, host.url + PATH) == DATA
            assert fetched(files, f"{host.url}/other") == b"origin"
    assert host.requests(PATH) == []


def test_no_host_mixes_its_bytes_into_another_hosts_file(host: ScriptedRegistry) -> None:
    with scripted_registry() as mirror:
        access = RegistryAccess(
            insecure=frozenset({mirror.host}),
            mirrors=(Mirror.parse(f"{host.host}={mirror.host}"),),
            patience=QUICK,
        )
        mirror.expect(PATH, ranged(DATA), Reply(body=DATA, ending=Ending.CLOSE, cut=1000))
        mirror.always(PATH, Reply(404))
        with WebFiles(access) as files, pytest.raises(MissingError):
            fetched(files, host.url + PATH)
    assert host.requests(PATH) == []


@pytest.mark.parametrize("url", ["ftp://h/x", "https:///x", "https://h:port/x", "file:///etc/x"])
def test_what_is_no_web_address_is_refused(url: str, files: WebFiles) -> None:
    with pytest.raises(UsageError, match="not an address"):
        files.look(url)


def test_a_host_that_cannot_be_reached_is_told_at_once() -> None:
    never = Patience(connect=2, read=2, tries=99, first_wait=3600, longest_wait=3600)
    with (
        WebFiles(RegistryAccess(patience=never)) as files,
        pytest.raises(NetworkError, match="cannot be connected to"),
    ):
        files.look(f"http://127.0.0.1:{free_port()}/x")
