"""The double's certificates: one CA for all runs of a process."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from functools import cache

import trustme


@dataclass(frozen=True)
class Certificates:
    """A CA, a context for a server that it signed, and a client's certificate with its key."""

    ca: bytes
    server: ssl.SSLContext
    client_chain: bytes
    client_key: bytes


@cache
def certificates(*names: str) -> Certificates:
    """A CA with a server's certificate for `names`; clients may show one that the CA signed."""
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(*names).configure_cert(context)
    authority.configure_trust(context)
    context.verify_mode = ssl.CERT_OPTIONAL
    client = authority.issue_cert("admin@cluster.example", common_name="admin")
    return Certificates(
        authority.cert_pem.bytes(),
        context,
        b"".join(one.bytes() for one in client.cert_chain_pems),
        client.private_key_pem.bytes(),
    )
