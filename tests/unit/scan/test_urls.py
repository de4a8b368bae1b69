"""Addresses: files that are fetched, services that are asked, links for people."""

from __future__ import annotations

import pytest

from cube_scan.findings import Claim
from cube_scan.urls import urls_in


def claims(text: str, key: str = "") -> list[Claim]:
    return [sighting.claim for sighting in urls_in(text, 1, "", key)]


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("wget https://files.acme.io/a && ls", "command"),
        ("curl -LO https://files.acme.io/a", "command"),
        ("https://files.acme.io/model.tar.gz", "path"),
        ("https://files.acme.io/model", "model_path"),
        ("https://files.acme.io/data.zip", "url"),
        ("EXAMPLE=https://files.acme.io/a.jpg", "env"),
    ],
)
def test_a_file_that_is_fetched_is_an_asset(text: str, key: str) -> None:
    assert claims(text, key) == [Claim.FETCHED]


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("HF_ENDPOINT=https://mirror.acme.io", "env"),
        ("git clone https://git.acme.io/a", "command"),
        ("pip install git+https://git.acme.io/a.git", "command"),
        ("pip install -i https://pypi.acme.io/simple numpy", "command"),
        ("pip config set global.index-url https://pypi.acme.io/simple", "command"),
    ],
)
def test_a_service_that_is_asked_is_an_endpoint(text: str, key: str) -> None:
    assert claims(text, key) == [Claim.ENDPOINT]


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("https://docs.acme.io/a.zip", "help_url"),
        ("see https://docs.acme.io/guide", "describe"),
        ("<a href='https://docs.acme.io/a.zip'>", "text"),
        ('<svg xmlns="http://www.w3.org/2000/svg">', "icon"),
    ],
)
def test_an_address_for_people_is_a_link(text: str, key: str) -> None:
    assert claims(text, key) == [Claim.LINK]


@pytest.mark.parametrize(
    "text",
    [
        "http://0.0.0.0:8080/a.zip",
        "http://10.0.0.1/a.zip",
        "http://web.service:80/a.zip",
        "http://minio/a.zip",
        "http://a.svc.cluster.local/a.zip",
        "http://[broken/a.zip",
    ],
)
def test_an_address_inside_is_nothing(text: str) -> None:
    assert claims(text, "model_path") == []


def test_what_follows_an_address_is_not_part_of_it() -> None:
    (sighting,) = urls_in("(see https://docs.acme.io/a).", 1, "")

    assert sighting.text == "https://docs.acme.io/a"


def test_a_login_in_an_address_is_not_shown() -> None:
    (sighting,) = urls_in("wget https://me:hunter2@files.acme.io/a.zip", 1, "")

    assert sighting.text == "https://***@files.acme.io/a.zip"
