"""`cube-install push` as a user runs it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import yaml

from tests.support import image_factory as make
from tests.support.bundle_factory import tiny_bundle, write_volumes
from tests.support.command import Ran, run
from tests.support.pushing import is_there, served, uploads_finished, without
from tests.support.real_registry import RealRegistry, RegistryOptions, free_port, running_registry

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

WEB = make.image([make.layer({"web.txt": b"web"})])
ARM = make.image(platform="linux/arm64")
INDEX = make.index([WEB, ARM])
IMAGES = {"docker.io/library/web:1": WEB, "quay.io/team/multi:2": INDEX}


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[RealRegistry]:
    with running_registry(tmp_path / "registry") as running:
        yield running


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A directory with a bundle that leaves out a platform."""
    (tmp_path / "site").mkdir()
    without(tiny_bundle(IMAGES), [ARM]).write(tmp_path / "site" / "b.tar.zst")
    return tmp_path / "site"


def push(registry: RealRegistry, cwd: Path, *more: object) -> Ran:
    to = ("--to", f"{registry.host}/site", "--insecure", registry.host)
    return run("cube-install", "push", "--bundle", "b.tar.zst", *to, *more, cwd=cwd)


def test_every_image_is_told_with_its_target_and_digest(empty: RealRegistry, site: Path) -> None:
    done = push(empty, site)
    assert done.code == 0, done.err
    lines = done.out.splitlines()
    assert lines[0].split() == ["STATE", "IMAGE", "TARGET", "DIGEST"]
    target = f"{empty.host}/site/docker.io/library/web:1"
    assert ["pushed", "web:1", target, WEB.digest[7:19]] in [line.split() for line in lines]
    assert "2 images: 2 pushed" in lines
    assert served(empty, "docker.io/library/web", "1")[0] == WEB.digest


def test_the_relocation_names_origin_target_and_digest(empty: RealRegistry, site: Path) -> None:
    push(empty, site, "--relocation-out", "where.yaml")
    found = yaml.safe_load((site / "where.yaml").read_text())
    assert found["registry"] == empty.host
    assert found["images"] == [
        {
            "origin": "docker.io/library/web:1",
            "target": f"{empty.host}/site/docker.io/library/web:1",
            "digest": WEB.digest,
        },
        {
            "origin": "quay.io/team/multi:2",
            "target": f"{empty.host}/site/quay.io/team/multi:2",
            "digest": WEB.digest,
            "origin_digest": INDEX.digest,
        },
    ]


def test_nothing_but_the_relocation_is_written_here(empty: RealRegistry, site: Path) -> None:
    push(empty, site)
    assert {path.name for path in site.iterdir()} == {"b.tar.zst", "relocation.yaml"}


def test_what_was_pushed_is_told_also_where_it_cannot_be_written_down(
    empty: RealRegistry, site: Path
) -> None:
    done = push(empty, site, "--relocation-out", "/proc/where.yaml")
    assert done.code == 7
    assert "2 images: 2 pushed" in done.out
    assert "says where" not in done.out
    assert "/proc/where.yaml cannot be written" in done.err


def test_nothing_is_pushed_where_there_is_no_place_to_write_it_down(
    empty: RealRegistry, site: Path
) -> None:
    done = push(empty, site, "--relocation-out", "none/where.yaml")
    assert (done.code, done.out) == (2, "")
    assert "there is no directory none" in done.err


def test_a_narrowed_index_is_told_before_the_push(empty: RealRegistry, site: Path) -> None:
    told = push(empty, site).err
    assert "gets 1 of the images without mention of the platforms" in told
    assert told.index("note:") < told.index("pushing:")


def test_a_dry_run_tells_what_would_be_sent_and_sends_nothing(
    empty: RealRegistry, site: Path
) -> None:
    shown = push(empty, site, "--dry-run", "--output", "json").json
    assert [one["there"] for one in shown["images"]] == [False, False]
    blobs = {**WEB.blobs}
    del blobs[WEB.digest]
    assert shown["uploadSize"] == sum(map(len, blobs.values()))
    assert shown["expectedSeconds"] >= 0
    assert not uploads_finished(empty)
    assert "at the rate of now" in push(empty, site, "--dry-run").out
    push(empty, site)
    assert push(empty, site, "--dry-run", "--output", "json").json["uploadSize"] == 0
    assert {path.name for path in site.iterdir()} == {"b.tar.zst", "relocation.yaml"}


def test_the_result_as_json(empty: RealRegistry, site: Path) -> None:
    first = push(empty, site, "--output", "json").json
    again = push(empty, site, "--output", "json").json
    assert [one["state"] for one in first["images"]] == ["pushed"] * 2
    assert [one["state"] for one in again["images"]] == ["already there"] * 2
    assert (first["sentSize"], again["sentSize"]) == (first["uploadedSize"], 0)


def test_keeping_sparse_indexes_is_refused(empty: RealRegistry, site: Path) -> None:
    done = push(empty, site, "--sparse-index", "keep")
    assert done.code == 2
    assert "takes no index with absent platforms" in done.err
    assert not (site / "relocation.yaml").exists()


def test_damage_fails_its_images_with_exit_code_6_and_the_rest_is_pushed(
    empty: RealRegistry, site: Path
) -> None:
    other = make.image([make.layer({"other.txt": b"other" * 2000}, "none")])
    bundle = tiny_bundle({"docker.io/library/web:1": WEB, "quay.io/team/other:1": other})
    encoded = bytearray(bundle.encode())
    layer = next(iter(WEB.body["layers"]))["digest"]
    spoilt = encoded.index(WEB.blobs[layer])
    encoded[spoilt + 20] ^= 1
    (site / "b.tar.zst").write_bytes(encoded)
    done = push(empty, site)
    assert done.code == 6
    assert "docker.io/library/web:1 not pushed" in done.err
    assert is_there(empty, "quay.io/team/other", "1")
    found = yaml.safe_load((site / "relocation.yaml").read_text())
    assert [one["origin"] for one in found["images"]] == ["quay.io/team/other:1"]


def test_a_missing_volume_is_told_before_anything_is_sent(
    empty: RealRegistry, tmp_path: Path
) -> None:
    write_volumes(tmp_path, tiny_bundle(IMAGES).encode(), 1000)
    (tmp_path / "b.tar.zst.002").unlink()
    done = push(empty, tmp_path)
    assert done.code in {5, 6}
    assert "b.tar.zst.002" in done.err
    assert not uploads_finished(empty)


def test_a_registry_that_does_not_run(site: Path) -> None:
    host = f"127.0.0.1:{free_port()}"
    done = run("cube-install", "push", "--bundle", "b.tar.zst", "--to", host, cwd=site)
    assert done.code == 3
    assert done.err.count("cannot be connected to") == 1


@pytest.mark.parametrize("to", ["https://harbor.example", "harbor example", "harbor.example/Up"])
def test_a_target_that_is_none(site: Path, to: str) -> None:
    done = run("cube-install", "push", "--bundle", "b.tar.zst", "--to", to, cwd=site)
    assert done.code == 2


def test_a_wrong_password_is_told_once_and_never_shown(tmp_path: Path, site: Path) -> None:
    options = RegistryOptions(users=(("anna", "right"),))
    with running_registry(tmp_path / "closed", options) as registry:
        creds = site / "creds.yaml"
        creds.write_text(f'{registry.host}:\n  username: anna\n  password: "seCret"\n')
        creds.chmod(0o600)
        done = push(registry, site, "--creds-file", "creds.yaml")
    assert done.code == 4
    assert done.err.count("refuses the credentials of anna") == 1
    assert "seCret" not in done.err + done.out
