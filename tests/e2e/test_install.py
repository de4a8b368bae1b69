"""cube-install as an operator runs it, into a registry that is no Harbor."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
import requests
import yaml

from cube_airgap.digest import Digest
from cube_airgap.have_list import HaveList
from tests.support import image_factory as make
from tests.support.bundle_factory import blob_path, tiny_bundle
from tests.support.command import Ran, run
from tests.support.pushing import without
from tests.support.real_registry import RealRegistry, free_port, running_registry
from tests.support.serving import serving

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

WEB = make.multi_arch("linux/amd64", name="web")
REDIS = make.image()
BOTH = {"ccr.ccs.tencentyun.com/cube-studio/web:1": WEB, "docker.io/library/redis:7.4": REDIS}


@pytest.fixture
def registry(tmp_path: Path) -> Iterator[RealRegistry]:
    with running_registry(tmp_path / "registry") as running:
        yield running


@pytest.fixture
def place(tmp_path: Path, registry: RealRegistry) -> Path:
    """A directory with a bundle, and a site file that init wrote."""
    directory = tmp_path / "place"
    directory.mkdir()
    tiny_bundle(BOTH).write(directory / "site.tar.zst")
    options = ("--to", f"{registry.host}/team", "--insecure", "--bundle", "site.tar.zst")
    assert cube_install(directory, "init", "--yes", *options).code == 0
    return directory


def cube_install(place: Path, *arguments: object, **environment: str) -> Ran:
    return run("cube-install", *arguments, cwd=place, env=environment)


def test_all_phases_in_order_and_nothing_twice(place: Path, registry: RealRegistry) -> None:
    first = cube_install(place, "install")
    assert first.code == 0, first.err
    assert re.findall(r"^(\w+):", first.err, re.MULTILINE) == [
        "verify",
        "preflight",
        "push",
        "pushing",
        "record",
    ]
    log = len(registry.log.read_text())
    second = cube_install(place, "--site", "site.yaml")
    assert second.code == 0, second.err
    assert "2 images: 2 already there" in second.out
    assert "PUT" not in registry.log.read_text()[log:]


def test_a_bundle_option_alone_is_an_installation(place: Path, registry: RealRegistry) -> None:
    done = cube_install(place, "--bundle", place / "site.tar.zst", "--output", "json")
    assert done.code == 0, done.err
    assert {one["state"] for one in done.json["images"]} == {"pushed"}
    assert done.json["record"].startswith(f"{registry.host}/team/cube-airgap/record:0001-")


def test_without_a_registry_the_bundle_is_served(tmp_path: Path) -> None:
    bundle = tiny_bundle(BOTH).write(tmp_path / "site.tar.zst")
    with serving(bundle, command_name="install") as running:
        assert "no registry is named" in running.log.read_text()
        answer = requests.get(f"{running.url}/v2/cube-studio/web/manifests/1", timeout=20)
        assert (answer.status_code, answer.content) == (200, WEB.root)
        assert "docker pull" in running.greeting


def test_status_tells_of_every_bundle_that_was_installed(place: Path) -> None:
    before = cube_install(place, "status", "--output", "json").json
    assert (before["records"], len(before["bundle"]["missingImages"])) == ([], 2)
    assert before["bundle"]["missingSize"] > 0
    assert cube_install(place, "install").code == 0
    tiny_bundle({"quay.io/team/app:3": REDIS}).write(place / "second.tar.zst")
    assert cube_install(place, "push", "--bundle", "second.tar.zst").code == 0
    after = cube_install(place, "status", "--output", "json").json
    assert [one["images"] for one in after["records"]] == [2, 1]
    assert after["records"][0]["bundle"] == after["bundle"]["bundle"]
    assert (after["bundle"]["missingImages"], after["bundle"]["missingSize"]) == ([], 0)
    text = cube_install(place, "status").out
    assert "2 records of installed bundles" in text
    assert "is there whole: 2 of 2 images" in text


def test_the_record_is_an_artifact_with_both_files(place: Path, registry: RealRegistry) -> None:
    record = cube_install(place, "install", "--output", "json").json["record"]
    name, _, tag = record.removeprefix(f"{registry.host}/").rpartition(":")
    accept = {"Accept": make.OCI_MANIFEST}
    url = f"{registry.url}/v2/{name}"
    manifest = requests.get(f"{url}/manifests/{tag}", headers=accept, timeout=20).json()
    assert manifest["config"]["mediaType"] == "application/vnd.cube-airgap.record.v1+json"
    files = {
        one["annotations"]["org.opencontainers.image.title"]: requests.get(
            f"{url}/blobs/{one['digest']}", timeout=20
        ).content
        for one in manifest["layers"]
    }
    assert files["relocation.yaml"] == (place / "relocation.yaml").read_bytes()
    told = yaml.safe_load(files["relocation.yaml"])
    assert Digest.of(files["bundle.json"]) == Digest.parse(told["bundle"])


def test_a_have_list_names_every_blob(place: Path, registry: RealRegistry) -> None:
    assert cube_install(place, "install").code == 0
    done = cube_install(place, "have")
    found = HaveList.parse(done.out.encode(), where="stdout")
    manifests = {REDIS.digest, WEB.digest, *(one["digest"] for one in WEB.body["manifests"])}
    blobs = {one for image in (WEB, REDIS) for one in image.blobs} - manifests
    assert {found.holder(Digest.parse(one)) for one in blobs} == {
        "team/web",
        "team/docker.io/library/redis",
    }
    assert found.holder(Digest.of(b"another")) is None
    assert cube_install(place, "have", "-o", "have.json").out == ""
    assert (place / "have.json").read_text() == done.out


def test_of_an_empty_registry_the_have_list_is_empty(place: Path) -> None:
    done = cube_install(place, "have")
    assert (done.code, len(HaveList.parse(done.out.encode(), where="stdout"))) == (0, 0)


def test_preflight_tells_of_everything_at_once_and_changes_nothing(
    place: Path, registry: RealRegistry
) -> None:
    bundle = without(tiny_bundle({**BOTH, "quay.io/lost:1": make.artifact()}), [], stated=False)
    lost = next(one for one in REDIS.blobs if one != REDIS.digest)
    bundle.catalogue["blobs"] = [one for one in bundle.catalogue["blobs"] if one["digest"] != lost]
    bundle.members = [one for one in bundle.members if one.path != blob_path(lost)]
    bundle.write(place / "damaged.tar.zst")
    done = cube_install(place, "preflight", "--bundle", "damaged.tar.zst", "--output", "json")
    assert done.code == 1
    assert done.json["ready"] is False
    told = "\n".join(one["what"] for one in done.json["findings"])
    assert f"needs blob {lost}" in told
    assert "the bundle is not whole" in told
    assert all(one["remedy"] for one in done.json["findings"])
    assert "PUT" not in registry.log.read_text()
    assert cube_install(place, "install", "--bundle", "damaged.tar.zst").code == 6
    assert "PUT" not in registry.log.read_text()


def test_preflight_of_what_is_ready(place: Path) -> None:
    done = cube_install(place, "preflight")
    assert (done.code, done.out.startswith("ready: 2 images, ")) == (0, True)


def test_preflight_warns_of_indexes_that_are_narrowed(place: Path) -> None:
    amd, arm = make.image(), make.image(platform="linux/arm64")
    whole = tiny_bundle({"quay.io/team/app:2": make.index([amd, arm])})
    without(whole, [arm]).write(place / "s.tar.zst")
    note = cube_install(place, "preflight", "--bundle", "s.tar.zst")
    assert (note.code, "note: 1 image without all platforms" in note.out) == (0, True)
    keep = cube_install(place, "preflight", "--bundle", "s.tar.zst", "--sparse-index", "keep")
    assert "warning: 1 image without all platforms" in keep.out


def test_a_registry_that_does_not_answer_is_a_finding(place: Path) -> None:
    host = f"127.0.0.1:{free_port()}"
    done = cube_install(place, "preflight", "--to", host, "--output", "json")
    assert done.code == 1
    (finding,) = done.json["findings"]
    assert finding["severity"] == "error"
    assert host in finding["what"]
    assert done.json["uploadSize"] is None


def test_rules_of_the_site_file_move_images(place: Path, registry: RealRegistry) -> None:
    text = (place / "site.yaml").read_text()
    rules = "relocation:\n  - {origin: docker.io/library, target: mirror/hub}\n"
    (place / "site.yaml").write_text(text + rules)
    done = cube_install(place, "install", "--output", "json")
    assert done.code == 0, done.err
    targets = {one["target"] for one in done.json["images"]}
    assert targets == {f"{registry.host}/team/web:1", f"{registry.host}/mirror/hub/redis:7.4"}
    assert cube_install(place, "status").out.endswith("2 of 2 images\n")


def test_verify_is_the_same_as_the_bundler_s(place: Path) -> None:
    ours = cube_install(place, "verify")
    theirs = run("cube-bundle", "verify", "site.tar.zst", cwd=place)
    assert (ours.code, ours.out) == (theirs.code, theirs.out)
    raw = bytearray((place / "site.tar.zst").read_bytes())
    raw[len(raw) // 2] ^= 0xFF
    (place / "site.tar.zst").write_bytes(raw)
    assert cube_install(place, "verify").code == 6


def test_a_site_file_that_does_not_fit_is_told_with_its_line(place: Path) -> None:
    (place / "site.yaml").write_text("version: 1\nregistry:\n  host: h\n  password: hunter2\n")
    done = cube_install(place, "status")
    assert done.code == 2
    assert "site.yaml:4: " in done.err
    assert "hunter2" not in done.err


def test_init_overwrites_nothing(place: Path) -> None:
    before = (place / "site.yaml").read_text()
    done = cube_install(place, "init", "--yes")
    assert (done.code, "is there already" in done.err) == (2, True)
    assert (place / "site.yaml").read_text() == before
