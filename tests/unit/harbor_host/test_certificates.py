"""Certificates: a site's own are looked at, and those that it lacks are made."""

from __future__ import annotations

import ssl
import stat
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
import trustme
from cryptography import x509
from cryptography.hazmat.primitives import serialization

from cube_airgap.errors import MissingError, UsageError
from cube_install.harbor_host.certificates import check_certificate, make_certificate, why_to_make

if TYPE_CHECKING:
    from pathlib import Path

NOW = datetime(2026, 11, 24, tzinfo=UTC)
NAMES = ("harbor.example", "10.0.0.5")


@dataclass(frozen=True)
class Issued:
    certificate: Path
    key: Path


def issue(
    place: Path,
    *names: str,
    not_before: datetime | None = None,
    not_after: datetime | None = None,
) -> Issued:
    made = trustme.CA().issue_cert(*names, not_before=not_before, not_after=not_after)
    found = Issued(place / "site.crt", place / "site.key")
    made.cert_chain_pems[0].write_to_path(found.certificate)
    made.private_key_pem.write_to_path(found.key)
    return found


def check(found: Issued, name: str = "harbor.example") -> None:
    check_certificate(found.certificate, found.key, (name,), datetime.now(UTC))


def test_a_good_certificate_is_taken(tmp_path: Path) -> None:
    check(issue(tmp_path, "harbor.example"))


def test_a_certificate_for_all_names_of_a_domain_is_taken(tmp_path: Path) -> None:
    check(issue(tmp_path, "*.example"))


def test_a_certificate_for_an_address_is_taken(tmp_path: Path) -> None:
    check(issue(tmp_path, "10.0.0.5"), "10.0.0.5")


def test_a_certificate_without_the_hosts_name_is_told_with_the_names_that_it_has(
    tmp_path: Path,
) -> None:
    with pytest.raises(UsageError, match=r"for other\.example, and not for harbor\.example"):
        check(issue(tmp_path, "other.example"))


def test_a_star_stands_for_one_label_only(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="not for"):
        check(issue(tmp_path, "*.example"), "a.b.example")


def test_an_expired_certificate_is_told_with_its_day(tmp_path: Path) -> None:
    gone = datetime(2020, 5, 1, tzinfo=UTC)

    with pytest.raises(UsageError, match="expired on 2020-05-01"):
        check(issue(tmp_path, "harbor.example", not_before=gone - timedelta(9), not_after=gone))


def test_a_certificate_of_the_future_is_told_with_this_hosts_clock(tmp_path: Path) -> None:
    later = datetime.now(UTC) + timedelta(days=9)

    with pytest.raises(UsageError, match="not valid before") as caught:
        check(issue(tmp_path, "harbor.example", not_before=later, not_after=later + timedelta(9)))

    assert "clock" in caught.value.what


def test_a_key_of_another_certificate_is_told(tmp_path: Path) -> None:
    one = issue(tmp_path, "harbor.example")
    (tmp_path / "other").mkdir()
    other = issue(tmp_path / "other", "harbor.example")

    with pytest.raises(UsageError, match="is not for the key"):
        check(Issued(one.certificate, other.key))


def test_a_key_in_place_of_the_certificate_is_told(tmp_path: Path) -> None:
    one = issue(tmp_path, "harbor.example")

    with pytest.raises(UsageError, match="no certificate in PEM"):
        check(Issued(one.key, one.key))


def test_a_key_with_a_password_is_told(tmp_path: Path) -> None:
    one = issue(tmp_path, "harbor.example")
    key = serialization.load_pem_private_key(one.key.read_bytes(), None)
    form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8)
    one.key.write_bytes(key.private_bytes(*form, serialization.BestAvailableEncryption(b"secret")))

    with pytest.raises(UsageError, match="without a password"):
        check(one)


def test_files_that_are_not_there_are_told(tmp_path: Path) -> None:
    with pytest.raises(MissingError, match=r"site\.crt"):
        check(Issued(tmp_path / "site.crt", tmp_path / "site.key"))


def test_a_made_certificate_is_good_for_every_name_and_trusted_by_its_authority(
    tmp_path: Path,
) -> None:
    made = make_certificate(tmp_path / "c", NAMES, datetime.now(UTC))

    check_certificate(made.certificate, made.key, NAMES, datetime.now(UTC))
    assert made.authority
    context = ssl.create_default_context(cafile=made.authority)
    assert context.get_ca_certs()
    leaf, authority = x509.load_pem_x509_certificates(made.certificate.read_bytes())
    leaf.verify_directly_issued_by(authority)
    assert why_to_make(tmp_path / "c", NAMES, datetime.now(UTC)) == ""


def test_keys_are_for_their_owner_alone_and_certificates_for_everyone(tmp_path: Path) -> None:
    made = make_certificate(tmp_path, NAMES, NOW)

    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
    assert modes == {"ca.crt": 0o644, "ca.key": 0o600, "server.crt": 0o644, "server.key": 0o600}
    assert made.key.name == "server.key"


def test_clocks_that_are_behind_accept_it(tmp_path: Path) -> None:
    made = make_certificate(tmp_path, NAMES, NOW)

    check_certificate(made.certificate, made.key, NAMES, NOW - timedelta(hours=23))


@pytest.mark.parametrize(
    ("names", "later", "why"),
    [
        (NAMES, timedelta(0), ""),
        (("harbor.example", "new.example"), timedelta(0), "it is not for new.example"),
        (NAMES, timedelta(days=3640), "it ends on 2036-11-21"),
    ],
)
def test_it_is_made_again_where_it_does_not_do_any_more(
    tmp_path: Path, names: tuple[str, ...], later: timedelta, why: str
) -> None:
    make_certificate(tmp_path, NAMES, NOW)

    assert why_to_make(tmp_path, names, NOW + later) == why


def test_the_authority_stays_when_the_certificate_is_made_again(tmp_path: Path) -> None:
    make_certificate(tmp_path, NAMES, NOW)
    before = (tmp_path / "ca.crt").read_bytes(), (tmp_path / "server.crt").read_bytes()

    make_certificate(tmp_path, (*NAMES, "new.example"), NOW)

    assert (tmp_path / "ca.crt").read_bytes() == before[0]
    assert (tmp_path / "server.crt").read_bytes() != before[1]


def test_an_authority_whose_key_is_gone_is_told(tmp_path: Path) -> None:
    make_certificate(tmp_path, NAMES, NOW)
    (tmp_path / "ca.key").unlink()

    with pytest.raises(MissingError, match=r"ca\.key"):
        make_certificate(tmp_path, ("new.example",), NOW)
