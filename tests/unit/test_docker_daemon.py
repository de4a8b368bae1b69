"""Images of a real Docker daemon, saved through its API."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from cube_airgap.docker_archive import DockerArchive
from cube_airgap.errors import MissingError, NetworkError, SpaceError
from cube_airgap.reference import Reference
from cube_bundle.docker_daemon import save_image
from tests.support.image_factory import image, layer, layer_tars
from tests.support.real_docker import RealDocker, running_docker
from tests.support.small_disk import small_disk

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support.real_registry import RealRegistry

ONE = image([layer({"one.txt": b"one\n" * 100}), layer({"two.txt": b"two\n"})])
NAME = "registry.example/team/app:1.0"
ANY = Reference.parse(NAME)


@pytest.fixture(scope="module")
def docker() -> Iterator[RealDocker]:
    with running_docker() as running:
        running.load(NAME, ONE)
        yield running


@pytest.fixture(autouse=True)
def _environment(docker: RealDocker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", docker.host)


def test_an_image_is_saved_with_its_layers(tmp_path: Path) -> None:
    archive = DockerArchive(save_image(NAME, tmp_path))
    manifest = archive.resolve(ANY)
    contents = [b"".join(archive.read_blob(blob)) for blob in manifest.layers]
    assert contents == layer_tars(ONE)
    assert all(map(lambda blob, data: blob.digest.matches(data), manifest.layers, contents))


def test_an_image_pulled_from_a_registry_is_saved(
    tmp_path: Path, docker: RealDocker, registry: RealRegistry
) -> None:
    other = image([layer({"pulled.txt": b"pulled\n"})])
    reference = registry.push("daemon/pulled", "1", other)
    docker.run("pull", "--quiet", reference)
    manifest = DockerArchive(save_image(reference, tmp_path)).resolve(ANY)
    assert [str(one.digest) for one in manifest.layers] == other.config["rootfs"]["diff_ids"]


def test_an_image_is_saved_once_and_anew_when_its_name_moves(
    tmp_path: Path, docker: RealDocker
) -> None:
    docker.load("registry.example/moving:1", image(labels={"n": "1"}))
    first = save_image("registry.example/moving:1", tmp_path)
    before = first.stat()
    assert save_image("registry.example/moving:1", tmp_path) == first
    assert first.stat() == before
    docker.load("registry.example/moving:1", image(labels={"n": "2"}))
    assert save_image("registry.example/moving:1", tmp_path) != first


def test_a_name_without_a_tag_means_latest_and_not_all_tags(
    tmp_path: Path, docker: RealDocker
) -> None:
    latest = image(labels={"tag": "latest"})
    docker.load("registry.example/tags:1", image(labels={"tag": "1"}))
    docker.load("registry.example/tags:latest", latest)
    manifest = DockerArchive(save_image("registry.example/tags", tmp_path)).resolve(ANY)
    assert manifest.config is not None
    assert str(manifest.config.digest) == latest.body["config"]["digest"]


def test_an_image_is_found_by_its_id(tmp_path: Path, docker: RealDocker) -> None:
    image_id = docker.run("images", "--no-trunc", "--quiet", NAME)
    assert len(DockerArchive(save_image(image_id, tmp_path)).resolve(ANY).layers) == 2


def test_an_unknown_image_tells_which_there_are(tmp_path: Path) -> None:
    with pytest.raises(MissingError, match=f"has no image app; it has {NAME}") as caught:
        save_image("app", tmp_path)
    assert "docker pull app" in caught.value.remedy
    with pytest.raises(MissingError, match=r"it has .*registry\.example") as caught:
        save_image("nothing/like/it:7", tmp_path)
    assert "<none>" not in caught.value.what
    assert list(tmp_path.iterdir()) == []


def test_a_name_that_is_none_is_told_of(tmp_path: Path) -> None:
    with pytest.raises((NetworkError, MissingError)):
        save_image("Not A Name", tmp_path)


# The SDK leaves a socket that could not connect to the collector.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_no_daemon_is_told_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/none.sock")
    with pytest.raises(NetworkError, match=r"no Docker daemon answers at .*none\.sock") as caught:
        save_image(NAME, tmp_path)
    assert "DOCKER_HOST" in caught.value.remedy
    del caught
    gc.collect()


def test_a_host_that_is_none_is_told_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", "nonsense://x")
    with pytest.raises(NetworkError, match="nonsense"):
        save_image(NAME, tmp_path)


_AS_NOBODY = """
import os, sys
from pathlib import Path
from cube_airgap.errors import AuthenticationError
from cube_bundle.docker_daemon import save_image
import docker.errors, requests  # another user may not be able to read them
os.setuid(65534)
try:
    save_image(sys.argv[1], Path(sys.argv[2]))
except AuthenticationError as error:
    print(error.what, error.remedy)
"""


def test_a_user_without_the_right_is_told_what_to_do(tmp_path: Path, docker: RealDocker) -> None:
    docker.directory.chmod(0o755)
    docker.socket.chmod(0o600)
    done = subprocess.run(
        [sys.executable, "-c", _AS_NOBODY, NAME, str(tmp_path)],
        env=os.environ | {"HOME": "/"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "may not speak to the Docker daemon" in done.stdout
    assert "group `docker`" in done.stdout


def test_a_full_disk_is_told_of_and_cleared(tmp_path: Path, docker: RealDocker) -> None:
    docker.load("registry.example/large:1", image([layer({"large": bytes(2 << 20)})]))
    with small_disk(tmp_path / "disk", 1 << 20) as disk:
        with pytest.raises(SpaceError, match="No space left"):
            save_image("registry.example/large:1", disk)
        assert list(disk.iterdir()) == []
