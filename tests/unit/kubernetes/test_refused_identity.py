from __future__ import annotations

import base64
import json
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
import trustme

from cube_install.kubernetes.access import (
    ClientCertificate,
    ClusterAccess,
    FixedCredentials,
    Identity,
)
from cube_install.kubernetes.refused_identity import refused_identity
from cube_install.kubernetes.status import Reply

AUTHORITY = trustme.CA()
NOW = datetime.now(UTC)
PAST, FUTURE = NOW - timedelta(days=2), NOW + timedelta(days=2)


def token(end: object) -> Identity:
    parts = [{"alg": "RS256"}, {"exp": end}]
    coded = [
        base64.urlsafe_b64encode(json.dumps(one).encode()).decode().rstrip("=") for one in parts
    ]
    return Identity(f"Bearer {'.'.join([*coded, 'signature'])}")


def certificate(end: datetime) -> Identity:
    issued = AUTHORITY.issue_cert("me@example", not_before=PAST - timedelta(days=9), not_after=end)
    return Identity(certificate=ClientCertificate(issued.cert_chain_pems[0].bytes(), b"key"))


def told(identity: Identity, ahead: timedelta = timedelta(0)) -> tuple[str, str]:
    """What is told when the server's clock is `ahead` of the one here, read at this moment."""
    there = datetime.now(UTC) + ahead
    access = ClusterAccess("https://one.example", "context one in c", FixedCredentials("user one"))
    headers = {"date": format_datetime(there, usegmt=True)}
    error = refused_identity(Reply(401, headers=headers), access, identity)
    return str(error), error.remedy


def test_who_shows_nothing_is_told_to_show_something() -> None:
    what, remedy = told(Identity())

    assert what == (
        "the API server https://one.example wants credentials, and there are none (context one in "
        "c)"
    )
    assert "has a user" in remedy


def test_an_expired_token_is_told_with_its_time() -> None:
    what, remedy = told(token(PAST.timestamp()))

    assert f"the token of user one: it expired at {PAST:%Y-%m-%d %H:%M} UTC" in what
    assert "get a new token" in remedy


def test_an_expired_certificate_is_told_with_its_time() -> None:
    what, remedy = told(certificate(PAST))

    assert f"the client certificate of user one: it expired at {PAST:%Y-%m-%d}" in what
    assert "kubeadm certs renew admin.conf" in remedy


@pytest.mark.parametrize("identity", [token(FUTURE.timestamp()), certificate(FUTURE)])
def test_what_has_not_expired_may_be_of_another_cluster(identity: Identity) -> None:
    assert "be of another cluster" in told(identity)[0]


@pytest.mark.parametrize(
    "identity",
    [
        Identity("Bearer abc"),
        Identity("Bearer a.b.c"),
        Identity("Basic eA=="),
        token("x"),
        token(1e30),
    ],
)
def test_what_has_no_time_may_have_expired(identity: Identity) -> None:
    what, _ = told(identity)

    assert "it may have expired" in what
    assert identity.authorization not in what


def test_the_servers_clock_counts() -> None:
    what, _ = told(token((NOW + timedelta(hours=1)).timestamp()), ahead=timedelta(hours=2))

    assert "it expired at" in what


def test_clocks_that_differ_are_told() -> None:
    what, remedy = told(Identity("Bearer abc"), ahead=-timedelta(minutes=10))

    assert "its clock says" in what
    assert "set the clocks right" in remedy


def test_a_server_without_a_clock_will_do() -> None:
    access = ClusterAccess("https://one.example", "context one", FixedCredentials("user one"))

    error = refused_identity(Reply(401, headers={"date": "noon"}), access, Identity("Bearer abc"))

    assert "it may have expired" in str(error)
