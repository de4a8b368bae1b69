from __future__ import annotations

from base64 import encodebytes
from datetime import UTC, datetime

import pytest
import trustme
from hypothesis import given
from hypothesis import strategies as st

from cube_install.kubernetes.certificate_dates import valid_until

AUTHORITY = trustme.CA()


@pytest.mark.parametrize("year", [2030, 2049, 2050, 2060])
def test_the_end_is_read_in_both_forms_of_time(year: int) -> None:
    end = datetime(year, 2, 3, 4, 5, 6, tzinfo=UTC)
    issued = AUTHORITY.issue_cert("one.example", not_after=end)

    assert valid_until(issued.cert_chain_pems[0].bytes()) == end


def test_of_a_chain_the_first_certificate_counts() -> None:
    end = datetime(2031, 1, 1, tzinfo=UTC)
    first = AUTHORITY.issue_cert("one.example", not_after=end).cert_chain_pems[0].bytes()

    assert valid_until(b"some text\n" + first + AUTHORITY.cert_pem.bytes()) == end


def test_an_end_before_the_century_is_read() -> None:
    begin, end = datetime(1970, 1, 1, tzinfo=UTC), datetime(1999, 12, 31, tzinfo=UTC)
    issued = AUTHORITY.issue_cert("one.example", not_before=begin, not_after=end)

    assert valid_until(issued.cert_chain_pems[0].bytes()) == end


@pytest.mark.parametrize(
    "pem",
    [
        b"",
        b"no certificate",
        b"-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n",
        b"-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n",
        b"-----END CERTIFICATE----------BEGIN CERTIFICATE-----",
    ],
)
def test_what_is_no_certificate_has_no_end(pem: bytes) -> None:
    assert valid_until(pem) is None


@given(st.binary())
def test_nothing_makes_it_fail(der: bytes) -> None:
    pem = b"-----BEGIN CERTIFICATE-----\n" + encodebytes(der) + b"-----END CERTIFICATE-----\n"

    end = valid_until(pem)
    assert end is None or end.tzinfo is UTC
