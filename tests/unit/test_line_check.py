"""Lines that a person types: what goes wrong is told by the line."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cube_airgap.line_check import LinesError, decode_lines, encode_lines

DATA = bytes(range(256))
LINES = list(encode_lines(DATA))


@given(st.binary(max_size=300))
def test_what_is_typed_as_it_is_printed_is_the_same(data: bytes) -> None:
    assert decode_lines(encode_lines(data), len(data)) == data


def test_order_case_spaces_and_letters_that_look_alike_do_not_matter() -> None:
    typed = [line.lower().replace("0", "o").replace("1", "l") for line in reversed(LINES)]
    numbered = [f"{int(line[:4].replace('o', '0').replace('l', '1'))}{line[4:]}" for line in typed]
    joined = [
        line.split()[0] + " " + "".join(line.split()[1:-1]) + " " + line.split()[-1]
        for line in numbered
    ]
    assert decode_lines(joined, len(DATA)) == DATA
    assert decode_lines(typed, len(DATA)) == DATA


@pytest.mark.parametrize("wrong", [0, 3])
def test_a_mistyped_letter_is_told_by_its_line(wrong: int) -> None:
    lines = [*LINES]
    lines[wrong] = lines[wrong][:8] + ("A" if lines[wrong][8] != "A" else "B") + lines[wrong][9:]
    with pytest.raises(LinesError) as caught:
        decode_lines(lines, len(DATA))
    assert caught.value.numbers == (wrong + 1,)


def test_missing_and_exchanged_lines_are_told() -> None:
    exchanged = [LINES[1][:4] + LINES[0][4:], LINES[0][:4] + LINES[1][4:], *LINES[3:]]
    with pytest.raises(LinesError) as caught:
        decode_lines(exchanged, len(DATA))
    assert caught.value.numbers == (1, 2, 3)


def test_what_is_no_line_is_passed_over() -> None:
    assert decode_lines(["page 1", "", "x y z", *LINES, "end"], len(DATA)) == DATA
