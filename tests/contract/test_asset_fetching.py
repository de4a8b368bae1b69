"""The Job that lays assets onto the shared storage, from real registries."""

from __future__ import annotations

import ast
import base64
import hashlib
import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import requests
import trustme

from tests.support.faulty_registry import scripted_registry
from tests.support.real_registry import RealRegistry, RegistryOptions, running_registry
from tests.support.token_service import TokenService

if TYPE_CHECKING:
    from collections.abc import Iterator

FETCH = Path(__file__).parents[2] / "manifests/assets/fetch.py"
REPOSITORY = "cube-studio/cube-airgap/assets"
LOGIN = ("robot$cube+pull", "secret-of-the-tests")
MODEL, DATA = b"a model" * 100_000, b"some data"


class Site:
    """A registry with two assets, and a directory that they are to come into."""

    def __init__(self, registry: RealRegistry, directory: Path, ca: str = "") -> None:
        self.registry, self.ca, self.directory = registry, ca, directory
        self.target = directory / "assets"
        self.target.mkdir(exist_ok=True)

    def upload(self, data: bytes) -> None:
        base = f"{self.registry.url}/v2/{REPOSITORY}/blobs/uploads/"
        with requests.Session() as session:
            session.trust_env = False
            session.auth = LOGIN
            if self.ca:
                (self.directory / "ca.pem").write_text(self.ca)
                session.verify = str(self.directory / "ca.pem")
            place = session.post(base).headers["Location"]
            answer = session.put(f"{place}&digest={digest(data)}", data=data)
            assert answer.status_code == 201, answer.text

    def fetch(self, **changed: Any) -> subprocess.CompletedProcess[str]:  # noqa: ANN401 - any JSON
        assets = [
            {"name": "models/a.bin", "digest": digest(MODEL), "size": len(MODEL)},
            {"name": "b.txt", "digest": digest(DATA), "size": len(DATA)},
        ]
        places = {
            "registry": self.registry.host,
            "repository": REPOSITORY,
            "insecure": not self.ca,
            "ca": self.ca,
            "assets": assets,
        }
        (self.directory / "places.json").write_text(json.dumps(places | changed))
        (self.directory / "logins").write_text(json.dumps(logins(self.registry.host)))
        command = [sys.executable, str(FETCH), str(self.directory / "places.json")]
        return subprocess.run(
            [*command, str(self.target)],
            env={"LOGINS": str(self.directory / "logins")},
            capture_output=True,
            text=True,
            check=False,
        )

    def files(self) -> dict[str, bytes]:
        found = (path for path in self.target.rglob("*") if path.is_file())
        return {str(path.relative_to(self.target)): path.read_bytes() for path in found}


def filled(site: Site) -> Site:
    """The same, with both assets in its registry."""
    for data in (MODEL, DATA):
        site.upload(data)
    return site


def digest(data: bytes) -> str:
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def logins(host: str) -> dict[str, Any]:
    """What the image pull secret has."""
    auth = base64.b64encode(":".join(LOGIN).encode()).decode()
    return {"auths": {host: {"auth": auth}}}


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """A registry over plain HTTP that wants a login."""
    with running_registry(tmp_path / "registry", RegistryOptions(users=(LOGIN,))) as registry:
        yield filled(Site(registry, tmp_path))


def test_assets_come_by_their_names_with_the_pull_secrets_login(site: Site) -> None:
    done = site.fetch()

    assert done.returncode == 0, done.stdout + done.stderr
    assert site.files() == {"models/a.bin": MODEL, "b.txt": DATA}
    assert "fetched: models/a.bin (700,000 bytes)" in done.stdout
    assert LOGIN[1] not in done.stdout + done.stderr


def test_what_is_there_already_is_not_fetched(site: Site) -> None:
    site.fetch()

    done = site.fetch(repository="nowhere")

    assert (done.returncode, done.stdout) == (0, "2 assets looked at, 0 failed\n")


def test_a_file_with_other_bytes_is_fetched_again(site: Site) -> None:
    site.fetch()
    (site.target / "b.txt").write_bytes(b"x" * len(DATA))

    done = site.fetch()

    assert done.returncode == 0
    assert site.files()["b.txt"] == DATA


def test_wrong_bytes_of_the_registry_never_get_their_name(site: Site) -> None:
    site.registry.blob_path(digest(DATA)).write_bytes(b"x" * len(DATA))

    done = site.fetch()

    assert done.returncode == 1
    assert "failed: b.txt: other bytes came than its digest says" in done.stdout
    assert site.files() == {"models/a.bin": MODEL}


def test_one_that_is_missing_does_not_keep_the_others(site: Site) -> None:
    missing = {"name": "c", "digest": digest(b"nowhere"), "size": 7}
    there = {"name": "b.txt", "digest": digest(DATA), "size": len(DATA)}

    done = site.fetch(assets=[missing, there])

    assert done.returncode == 1
    assert "failed: c: HTTP Error 404" in done.stdout
    assert site.files() == {"b.txt": DATA}


def test_a_private_authority_is_trusted_and_no_other(tmp_path: Path) -> None:
    authority = trustme.CA()
    issued = authority.issue_cert("127.0.0.1")
    certificate, key = tmp_path / "crt", tmp_path / "key"
    certificate.write_bytes(b"".join(one.bytes() for one in issued.cert_chain_pems))
    issued.private_key_pem.write_to_path(str(key))
    options = RegistryOptions(users=(LOGIN,), certificate=(certificate, key))
    with running_registry(tmp_path / "registry", options) as registry:
        site = filled(Site(registry, tmp_path, authority.cert_pem.bytes().decode()))

        trusted = site.fetch()
        untrusted = site.fetch(ca="", assets=[{"name": "d", "digest": digest(DATA), "size": 9}])

    assert trusted.returncode == 0, trusted.stdout
    assert untrusted.returncode == 1
    assert "CERTIFICATE_VERIFY_FAILED" in untrusted.stdout


def test_a_registry_that_wants_a_token_gets_one_for_the_login(tmp_path: Path) -> None:
    with scripted_registry() as server:
        tokens = TokenService(server, users={LOGIN[0]: LOGIN[1]})
        with running_registry(tmp_path / "registry") as registry:
            filled(Site(registry, tmp_path))  # it stays for the next one
        settings = RegistryOptions(token=tokens.registry_settings(tmp_path))
        with running_registry(tmp_path / "registry", settings) as registry:
            site = Site(registry, tmp_path)

            done = site.fetch()

    assert done.returncode == 0, done.stdout
    assert tokens.issued > 0
    assert site.files() == {"models/a.bin": MODEL, "b.txt": DATA}


def test_the_program_is_in_the_python_of_the_backends_image() -> None:
    ast.parse(FETCH.read_text(), feature_version=(3, 9))
