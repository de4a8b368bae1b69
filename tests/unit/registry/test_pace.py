"""Which bodies come too slowly, by a clock that the test sets."""

from __future__ import annotations

import pytest

from cube_airgap.registry.access import Patience
from cube_airgap.registry.faults import TemporaryFault
from cube_airgap.registry.pace import Pace


class Line:
    """Brings pieces after seconds of waiting each, and then the body's end."""

    def __init__(self, *pieces: tuple[float, int]) -> None:
        self.pieces = list(pieces)
        self.now = 0.0

    def read(self) -> bytes:
        if not self.pieces:
            return b""
        seconds, size = self.pieces.pop(0)
        self.now += seconds
        return bytes(size)

    def clock(self) -> float:
        return self.now


def test_a_host_that_sends_one_byte_within_each_read_timeout_is_too_slow() -> None:
    line = Line(*[(Patience().read - 1, 1)] * 1000)
    pieces = Pace().kept(line.read, "host.example", line.clock)
    assert [next(pieces) for _ in range(3)] == [b"\0"] * 3
    with pytest.raises(
        TemporaryFault, match=r"host\.example sends too slowly: 3 bytes came in 177"
    ):
        next(pieces)


def test_a_line_of_64_kbit_a_second_that_sixteen_downloads_share_is_fast_enough() -> None:
    share = 64_000 // 8 // 16
    line = Line(*[(2.0, 2 * share)] * 1000)
    assert sum(map(len, Pace().kept(line.read, "host.example", line.clock))) == 2000 * share


def test_a_long_silence_that_a_fast_stretch_follows_is_forgiven() -> None:
    line = Line((119.0, 1), (2.0, 1 << 20), (119.0, 1), (2.0, 1 << 20))
    assert sum(map(len, Pace().kept(line.read, "host.example", line.clock))) == (2 << 20) + 2


def test_a_fast_beginning_does_not_excuse_what_drips_later() -> None:
    line = Line((1.0, 1 << 30), *[(59.0, 1)] * 1000)
    with pytest.raises(TemporaryFault):
        list(Pace().kept(line.read, "host.example", line.clock))


def test_the_time_of_whoever_takes_the_pieces_does_not_count() -> None:
    line = Line(*[(0.001, 1)] * 10)
    for _ in Pace().kept(line.read, "host.example", line.clock):
        line.now += 3600
    assert not line.pieces


def test_a_small_body_that_is_whole_is_not_too_slow() -> None:
    line = Line((1.0, 200))
    assert list(Pace().kept(line.read, "host.example", line.clock)) == [bytes(200)]
