"""The server as a process: transfers, damage, memory, starting and stopping."""

from __future__ import annotations

import random
import signal
import socket
import subprocess
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import requests
import trustme

from tests.support.bundle_factory import tiny_bundle
from tests.support.command import run
from tests.support.image_factory import ImageBlobs, Layer, image, layer
from tests.support.serving import Serving, bundle_of, serving

if TYPE_CHECKING:
    from collections.abc import Iterator

NAME = "docker.io/library/app:1"
LARGE = 9_000_001
MOST_MEMORY = 200 << 20
_SECONDS = 60


def noise(size: int, seed: int = 1) -> bytes:
    return random.Random(seed).randbytes(size)


def app(size: int = LARGE) -> ImageBlobs:
    """An image whose first layer is stored and whose second is compressed."""
    data = noise(size)
    return image([Layer(data, data, "gzip"), layer({"plain": noise(size, 2)}, "none")])


APP = app()
STORED, COMPRESSED = (one["digest"] for one in APP.body["layers"])


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    with serving(bundle_of(tmp_path_factory.mktemp("served"), {NAME: APP})) as found:
        yield found


def blob_url(served: Serving, digest: str) -> str:
    return f"{served.url}/v2/library/app/blobs/{digest}"


@pytest.mark.parametrize("digest", [STORED, COMPRESSED])
def test_a_blob_comes_whole(served: Serving, digest: str) -> None:
    answer = requests.get(blob_url(served, digest), timeout=_SECONDS)
    assert (answer.status_code, answer.content) == (200, APP.blobs[digest])
    assert answer.headers["Docker-Distribution-Api-Version"] == "registry/2.0"


@pytest.mark.parametrize("digest", [STORED, COMPRESSED])
@pytest.mark.parametrize(
    ("first", "last"),
    [(0, 0), (1, 600_000), (524_287, 524_289), (4_194_303, 4_194_305), (5_000_000, 8_999_999)],
)
def test_a_part_of_a_blob_comes(served: Serving, digest: str, first: int, last: int) -> None:
    asked = {"Range": f"bytes={first}-{last}"}
    answer = requests.get(blob_url(served, digest), headers=asked, timeout=_SECONDS)
    assert (answer.status_code, answer.content) == (206, APP.blobs[digest][first : last + 1])


def test_a_download_that_was_broken_off_is_resumed(served: Serving, tmp_path: Path) -> None:
    part = tmp_path / "blob"
    part.write_bytes(APP.blobs[STORED][:3_333_333])
    command = ["curl", "--silent", "--fail", "--continue-at", "-", "--output", str(part)]
    subprocess.run([*command, blob_url(served, STORED)], check=True)
    assert part.read_bytes() == APP.blobs[STORED]


def test_a_connection_is_used_again(served: Serving) -> None:
    with requests.Session() as session:
        for method in ("HEAD", "GET", "HEAD"):
            answer = session.request(method, blob_url(served, STORED), timeout=_SECONDS)
            assert int(answer.headers["Content-Length"]) == LARGE
            assert "Connection" not in answer.headers


def test_head_tells_the_size_and_sends_nothing(served: Serving) -> None:
    answer = requests.head(f"{served.url}/v2/library/app/manifests/1", timeout=_SECONDS)
    assert int(answer.headers["Content-Length"]) == len(APP.root)
    assert answer.content == b""


def test_what_is_known_is_not_sent_again(served: Serving) -> None:
    known = {"If-None-Match": f'"{APP.digest}"'}
    url = f"{served.url}/v2/library/app/manifests/1"
    answer = requests.get(url, headers=known, timeout=_SECONDS)
    assert (answer.status_code, answer.content) == (304, b"")


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_nothing_can_be_written(served: Serving, method: str) -> None:
    url = f"{served.url}/v2/library/app/manifests/1"
    answer = requests.request(method, url, data=b"x" * 1000, timeout=_SECONDS)
    assert answer.status_code == 405
    assert answer.json()["errors"][0]["code"] == "UNSUPPORTED"


def test_even_a_large_upload_is_told_so(served: Serving, tmp_path: Path) -> None:
    upload = tmp_path / "upload"
    with upload.open("wb") as file:
        file.truncate(300 << 20)
    url = f"{served.url}/v2/library/app/blobs/uploads/1"
    command = ["curl", "--silent", "--upload-file", str(upload), url]
    done = subprocess.run(command, capture_output=True, check=False)
    assert b'"UNSUPPORTED"' in done.stdout


def test_a_client_that_tries_tls_is_told_at_once(served: Serving) -> None:
    with pytest.raises(requests.exceptions.SSLError):
        requests.get(served.url.replace("http:", "https:"), timeout=_SECONDS)


def test_a_request_that_is_none_is_refused(served: Serving) -> None:
    host, _, port = served.host.partition(":")
    with socket.create_connection((host, int(port)), timeout=_SECONDS) as client:
        client.sendall(b"nonsense\r\n\r\n")
        assert client.recv(100).startswith(b"HTTP/1.1 400 ")


def test_nothing_in_the_log_moves_a_terminal(served: Serving) -> None:
    host, _, port = served.host.partition(":")
    with socket.create_connection((host, int(port)), timeout=_SECONDS) as client:
        client.sendall(b"GET /v2/\x1b[2J\xff HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        while client.recv(1000):
            pass
    assert b"\x1b" not in served.log.read_bytes()


def test_every_request_has_a_line(tmp_path: Path) -> None:
    with serving(bundle_of(tmp_path, {NAME: APP})) as served:
        requests.get(f"{served.url}/v2/library/app/tags/list", timeout=_SECONDS)
        assert wait_for_end(served, signal.SIGINT) == 0
        assert "127.0.0.1 GET /v2/library/app/tags/list 200 " in served.log.read_text()


def test_when_quiet_only_trouble_has_a_line(tmp_path: Path) -> None:
    with serving(bundle_of(tmp_path, {NAME: APP}), "--quiet") as served:
        requests.get(f"{served.url}/v2/library/app/tags/list", timeout=_SECONDS)
        assert wait_for_end(served, signal.SIGINT) == 0
        assert served.log.read_text() == ""


def spoiled(path: Path, what: bytes) -> Path:
    """Turn one bit of the bundle where `what` is."""
    data = bytearray(path.read_bytes())
    data[data.index(what) + 1] ^= 4
    path.write_bytes(data)
    return path


def test_a_stored_blob_with_a_wrong_bit_breaks_off_and_is_then_refused(tmp_path: Path) -> None:
    path = spoiled(bundle_of(tmp_path, {NAME: APP}), APP.blobs[STORED][6_000_000:][:64])
    with serving(path, "--quiet") as served:
        url = blob_url(served, STORED)
        with pytest.raises(requests.exceptions.RequestException):
            requests.get(url, timeout=_SECONDS)
        answer = requests.get(url, timeout=_SECONDS)
        assert answer.status_code == 500
        assert "is damaged in the bundle" in answer.json()["errors"][0]["message"]
        assert requests.get(blob_url(served, COMPRESSED), timeout=_SECONDS).ok
        assert f"broken off: blob {STORED} is damaged" in served.log.read_text()


def test_a_stored_blob_with_a_wrong_block_breaks_off(tmp_path: Path) -> None:
    header = ((128 << 10) << 3).to_bytes(3, "little")  # of a raw block, not the last
    path = spoiled(bundle_of(tmp_path, {NAME: APP}), header + APP.blobs[STORED][131_072:][:64])
    with serving(path) as served, pytest.raises(requests.exceptions.RequestException):
        requests.get(blob_url(served, STORED), headers={"Range": "bytes=9-"}, timeout=_SECONDS)


def test_a_compressed_blob_that_is_damaged_breaks_off(tmp_path: Path) -> None:
    # Noise does not compress, so that zstd has it as it is.
    path = spoiled(bundle_of(tmp_path, {NAME: APP}), noise(LARGE, 2)[6_000_000:][:64])
    with serving(path) as served, pytest.raises(requests.exceptions.RequestException):
        requests.get(blob_url(served, COMPRESSED), headers={"Range": "bytes=9-"}, timeout=_SECONDS)


def test_many_slow_clients_take_bounded_memory(tmp_path: Path) -> None:
    one = app(14_000_000)
    with serving(bundle_of(tmp_path, {NAME: one})) as served, ExitStack() as opened:
        clients = []
        for number in range(80):
            digest = one.body["layers"][number % 2]["digest"]
            client = opened.enter_context(slow_client(served, digest))
            clients.append((client, digest))
        for client, digest in clients:  # all of them are served, whoever else waits
            assert body_of(client) == one.blobs[digest]
        status = Path(f"/proc/{served.process.pid}/status").read_text()
        (peak,) = [line.split()[1] for line in status.splitlines() if line.startswith("VmHWM")]
        assert int(peak) * 1024 < MOST_MEMORY


def slow_client(served: Serving, digest: str) -> socket.socket:
    """A client that asks for a blob and reads nothing yet."""
    host, _, port = served.host.partition(":")
    client = socket.create_connection((host, int(port)), timeout=_SECONDS)
    request = f"GET /v2/library/app/blobs/{digest} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    client.sendall(request.encode())
    return client


def body_of(client: socket.socket) -> bytes:
    received = bytearray()
    while part := client.recv(1 << 20):
        received += part
    return bytes(received.partition(b"\r\n\r\n")[2])


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_it_stops_at_once_in_the_middle_of_a_transfer(tmp_path: Path, how: signal.Signals) -> None:
    with (
        serving(bundle_of(tmp_path, {NAME: APP})) as served,
        slow_client(served, STORED) as client,
    ):
        assert client.recv(4) == b"HTTP"
        assert wait_for_end(served, how) == 0
        assert "Traceback" not in served.log.read_text()


def wait_for_end(served: Serving, how: signal.Signals) -> int:
    served.process.send_signal(how)
    return served.process.wait(timeout=_SECONDS)


def test_the_bundle_and_its_directory_are_left_alone(tmp_path: Path) -> None:
    path = bundle_of(tmp_path / "bundle", {NAME: APP})
    before = path.read_bytes()
    path.chmod(0o400)
    with serving(path) as served:
        requests.get(blob_url(served, STORED), timeout=_SECONDS)
    assert path.read_bytes() == before
    assert sorted(one.name for one in path.parent.iterdir()) == ["b.tar.zst", "serve.log"]


def test_it_says_what_is_there_and_how_to_pull_it(tmp_path: Path) -> None:
    with serving(bundle_of(tmp_path, {NAME: APP})) as served:
        said = served.greeting
        target = f"{served.host}/cube-studio/docker.io/library/app:1"
        assert f"1 image, 18.0 MB, at {served.url}" in said
        assert f"docker pull {target}\n" in said
        assert f"skopeo copy --src-tls-verify=false docker://{target} oci:image\n" in said
        assert "ctr images pull --hosts-dir /etc/containerd/certs.d docker.io/library/app:1" in said
        assert f'[host."{served.url}"]' in said


def test_the_project_of_the_site_file_is_in_the_names(tmp_path: Path) -> None:
    site = "version: 1\nregistry: {host: harbor.example, project: team}\n"
    (tmp_path / "site.yaml").write_text(site)
    with serving(bundle_of(tmp_path, {NAME: APP})) as served:
        assert f"docker pull {served.host}/team/docker.io/library/app:1\n" in served.greeting


def test_other_machines_without_tls_are_warned_of(tmp_path: Path) -> None:
    with serving(bundle_of(tmp_path, {NAME: APP}), listen=":0") as served:
        assert f'"insecure-registries": ["{served.host}"]' in served.greeting
        assert "by plain HTTP and without a login" in served.log.read_text()


def test_over_tls_nothing_is_warned_of(tmp_path: Path) -> None:
    issued = trustme.CA().issue_cert("localhost")
    issued.private_key_and_cert_chain_pem.write_to_path(tmp_path / "tls.pem")
    pem = tmp_path / "tls.pem"
    keys = ("--tls-cert", pem, "--tls-key", pem)
    with serving(bundle_of(tmp_path, {NAME: APP}), *keys, listen=":0") as served:
        assert served.scheme == "https"
        assert served.log.read_text() == ""


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["--bundle", "absent.tar.zst"], 5, "there is no bundle at absent.tar.zst"),
        (["--bundle", "-"], 2, "comes from a pipe"),
        (["--bundle", "b.tar.zst", "--listen", "nonsense"], 2, "no address to listen on"),
        (["--bundle", "b.tar.zst", "--tls-cert", "a.pem"], 2, "a certificate and its key"),
        (["--bundle", "b.tar.zst", "--listen", "192.0.2.1:5000"], 3, "cannot listen on 192.0.2.1"),
    ],
)
def test_what_cannot_be_served_is_told_of(
    tmp_path: Path, arguments: list[str], code: int, said: str
) -> None:
    bundle_of(tmp_path, {NAME: image()})
    ran = run("cube-install", "serve", *arguments, cwd=tmp_path)
    assert (ran.code, ran.out) == (code, "")
    assert said in ran.err
    assert "what to do: " in ran.err


def test_a_port_in_use_is_told_of(tmp_path: Path) -> None:
    path = bundle_of(tmp_path, {NAME: image()})
    with serving(path) as served:
        ran = run("cube-install", "serve", "--bundle", path, "--listen", served.host, cwd=tmp_path)
    assert ran.code == 3
    assert f"cannot listen on {served.host}: Address already in use" in ran.err


def test_a_bundle_without_images_is_served(tmp_path: Path) -> None:
    path = tiny_bundle({}).write(tmp_path / "b.tar.zst")
    with serving(path) as served:
        assert "there is nothing to pull" in served.greeting
        assert requests.get(f"{served.url}/v2/_catalog", timeout=_SECONDS).json() == {
            "repositories": []
        }
