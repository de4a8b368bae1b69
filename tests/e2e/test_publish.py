"""Bundles that travel through a real registry."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

import oras.provider  # type: ignore[import-untyped]
import pytest
import requests

from tests.support import image_factory as make
from tests.support.command import Ran, run
from tests.support.memory_source import noise
from tests.support.pushing import requests_seen
from tests.support.real_registry import RealRegistry, running_registry

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

STORED = make.layer({"base": noise(5_000_000, 1)})
PLAIN = make.layer({"plain": noise(300_000, 2)}, "none")
ONE = make.image([STORED, PLAIN])
TWO = make.image([STORED, make.layer({"two": noise(200_000, 3)})])


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealRegistry]:
    with running_registry(tmp_path_factory.mktemp("publishing")) as running:
        yield running


@pytest.fixture
def here(registry: RealRegistry, tmp_path: Path) -> Path:
    """A directory with two bundles that share a layer; one has job templates too."""
    registry.push("from/one", "1", ONE)
    registry.push("from/two", "1", make.index([TWO, make.image(platform="linux/arm64")]))
    for name, more in (("one", ()), ("two", (f"{registry.host}/from/one:1",))):
        plain = ("--insecure", registry.host, "-o", f"{name}.tar.zst")
        done = run(
            "cube-bundle", "build", f"{registry.host}/from/{name}:1", *more, *plain, cwd=tmp_path
        )
        assert done.code == 0, done.err
    return tmp_path


def publish(registry: RealRegistry, here: Path, name: str, tag: str) -> Ran:
    address = f"oci://{registry.host}/bundles/{here.name}:{tag}"
    plain = ("--insecure", registry.host)
    return run("cube-bundle", "publish", f"{name}.tar.zst", address, *plain, cwd=here)


def pull(registry: RealRegistry, here: Path, tag: str, *more: str) -> Ran:
    address = f"oci://{registry.host}/bundles/{here.name}:{tag}"
    plain = ("--insecure", registry.host, "-o", "back.tar.zst")
    return run("cube-bundle", "pull", address, *plain, *more, cwd=here)


@pytest.mark.parametrize("name", ["one", "two"])
def test_what_is_pulled_is_what_was_published(
    registry: RealRegistry, here: Path, name: str
) -> None:
    published = publish(registry, here, name, "1")
    assert published.code == 0, published.err
    pulled = pull(registry, here, "1")
    assert pulled.code == 0, pulled.err
    assert (here / "back.tar.zst").read_bytes() == (here / f"{name}.tar.zst").read_bytes()


def test_what_two_bundles_share_is_sent_once(registry: RealRegistry, here: Path) -> None:
    publish(registry, here, "one", "1")
    before = len(registry.log.read_text())

    assert publish(registry, here, "two", "2").code == 0

    seen = requests_seen(registry, before)
    sent = [path for method, path, _ in seen if method == "PUT" and "/blobs/" in path]
    assert len(sent) == 3  # the catalogue, the head, and the layer that the first one lacked
    assert not any(make.digest_of(STORED.data).partition(":")[2] in path for path in sent)
    again = len(registry.log.read_text())
    assert publish(registry, here, "two", "2").code == 0
    assert not any("/blobs/uploads" in path for _, path, _ in requests_seen(registry, again))


def test_a_delta_travels_too_and_into_volumes(registry: RealRegistry, here: Path) -> None:
    image = f"{registry.host}/from/two:1"
    plain = ("--insecure", registry.host, "-o", "delta.tar.zst", "--since", "one.tar.zst")
    assert run("cube-bundle", "build", image, *plain, cwd=here).code == 0
    assert publish(registry, here, "delta", "delta").code == 0
    assert pull(registry, here, "delta", "--volume-size", "100k").code == 0
    parts = sorted(here.glob("back.tar.zst.*"))
    assert len(parts) > 2
    whole = b"".join(part.read_bytes() for part in parts)
    assert whole == (here / "delta.tar.zst").read_bytes()


def test_another_client_of_the_artifact_gets_an_image_layout(
    registry: RealRegistry, here: Path
) -> None:
    publish(registry, here, "one", "1")
    with closing(oras.provider.Registry(insecure=True).session) as session:
        client = oras.provider.Registry(insecure=True)
        client.session = session
        files = client.pull(
            target=f"{registry.host}/bundles/{here.name}:1", outdir=str(here / "pulled")
        )
    names = {path.rpartition("/pulled/")[2] for path in files}
    layer = make.digest_of(STORED.data).replace(":", "/")
    assert {"head.tar.zst", f"blobs/{layer}"} <= names


def test_what_is_no_bundle_or_no_address_is_refused(registry: RealRegistry, here: Path) -> None:
    registry.push(f"bundles/{here.name}", "image", ONE)
    done = pull(registry, here, "image")
    assert (done.code, "is no bundle that was published" in done.err) == (2, True)
    for address in ("registry.example/a:1", "oci://a/b:1", f"oci://{registry.host}/a"):
        done = run("cube-bundle", "publish", "one.tar.zst", address, cwd=here)
        assert done.code in {2, 3}, done.err


def test_damage_in_the_registry_is_noticed(registry: RealRegistry, here: Path) -> None:
    publish(registry, here, "one", "1")
    url = f"{registry.url}/v2/bundles/{here.name}/manifests/1"
    accept = {"Accept": make.OCI_MANIFEST}
    head = requests.get(url, headers=accept, timeout=20).json()["layers"][0]["digest"]
    path = registry.blob_path(head)
    data = bytearray(path.read_bytes())
    data[100] ^= 1
    path.write_bytes(data)

    done = pull(registry, here, "1")

    assert done.code == 6
    assert "came with other bytes" in done.err
    path.write_bytes(bytes(data[:100]) + bytes([data[100] ^ 1]) + bytes(data[101:]))
