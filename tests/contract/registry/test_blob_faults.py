"""What goes wrong while a blob is read: what is temporary is mended, the rest is told."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from cube_airgap.descriptor import Descriptor
from cube_airgap.digest import Digest
from cube_airgap.errors import IntegrityError, NetworkError
from cube_airgap.registry.pace import Pace
from cube_airgap.registry.registries import Registries
from tests.support.faulty_registry import Ending, Reply, ranged
from tests.support.registry_access import IMPATIENT, plain_access, reference

if TYPE_CHECKING:
    from cube_airgap.registry.access import RegistryAccess
    from tests.support.faulty_registry import ScriptedRegistry

DATA = bytes(range(256)) * 8192  # 2 MiB, and every offset can be told from the next
BLOB = Descriptor("application/octet-stream", Digest.of(DATA), len(DATA))
PATH = f"/v2/team/app/blobs/{BLOB.digest}"
CUT = 1 << 19
# Whatever brings no two bytes at once is too slow: the first of a drip settles it.
DRIPPING = replace(IMPATIENT, pace=Pace(least=2, seconds=0.0))


def read(scripted: ScriptedRegistry, start: int = 0, end: int | None = None) -> bytes:
    return read_by(plain_access(scripted.host), scripted, start, end)


def read_by(
    access: RegistryAccess, scripted: ScriptedRegistry, start: int = 0, end: int | None = None
) -> bytes:
    with Registries(access) as registries:
        repository = registries.repository(reference(scripted.host))
        return b"".join(repository.read_blob(BLOB, start, end))


def ranges(scripted: ScriptedRegistry) -> list[str]:
    return [seen.headers.get("range", "") for seen in scripted.requests(PATH)]


@pytest.mark.parametrize("ending", [Ending.CLOSE, Ending.RESET])
def test_a_broken_connection_goes_on_where_it_broke(
    scripted: ScriptedRegistry, ending: Ending
) -> None:
    scripted.expect(PATH, Reply(body=DATA, ending=ending, cut=CUT), ranged(DATA))
    assert read(scripted) == DATA
    first, second = ranges(scripted)
    assert first == ""
    # A reset may overtake what was sent before it.
    offset = int(second.removeprefix("bytes=").partition("-")[0] or 0)
    assert offset == CUT if ending is Ending.CLOSE else offset <= CUT


def test_a_stalled_server_is_left_and_asked_for_the_rest(scripted: ScriptedRegistry) -> None:
    scripted.expect(PATH, Reply(body=DATA, ending=Ending.STALL, cut=CUT), ranged(DATA))
    access = plain_access(scripted.host)
    access = replace(access, patience=replace(IMPATIENT, read=0.3))
    assert read_by(access, scripted) == DATA
    assert ranges(scripted)[1] == f"bytes={CUT}-{len(DATA) - 1}"


def test_a_server_that_always_stalls_is_given_up(scripted: ScriptedRegistry) -> None:
    scripted.always(PATH, Reply(body=DATA, ending=Ending.STALL, cut=0))
    access = plain_access(scripted.host)
    access = replace(access, patience=replace(IMPATIENT, read=0.1))
    with pytest.raises(NetworkError, match="stopped sending"):
        read_by(access, scripted)


def test_a_dripping_server_is_left_and_asked_for_the_rest(scripted: ScriptedRegistry) -> None:
    scripted.expect(PATH, Reply(body=DATA, ending=Ending.STALL, cut=1), ranged(DATA))
    access = replace(plain_access(scripted.host), patience=DRIPPING)
    assert read_by(access, scripted) == DATA
    assert ranges(scripted)[1] == f"bytes=1-{len(DATA) - 1}"


def test_a_server_that_always_drips_is_given_up(scripted: ScriptedRegistry) -> None:
    scripted.always(PATH, Reply(body=DATA, ending=Ending.STALL, cut=1))
    access = replace(plain_access(scripted.host), patience=DRIPPING)
    with pytest.raises(NetworkError, match="sends too slowly: 1 bytes came"):
        read_by(access, scripted)
    assert len(ranges(scripted)) == DRIPPING.tries


def test_a_server_that_breaks_every_connection_early_is_given_up(
    scripted: ScriptedRegistry,
) -> None:
    scripted.always(PATH, Reply(body=DATA, ending=Ending.CLOSE, cut=0))
    with pytest.raises(NetworkError, match="ended its answer too early"):
        read(scripted)
    assert len(ranges(scripted)) == IMPATIENT.tries


def test_progress_is_never_given_up(scripted: ScriptedRegistry) -> None:
    """More breaks than tries, but each connection brought something."""

    def cut_short(seen: object) -> Reply:
        whole = ranged(DATA * 8)(seen)  # type: ignore[arg-type]
        return replace(whole, ending=Ending.CLOSE, cut=min(len(whole.body), 3 << 20))

    data = DATA * 8
    blob = Descriptor("application/octet-stream", Digest.of(data), len(data))
    scripted.always(f"/v2/team/app/blobs/{blob.digest}", cut_short)
    with Registries(plain_access(scripted.host)) as registries:
        repository = registries.repository(reference(scripted.host))
        assert b"".join(repository.read_blob(blob)) == data


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_a_temporary_status_is_tried_again(scripted: ScriptedRegistry, status: int) -> None:
    scripted.expect(PATH, Reply(status), Reply(status, b"<html>"), ranged(DATA))
    assert read(scripted) == DATA


def test_a_long_retry_after_does_not_exhaust_the_user_s_patience(
    scripted: ScriptedRegistry,
) -> None:
    scripted.expect(PATH, Reply(429, headers={"Retry-After": "86400"}), ranged(DATA))
    assert read(scripted) == DATA


def test_too_many_requests_are_told_so(scripted: ScriptedRegistry) -> None:
    scripted.always(
        PATH, Reply(429, b'{"errors":[{"code":"TOOMANYREQUESTS","message":"pull rate"}]}')
    )
    with pytest.raises(NetworkError, match=r"allows no more requests.*pull rate") as caught:
        read(scripted)
    assert "--mirror" in caught.value.remedy


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410])
def test_a_lasting_status_is_not_tried_again(scripted: ScriptedRegistry, status: int) -> None:
    scripted.expect(PATH, Reply(status))
    with pytest.raises(Exception, match=str(BLOB.digest)):
        read(scripted)


def test_a_range_is_asked_for_with_its_end(scripted: ScriptedRegistry) -> None:
    scripted.expect(PATH, ranged(DATA))
    assert read(scripted, 1000, 5000) == DATA[1000:5000]
    assert ranges(scripted) == ["bytes=1000-4999"]


@pytest.mark.parametrize(("start", "end"), [(1000, None), (1000, 5000), (0, 10), (CUT * 3, None)])
def test_a_server_that_ignores_range_is_skipped_through(
    scripted: ScriptedRegistry, start: int, end: int | None
) -> None:
    scripted.expect(PATH, Reply(body=DATA))
    assert read(scripted, start, end) == DATA[start:end]


def test_a_range_that_is_shorter_than_asked_for_is_gone_on_from(
    scripted: ScriptedRegistry,
) -> None:
    short = Reply(206, DATA[1000:2000], {"Content-Range": f"bytes 1000-1999/{len(DATA)}"})
    scripted.expect(PATH, short, ranged(DATA))
    assert read(scripted, 1000, 5000) == DATA[1000:5000]
    assert ranges(scripted)[1] == "bytes=2000-4999"


@pytest.mark.parametrize(
    "told",
    [
        f"bytes 0-3999/{len(DATA)}",
        f"bytes 1001-5000/{len(DATA)}",
        f"bytes 1000-6000/{len(DATA)}",
        f"bytes 1000-900/{len(DATA)}",
        "bytes */*",
        "items 1000-4999/*",
        "",
    ],
)
def test_a_wrong_content_range_is_refused(scripted: ScriptedRegistry, told: str) -> None:
    scripted.expect(PATH, Reply(206, DATA[1000:5000], {"Content-Range": told}))
    with pytest.raises(IntegrityError, match="bytes 1000-4999"):
        read(scripted, 1000, 5000)


def test_a_range_of_a_blob_of_another_length_is_refused(scripted: ScriptedRegistry) -> None:
    headers = {"Content-Range": f"bytes 1000-4999/{len(DATA) + 1}"}
    scripted.expect(PATH, Reply(206, DATA[1000:5000], headers))
    with pytest.raises(IntegrityError, match=f"sends {len(DATA) + 1}"):
        read(scripted, 1000, 5000)


@pytest.mark.parametrize("data", [DATA + b"x", DATA[:-1], b""])
def test_a_changed_length_is_refused_at_once(scripted: ScriptedRegistry, data: bytes) -> None:
    scripted.expect(PATH, Reply(body=data))
    with pytest.raises(IntegrityError, match=f"sends {len(data)}"):
        read(scripted)


def test_a_range_that_the_blob_has_no_more_is_refused(scripted: ScriptedRegistry) -> None:
    scripted.expect(PATH, Reply(416))
    with pytest.raises(IntegrityError, match="sends less"):
        read(scripted, 1000)


def test_more_bytes_without_a_length_are_refused(scripted: ScriptedRegistry) -> None:
    headers = {"Content-Length": "", "Connection": "close"}
    scripted.expect(
        PATH, Reply(body=DATA + b"x", headers=headers, ending=Ending.CLOSE, cut=1 << 30)
    )
    with pytest.raises(IntegrityError, match="sends more"):
        read(scripted)


def test_fewer_bytes_without_a_length_are_asked_for_again(scripted: ScriptedRegistry) -> None:
    headers = {"Content-Length": "", "Connection": "close"}
    short = Reply(body=DATA, headers=headers, ending=Ending.CLOSE, cut=CUT)
    scripted.expect(PATH, short, ranged(DATA))
    assert read(scripted) == DATA


def chunked(data: bytes, *, last: bytes = b"0\r\n\r\n") -> bytes:
    """`data` as one chunk of a chunked body (RFC 9112, 7.1)."""
    return b"%x\r\n%s\r\n" % (len(data), data) + last


def test_a_chunked_body_is_read(scripted: ScriptedRegistry) -> None:
    headers = {"Content-Length": "", "Transfer-Encoding": "chunked"}
    scripted.expect(PATH, Reply(body=chunked(DATA), headers=headers))
    assert read(scripted) == DATA


@pytest.mark.parametrize("cut", [100, CUT, len(DATA) + 10])
def test_a_cut_chunked_body_is_gone_on_from(scripted: ScriptedRegistry, cut: int) -> None:
    headers = {"Content-Length": "", "Transfer-Encoding": "chunked"}
    broken = Reply(body=chunked(DATA), headers=headers, ending=Ending.CLOSE, cut=cut)
    scripted.expect(PATH, broken)
    scripted.always(PATH, ranged(DATA))
    assert read(scripted) == DATA


def test_a_shorter_chunked_body_ends_in_an_error(scripted: ScriptedRegistry) -> None:
    headers = {"Content-Length": "", "Transfer-Encoding": "chunked"}
    scripted.always(PATH, Reply(body=chunked(DATA[:CUT]), headers=headers))
    with pytest.raises(IntegrityError, match="less"):
        read(scripted)


def test_a_web_page_is_recognised(scripted: ScriptedRegistry) -> None:
    page = Reply(body=b"<html>Please log in", headers={"Content-Type": "text/html; charset=utf-8"})
    scripted.expect(PATH, page)
    with pytest.raises(NetworkError, match="web page") as caught:
        read(scripted)
    assert "NO_PROXY" in caught.value.remedy


def test_content_is_never_decoded(scripted: ScriptedRegistry) -> None:
    """A registry may label a gzip layer as an encoding; its bytes are the blob all the same."""
    scripted.expect(PATH, Reply(body=DATA, headers={"Content-Encoding": "gzip"}))
    assert read(scripted) == DATA
    assert scripted.requests(PATH)[0].headers["accept-encoding"] == "identity"


def test_a_connection_is_used_again(scripted: ScriptedRegistry) -> None:
    """The double counts connections by their ports."""
    scripted.always(PATH, ranged(DATA))
    with Registries(plain_access(scripted.host)) as registries:
        repository = registries.repository(reference(scripted.host))
        for _ in range(5):
            assert len(b"".join(repository.read_blob(BLOB, 0, CUT))) == CUT
    assert len({seen.peer for seen in scripted.requests(PATH)}) == 1


def test_no_cookie_is_sent_back(scripted: ScriptedRegistry) -> None:
    """Harbor turns on its CSRF check for whoever sends its `sid` back."""
    scripted.expect("/v2/", Reply(body=b"{}", headers={"Set-Cookie": "sid=1; Path=/"}))
    scripted.expect(PATH, Reply(body=DATA, headers={"Set-Cookie": "sid=2; Path=/"}), ranged(DATA))
    with Registries(plain_access(scripted.host)) as registries:
        repository = registries.repository(reference(scripted.host))
        for _ in range(2):
            list(repository.read_blob(BLOB))
    assert not any("cookie" in seen.headers for seen in scripted.seen)
