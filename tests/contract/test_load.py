"""`cube-install load` into a real Docker and a real containerd."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.support.bundle_factory import tiny_bundle
from tests.support.command import Ran, run
from tests.support.image_factory import artifact, image, layer, multi_arch
from tests.support.real_containerd import running_containerd
from tests.support.real_docker import running_docker

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support.real_containerd import RealContainerd
    from tests.support.real_docker import RealDocker

pytestmark = pytest.mark.xdist_group("load")
APP = image([layer({"a.txt": b"app\n" * 5000}), layer({"plain.txt": b"plain\n"}, "none")])
DOCKERS = image([layer({"d.txt": b"docker\n"})], docker=True)
MULTI = multi_arch("linux/amd64", "linux/arm64")
ARM = multi_arch("linux/arm64", name="arm")
ZSTD = image([layer({"z.txt": b"z\n"}, "zstd")])
CHART = artifact(artifact_type="application/vnd.example")
OWN = "ccr.ccs.tencentyun.com/cube-studio/board:2026"
IMAGES = {
    "docker.io/library/app:1": APP,
    "quay.io/team/multi:v2": MULTI,
    OWN: DOCKERS,
}
SITE = ("--to", "harbor.example/cube-studio")
OWN_THERE = "harbor.example/cube-studio/board:2026"


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("bundle")
    odd = {"a.example/arm:1": ARM, "a.example/zstd:1": ZSTD, "a.example/chart:1": CHART}
    return tiny_bundle({**IMAGES, **odd}).write(directory / "b.tar.zst")


@pytest.fixture(scope="module")
def docker() -> Iterator[RealDocker]:
    with running_docker() as found:
        yield found


@pytest.fixture(scope="module")
def containerd() -> Iterator[RealContainerd]:
    with running_containerd() as found:
        yield found


def into_docker(docker: RealDocker, bundle: Path, *arguments: object) -> Ran:
    command = ("load", "--docker", "--bundle", bundle, *arguments, "--output", "json")
    return run("cube-install", *command, cwd=bundle.parent, env={"DOCKER_HOST": docker.host})


def into_containerd(containerd: RealContainerd, bundle: Path, *arguments: object) -> Ran:
    where = ("--address", containerd.directory / "containerd.sock", "--snapshotter", "native")
    command = ("load", "--containerd", "--bundle", bundle, *where, *arguments, "--output", "json")
    return run("cube-install", *command, cwd=bundle.parent)


@pytest.mark.parametrize("name", IMAGES)
def test_docker_has_an_image_by_its_own_name(docker: RealDocker, bundle: Path, name: str) -> None:
    done = into_docker(docker, bundle, name)
    assert done.code == 0, done.err
    docker.run("image", "inspect", name)


def test_docker_has_an_image_by_its_name_in_harbor(docker: RealDocker, bundle: Path) -> None:
    done = into_docker(docker, bundle, *SITE, OWN)
    assert done.code == 0, done.err
    assert done.json["images"][0]["names"] == [OWN, OWN_THERE]
    docker.run("image", "inspect", OWN_THERE)


def test_docker_is_sent_nothing_that_it_has(docker: RealDocker, bundle: Path) -> None:
    into_docker(docker, bundle, OWN)
    done = into_docker(docker, bundle, "--to", "other.example", OWN)
    assert done.json["images"][0]["wasThere"] is True
    docker.run("image", "inspect", "other.example/cube-studio/board:2026")


def test_docker_runs_what_was_loaded(docker: RealDocker, bundle: Path) -> None:
    into_docker(docker, bundle, "app:1")
    made = docker.run("create", "docker.io/library/app:1", "/none")
    copied = subprocess.run(
        ["docker", "--host", docker.host, "cp", f"{made}:/a.txt", "-"],
        capture_output=True,
        check=True,
    )
    assert b"app\napp\n" in copied.stdout


def test_an_old_docker_is_not_sent_zstd(docker: RealDocker, bundle: Path) -> None:
    done = into_docker(docker, bundle, "a.example/zstd:1")
    assert (done.code, "compressed with zstd" in done.err) == (2, True)


def test_images_for_other_machines_are_told_and_the_rest_loaded(
    docker: RealDocker, bundle: Path
) -> None:
    done = into_docker(docker, bundle, "a.example/arm:1", "app:1", "a.example/chart:1")
    assert done.code == 5
    assert "is in the bundle for linux/arm64, and this host is linux/amd64" in done.err
    assert "a.example/chart:1 is no container image" in done.err
    docker.run("image", "inspect", "docker.io/library/app:1")


@pytest.mark.parametrize("name", IMAGES)
def test_containerd_has_an_image_with_its_digest(
    containerd: RealContainerd, bundle: Path, name: str
) -> None:
    done = into_containerd(containerd, bundle, name)
    assert done.code == 0, done.err
    listed = containerd.ctr("-n", "k8s.io", "images", "list", f"name=={name}").splitlines()
    assert listed[1].split()[2] == IMAGES[name].digest


def test_containerd_has_both_names(containerd: RealContainerd, bundle: Path) -> None:
    done = into_containerd(containerd, bundle, *SITE, OWN)
    assert done.code == 0, done.err
    names = containerd.ctr("-n", "k8s.io", "images", "list", "-q").splitlines()
    assert {OWN, OWN_THERE} <= {*names}


def test_containerd_is_sent_nothing_that_it_has(containerd: RealContainerd, bundle: Path) -> None:
    into_containerd(containerd, bundle, *SITE, *IMAGES)
    done = into_containerd(containerd, bundle, *SITE, *IMAGES)
    assert [one["wasThere"] for one in done.json["images"]] == [True] * len(IMAGES)


def test_containerd_can_run_what_was_loaded(containerd: RealContainerd, bundle: Path) -> None:
    into_containerd(containerd, bundle, "a.example/zstd:1")
    checked = containerd.ctr("-n", "k8s.io", "images", "check", "name==a.example/zstd:1")
    assert "complete" in checked


def damaged(bundle: Path, directory: Path) -> Path:
    """The bundle with another byte in the first layer of APP."""
    raw = bytearray(bundle.read_bytes())
    blob = next(data for digest, data in APP.blobs.items() if data[:2] == b"\x1f\x8b")
    raw[raw.index(blob) + 20] ^= 1
    path = directory / "damaged.tar.zst"
    path.write_bytes(raw)
    return path


def test_a_damaged_layer_is_told_and_leaves_no_image(
    docker: RealDocker, containerd: RealContainerd, bundle: Path, tmp_path: Path
) -> None:
    path = damaged(bundle, tmp_path)
    for name in docker.run("ps", "--all", "--quiet").splitlines():
        docker.run("rm", name)
    docker.run("image", "prune", "--all", "--force")
    for done in (
        into_docker(docker, path, "app:1"),
        into_containerd(containerd, path, "--namespace", "other", "app:1"),
    ):
        assert (done.code, "is damaged in the bundle" in done.err) == (6, True), done.err
    assert "app" not in docker.run("image", "list")
    assert containerd.ctr("-n", "other", "images", "list", "-q") == ""


def test_no_docker_is_told(bundle: Path, tmp_path: Path) -> None:
    host = {"DOCKER_HOST": f"unix://{tmp_path}/docker.sock"}
    done = run("cube-install", "load", "--docker", "--bundle", bundle, cwd=tmp_path, env=host)
    told = f"the Docker daemon at {host['DOCKER_HOST']} does not answer: No such file or directory"
    assert (done.code, told in done.err) == (3, True)


def test_no_containerd_is_told(bundle: Path, tmp_path: Path) -> None:
    where = ("--address", tmp_path / "containerd.sock")
    done = run("cube-install", "load", "--containerd", "--bundle", bundle, *where, cwd=tmp_path)
    told = f"no containerd runs here: there is no {where[1]}"
    assert (done.code, told in done.err) == (5, True)


def test_containerd_s_address_may_be_written_as_for_crictl(
    containerd: RealContainerd, bundle: Path
) -> None:
    where = f"unix://{containerd.directory}/containerd.sock"
    done = run(
        *("cube-install", "load", "--containerd", "--bundle", bundle, "--address", where),
        *("--snapshotter", "native", "app:1"),
        cwd=bundle.parent,
    )
    assert done.code == 0, done.err


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        ((), 2, "it is not said what to load into"),
        (("--docker", "--containerd"), 2, "either --docker or --containerd"),
        (("--docker", "nothing:1"), 5, "the bundle has no image nothing:1"),
        (("--docker", "--component", "none"), 5, "the bundle has no component none"),
        (("--docker", "--names", "site"), 2, "--to HOST/PROJECT"),
    ],
)
def test_what_makes_no_sense_is_told(
    bundle: Path, arguments: tuple[str, ...], code: int, words: str
) -> None:
    done = run("cube-install", "load", "--bundle", bundle, *arguments, cwd=bundle.parent)
    assert (done.code, words in done.err) == (code, True), done.err
