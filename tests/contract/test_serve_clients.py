"""The programs that pull images, pulling from a bundle."""

from __future__ import annotations

import json
import subprocess
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
import trustme

from tests.support.bundle_factory import tiny_bundle, write_volumes
from tests.support.image_factory import (
    ImageBlobs,
    artifact,
    blob_path,
    cosign_tag,
    image,
    layer,
    multi_arch,
)
from tests.support.real_containerd import running_containerd
from tests.support.real_docker import running_docker
from tests.support.serving import Serving, attach, serving

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support.bundle_factory import TinyBundle
    from tests.support.real_containerd import RealContainerd
    from tests.support.real_docker import RealDocker

APP = image([layer({"app.txt": b"app\n" * 5000}), layer({"plain.txt": b"plain\n"}, "none")])
DOCKERS = image([layer({"d.txt": b"docker\n"})], docker=True)
MULTI = multi_arch("linux/amd64", "linux/arm64")
SIGNATURE = artifact(artifact_type="application/vnd.dev.cosign")
APP_NAME = "docker.io/library/app:1"
DOCKERS_NAME = "registry.example:5000/team/old:1.0"
MULTI_NAME = "quay.io/team/multi:v2"
OWN_NAME = "ccr.ccs.tencentyun.com/cube-studio/board:2026"
IMAGES = {APP_NAME: APP, DOCKERS_NAME: DOCKERS, MULTI_NAME: MULTI, OWN_NAME: APP}
RELOCATED = {
    "cube-studio/docker.io/library/app:1": APP,
    "cube-studio/registry.example_5000/team/old:1.0": DOCKERS,
    "cube-studio/quay.io/team/multi:v2": MULTI,
    "cube-studio/board:2026": APP,
}


def whole_bundle() -> TinyBundle:
    tiny = tiny_bundle({**IMAGES, "signature.example/s:1": SIGNATURE})
    attach(tiny, APP_NAME, "signature.example/s:1", cosign_tag(APP))
    return tiny


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    path = whole_bundle().write(tmp_path_factory.mktemp("bundle") / "b.tar.zst")
    with serving(path) as found:
        yield found


@pytest.fixture(scope="module")
def docker() -> Iterator[RealDocker]:
    with running_docker() as found:
        yield found


@pytest.fixture(scope="module")
def containerd() -> Iterator[RealContainerd]:
    with running_containerd() as found:
        yield found


def skopeo(*arguments: object) -> str:
    done = subprocess.run(
        ["skopeo", "--insecure-policy", *(str(one) for one in arguments)],
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def copied(source: str, layout: Path, one: ImageBlobs, *options: str) -> None:
    """Copy all of an image into a layout, where every byte must be as it was."""
    options = options or ("--src-tls-verify=false",)
    skopeo(
        "copy",
        "--quiet",
        "--all",
        "--preserve-digests",
        *options,
        f"docker://{source}",
        f"oci:{layout}",
    )
    index = json.loads((layout / "index.json").read_bytes())
    assert [entry["digest"] for entry in index["manifests"]] == [one.digest]
    for digest, blob in one.blobs.items():
        assert blob_path(layout, digest).read_bytes() == blob


@pytest.mark.parametrize("name", [name for name in RELOCATED if "old" not in name])
def test_skopeo_copies_an_image_by_its_name_in_harbor(
    served: Serving, tmp_path: Path, name: str
) -> None:
    copied(f"{served.host}/{name}", tmp_path / "layout", RELOCATED[name])


def test_skopeo_copies_an_image_by_its_origin(served: Serving, tmp_path: Path) -> None:
    copied(f"{served.host}/quay.io/team/multi:v2", tmp_path / "layout", MULTI)


def test_skopeo_copies_an_image_by_digest(served: Serving, tmp_path: Path) -> None:
    copied(f"{served.host}/team/multi@{MULTI.digest}", tmp_path / "layout", MULTI)


def test_skopeo_copies_a_docker_image_unchanged(served: Serving, tmp_path: Path) -> None:
    source = f"docker://{served.host}/team/old:1.0"
    skopeo("copy", "--quiet", "--src-tls-verify=false", source, f"dir:{tmp_path / 'dir'}")
    assert (tmp_path / "dir/manifest.json").read_bytes() == DOCKERS.root


def test_skopeo_finds_the_signature_of_an_image(served: Serving, tmp_path: Path) -> None:
    source = f"{served.host}/library/app:{cosign_tag(APP)}"
    copied(source, tmp_path / "layout", SIGNATURE)


def test_skopeo_lists_tags(served: Serving) -> None:
    listed = skopeo("list-tags", "--tls-verify=false", f"docker://{served.host}/library/app")
    assert json.loads(listed)["Tags"] == ["1", cosign_tag(APP)]


def test_many_pull_at_once(served: Serving, tmp_path: Path) -> None:
    def pull(number: int) -> None:
        copied(f"{served.host}/team/multi:v2", tmp_path / f"layout{number}", MULTI)

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(pull, range(12)))


def test_skopeo_copies_from_volumes(tmp_path: Path) -> None:
    bundle = whole_bundle().encode()
    description = write_volumes(tmp_path, bundle, len(bundle) // 3)
    with serving(description) as served:
        copied(f"{served.host}/team/multi:v2", tmp_path / "layout", MULTI)


@contextmanager
def served_over_tls(directory: Path) -> Iterator[tuple[Serving, Path]]:
    """A server, and a directory with the certificate of the authority that vouches for it."""
    authority = trustme.CA()
    issued = authority.issue_cert("127.0.0.1")
    issued.cert_chain_pems[0].write_to_path(directory / "tls.pem")
    issued.private_key_pem.write_to_path(directory / "tls.key")
    trusted = directory / "trusted"
    trusted.mkdir()
    authority.cert_pem.write_to_path(trusted / "ca.crt")
    path = whole_bundle().write(directory / "b.tar.zst")
    keys = ("--tls-cert", directory / "tls.pem", "--tls-key", directory / "tls.key")
    with serving(path, *keys) as served:
        yield served, trusted


def test_skopeo_copies_over_tls(tmp_path: Path) -> None:
    with served_over_tls(tmp_path) as (served, trusted):
        source = f"{served.host}/team/multi:v2"
        copied(source, tmp_path / "layout", MULTI, "--src-cert-dir", str(trusted))


def test_containerd_pulls_over_tls(containerd: RealContainerd, tmp_path: Path) -> None:
    name = "tls.example/cube-studio/board:2026"
    with served_over_tls(tmp_path) as (served, trusted):
        hosts = containerd.hosts("tls.example", served.url, f'  ca = "{trusted / "ca.crt"}"')
        pull(containerd, "--hosts-dir", str(hosts), name)
    assert containerd.digests()[name] == APP.digest


def test_containerd_is_told_that_an_image_is_not_there(
    served: Serving, containerd: RealContainerd
) -> None:
    hosts = containerd.hosts("docker.io", served.url)
    with pytest.raises(AssertionError, match="not found"):
        pull(containerd, "--hosts-dir", str(hosts), "docker.io/team/multi:v2")  # it is Quay's


@pytest.mark.parametrize("name", RELOCATED)
def test_docker_pulls_an_image(served: Serving, docker: RealDocker, name: str) -> None:
    reference = f"{served.host}/{name}"
    docker.run("pull", "--quiet", reference)
    digests = json.loads(
        docker.run("inspect", "--type", "image", "--format", "{{json .RepoDigests}}", reference)
    )
    assert f"{reference.rpartition(':')[0]}@{RELOCATED[name].digest}" in digests


def test_docker_is_told_that_nothing_can_be_pushed(served: Serving, docker: RealDocker) -> None:
    docker.run("pull", "--quiet", f"{served.host}/team/old:1.0")
    docker.run("tag", f"{served.host}/team/old:1.0", f"{served.host}/team/multi:mine")
    with pytest.raises(subprocess.CalledProcessError) as failed:
        docker.run("push", f"{served.host}/team/multi:mine")
    assert "read-only" in failed.value.stderr


@pytest.mark.parametrize("name", IMAGES)
def test_containerd_pulls_an_image_by_its_own_name(
    served: Serving, containerd: RealContainerd, name: str
) -> None:
    hosts = containerd.hosts(name.partition("/")[0], served.url)
    pull(containerd, "--hosts-dir", str(hosts), name)
    assert containerd.digests()[name] == IMAGES[name].digest


@pytest.mark.parametrize("name", RELOCATED)
def test_containerd_pulls_an_image_by_its_name_in_harbor(
    served: Serving, containerd: RealContainerd, name: str
) -> None:
    pull(containerd, "--plain-http", f"{served.host}/{name}")
    assert containerd.digests()[f"{served.host}/{name}"] == RELOCATED[name].digest


def test_containerd_pulls_from_what_stands_in_for_harbor(
    served: Serving, containerd: RealContainerd
) -> None:
    hosts = containerd.hosts("harbor.example", served.url)
    name = "harbor.example/cube-studio/quay.io/team/multi:v2"
    pull(containerd, "--hosts-dir", str(hosts), name)
    assert containerd.digests()[name] == MULTI.digest


def pull(containerd: RealContainerd, *arguments: str) -> None:
    containerd.ctr("images", "pull", "--snapshotter", "native", "--all-platforms", *arguments)
