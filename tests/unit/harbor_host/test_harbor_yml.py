"""harbor.yml: the site's values in it, and everything else kept."""

from __future__ import annotations

from pathlib import Path

import yaml

from cube_harbor.secret import Secret
from cube_install.harbor_host.certificates import Certified
from cube_install.harbor_host.current_settings import CurrentSettings
from cube_install.harbor_host.harbor_yml import FirstPasswords, settings_text
from cube_install.harbor_host.settings import HarborHost

TEMPLATE = (
    Path(__file__).parents[2] / "support/harbor_installer/shipped/harbor.yml.tmpl"
).read_text()
HOST = HarborHost("harbor.example", Path("/data/harbor"))
CERTIFIED = Certified(Path("/opt/c/server.crt"), Path("/opt/c/server.key"))
FIRST = FirstPasswords(Secret("The-first1"), Secret("Of the database 1"))


def read(text: str) -> CurrentSettings:
    return CurrentSettings.parse(text, "harbor.yml", scans=False)


def test_a_new_harbor_gets_all_that_it_needs() -> None:
    data = yaml.safe_load(settings_text(TEMPLATE, HOST, CERTIFIED, FIRST))

    assert data["hostname"] == "harbor.example"
    assert data["http"] == {"port": 80}
    assert data["https"] == {
        "port": 443,
        "certificate": "/opt/c/server.crt",
        "private_key": "/opt/c/server.key",
    }
    assert data["data_volume"] == "/data/harbor"
    assert data["harbor_admin_password"] == "The-first1"
    assert data["database"]["password"] == "Of the database 1"


def test_trivy_looks_for_nothing_outside() -> None:
    trivy = yaml.safe_load(settings_text(TEMPLATE, HOST, CERTIFIED))["trivy"]

    assert (trivy["skip_update"], trivy["skip_java_db_update"], trivy["offline_scan"]) == (
        True,
    ) * 3
    assert trivy["insecure"] is False


def test_all_else_is_kept_line_by_line() -> None:
    changed = settings_text(TEMPLATE, HOST, CERTIFIED, FIRST).splitlines()

    different = [line for line in TEMPLATE.splitlines() if line not in changed]
    assert {line.strip().partition(":")[0] for line in different} == {
        "hostname",
        "certificate",
        "private_key",
        "harbor_admin_password",
        "password",
        "data_volume",
        "skip_update",
        "skip_java_db_update",
        "offline_scan",
    }


def test_passwords_of_a_harbor_that_is_there_are_not_touched() -> None:
    there = settings_text(TEMPLATE, HOST, CERTIFIED, FIRST)

    assert settings_text(there, HOST, CERTIFIED) == there


def test_without_tls_its_block_is_a_comment_and_comes_back_with_it() -> None:
    plain = settings_text(TEMPLATE, HarborHost("h.example", Path("/d"), https_port=0), None)
    again = settings_text(plain, HOST, CERTIFIED)

    assert "https" not in yaml.safe_load(plain)
    assert read(plain).https_port == 0
    assert list(yaml.safe_load(again)["https"]) == ["port", "certificate", "private_key"]


def test_an_address_in_front_is_written_where_it_is_given() -> None:
    host = HarborHost("h.example", Path("/d"), external_url="https://front.example")

    assert "external_url" not in yaml.safe_load(settings_text(TEMPLATE, HOST, CERTIFIED))
    assert read(settings_text(TEMPLATE, host, CERTIFIED)).external_url == "https://front.example"


def test_the_data_volume_is_a_word_of_its_own_as_prepare_wants_it() -> None:
    lines = settings_text(TEMPLATE, HOST, CERTIFIED).splitlines()

    # Harbor's prepare takes the last word of the line.
    assert [line.split()[-1] for line in lines if line.startswith("data_volume:")] == [
        "/data/harbor"
    ]


def test_no_message_shows_the_passwords() -> None:
    assert "The-first1" not in repr(FIRST)
