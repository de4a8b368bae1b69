"""Until when a certificate is valid, read from its DER (RFC 5280, 4.1)."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime

_VERSION, _UTC_TIME = 0xA0, 0x17
_BEGIN, _END = "-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----"


def valid_until(pem: bytes) -> datetime | None:
    """`notAfter` of the first certificate in `pem`; None where it cannot be read."""
    text = pem.decode("ascii", "replace")
    start, end = text.find(_BEGIN), text.find(_END)
    if start < 0 or end < start:
        return None
    try:
        der = ssl.PEM_cert_to_DER_cert(text[start : end + len(_END)])
        return _not_after(der)
    except (ValueError, IndexError):
        return None


def _not_after(der: bytes) -> datetime:
    fields = _content(_content(der))  # Certificate, then TBSCertificate
    if fields[0] == _VERSION:
        fields = _rest(fields)
    for _ in ("serialNumber", "signature", "issuer"):
        fields = _rest(fields)
    end = _rest(_content(fields))  # validity holds notBefore and notAfter
    kind, text = end[0], _content(end).decode("ascii")
    if kind == _UTC_TIME:  # two digits of the year, from 1950 on
        text = ("19" if text[:2] >= "50" else "20") + text
    return datetime.strptime(text[:14], "%Y%m%d%H%M%S").replace(tzinfo=UTC)


def _content(data: bytes) -> bytes:
    """The content of the element that `data` begins with."""
    start, length = _bounds(data)
    return data[start : start + length]


def _rest(data: bytes) -> bytes:
    """What comes after the element that `data` begins with."""
    start, length = _bounds(data)
    return data[start + length :]


def _bounds(data: bytes) -> tuple[int, int]:
    first = data[1]
    if first < 0x80:
        return 2, first
    count = first & 0x7F
    return 2 + count, int.from_bytes(data[2 : 2 + count], "big")
