"""What a site wants of its Harbor, and what that means with what is there."""

from __future__ import annotations

from pathlib import Path

import pytest

from cube_airgap.errors import UsageError
from cube_install.harbor_host.current_settings import CurrentSettings
from cube_install.harbor_host.settings import HarborWish, checked_data, checked_name, resolve

OWN = Path("/opt/cube-harbor/certificates")
THERE = CurrentSettings(
    "harbor.example", 8080, 8443, f"{OWN}/server.crt", f"{OWN}/server.key", "/srv/h", "", scans=True
)


def test_a_new_harbor_has_the_usual_ports_and_a_certificate_of_our_making() -> None:
    host = resolve(HarborWish(name="harbor.example"), None, OWN)

    assert (host.http_port, host.https_port, host.data) == (80, 443, Path("/data/harbor"))
    assert (host.certificate, host.scans, host.host) == (None, False, "harbor.example")
    assert host.url == "https://harbor.example"


def test_what_is_not_said_stays_as_it_is() -> None:
    host = resolve(HarborWish(), THERE, OWN)

    assert (host.name, host.http_port, host.https_port) == ("harbor.example", 8080, 8443)
    assert (host.data, host.scans, host.certificate) == (Path("/srv/h"), True, None)
    assert host.host == "harbor.example:8443"


def test_what_is_said_wins() -> None:
    host = resolve(HarborWish(name="h.example", https_port=443, scans=False), THERE, OWN)

    assert (host.name, host.https_port, host.scans) == ("h.example", 443, False)


def test_a_certificate_of_the_sites_own_stays() -> None:
    there = CurrentSettings("h", 80, 443, "/etc/tls/a.crt", "/etc/tls/a.key", "/d", "", scans=False)

    host = resolve(HarborWish(name="h.example"), there, OWN)

    assert (host.certificate, host.key) == (Path("/etc/tls/a.crt"), Path("/etc/tls/a.key"))


def test_plain_http_stays_plain_and_names_its_port() -> None:
    there = CurrentSettings("h", 8080, 0, "", "", "/d", "", scans=False)

    host = resolve(HarborWish(), there, OWN)

    assert (host.https_port, host.host, host.url) == (0, "h:8080", "http://h:8080")
    assert host.ports == (8080,)


def test_tls_can_be_switched_on_later() -> None:
    there = CurrentSettings("h", 80, 0, "", "", "/d", "", scans=False)

    assert resolve(HarborWish(is_plain=False), there, OWN).https_port == 443


def test_the_data_of_a_harbor_that_is_there_cannot_be_somewhere_else() -> None:
    with pytest.raises(UsageError, match="has its data in /srv/h") as caught:
        resolve(HarborWish(data=Path("/other")), THERE, OWN)

    assert "move its data" in caught.value.remedy


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("harbor.example", "harbor.example"),
        ("Harbor.Example.", "harbor.example"),
        ("10.0.0.5", "10.0.0.5"),
        ("[fd00::5]", "fd00::5"),
        ("registry", "registry"),
        ("a-b.c1", "a-b.c1"),
    ],
)
def test_names_and_addresses_are_taken(text: str, name: str) -> None:
    assert checked_name(text) == name


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "how this Harbor is called"),
        ("localhost", "nobody else"),
        ("127.0.0.1", "nobody else"),
        ("127.1.2.3", "nobody else"),
        ("::1", "nobody else"),
        ("0.0.0.0", "nobody else"),
        ("reg.mydomain.com", "nobody else"),
        ("harbor.example:8443", "has a port"),
        ("https://harbor.example", "web pages"),
        ("harbor.example/x", "web pages"),
        ("har bor", "no host name"),
        ("-a.example", "no host name"),
        ("a..b", "no host name"),
        ("1.2.3.4.5", "no host name"),
        ("x" * 64, "no host name"),
    ],
)
def test_what_cannot_be_a_name_is_told_with_its_reason(text: str, why: str) -> None:
    with pytest.raises(UsageError, match=why):
        checked_name(text)


def test_an_ipv6_address_is_written_in_brackets() -> None:
    assert resolve(HarborWish(name="fd00::5"), None, OWN).host == "[fd00::5]"


@pytest.mark.parametrize("text", ["data", "/da ta", "/a#b", "/a/../b", "/a:b", "/"])
def test_directories_that_harbors_programs_would_misread_are_refused(text: str) -> None:
    with pytest.raises(UsageError, match="data"):
        checked_data(Path(text))
