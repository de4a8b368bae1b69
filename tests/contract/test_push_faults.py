"""What goes wrong while images are pushed: to a real registry, behind a front that fails."""

from __future__ import annotations

import re
import ssl
from typing import TYPE_CHECKING

import pytest
import trustme

from cube_airgap.errors import (
    AuthenticationError,
    MissingError,
    NetworkError,
    SpaceError,
    UsageError,
)
from cube_airgap.registry.push_refusals import TooLargeError
from cube_push.outcome import State
from tests.support import image_factory as make
from tests.support.bundle_factory import tiny_bundle
from tests.support.faulty_front import FaultyFront, How, faulty_front
from tests.support.memory_source import noise
from tests.support.noting_progress import NotingProgress
from tests.support.pushing import is_there, push, served, uploads_finished, without
from tests.support.real_registry import RealRegistry, running_registry
from tests.support.registry_access import plain_access, trusting_access, with_login

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from cube_push.outcome import Outcome

REPOSITORY = "quay.io/team/app"
BIG = make.layer({"big.bin": noise(3_000_000, 1)}, "none")
IMAGE = make.image([BIG, make.layer({"small.txt": b"small"})])
UPLOAD = "PUT /v2/.*/blobs/uploads/"
QUOTA = (
    b"adding 5.7 MiB of storage resource, which when updated to current usage of 3.1 MiB "
    b"will exceed the configured upper limit of 4.8 MiB."
)
DENIED = b'{"errors":[{"code":"DENIED","message":"%s"}]}'


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[RealRegistry]:
    with running_registry(tmp_path / "registry") as running:
        yield running


@pytest.fixture
def front(empty: RealRegistry) -> Iterator[FaultyFront]:
    with faulty_front(empty.host) as running:
        yield running


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    return tiny_bundle({f"{REPOSITORY}:1": IMAGE}).write(tmp_path / "b.tar.zst")


def pushed(front: FaultyFront, bundle: Path) -> Outcome:
    return push(bundle, front.host, plain_access(front.host))


def assert_all_there(empty: RealRegistry, outcome: Outcome) -> None:
    assert outcome.errors == ()
    assert [one.state for one in outcome.images] == [State.PUSHED]
    assert served(empty, REPOSITORY, "1")[0] == IMAGE.digest


@pytest.mark.parametrize("how", [How.READ_AND_REFUSE, How.REFUSE])
@pytest.mark.parametrize("status", [429, 500, 502, 503])
def test_a_status_that_passes_is_waited_out(
    empty: RealRegistry, front: FaultyFront, bundle: Path, status: int, how: How
) -> None:
    front.fail(UPLOAD, how, status=status)
    front.fail("HEAD", how, status=status)
    front.fail("POST", how, status=status)
    front.fail("PUT /v2/.*/manifests/", how, status=status)
    assert_all_there(empty, pushed(front, bundle))


@pytest.mark.parametrize("pattern", [UPLOAD, "POST", "PUT /v2/.*/manifests/"])
@pytest.mark.parametrize("how", [How.CUT, How.LOSE_ANSWER])
def test_a_broken_connection_is_made_again(
    empty: RealRegistry, front: FaultyFront, bundle: Path, pattern: str, how: How
) -> None:
    front.fail(pattern, how)
    assert_all_there(empty, pushed(front, bundle))


def test_an_upload_that_broke_begins_anew_and_is_counted_so(
    empty: RealRegistry, front: FaultyFront, bundle: Path
) -> None:
    front.fail(UPLOAD, How.CUT, longer_than=1_000_000)
    progress = NotingProgress()
    outcome = push(bundle, front.host, plain_access(front.host), progress=progress)
    assert_all_there(empty, outcome)
    assert outcome.traffic.sent > outcome.traffic.uploaded
    assert progress.done == progress.total == outcome.traffic.uploaded
    assert front.requests("DELETE", "/blobs/uploads/")


def test_a_finished_blob_whose_answer_was_lost_is_not_sent_again(
    empty: RealRegistry, front: FaultyFront, bundle: Path
) -> None:
    front.fail(UPLOAD, How.LOSE_ANSWER, longer_than=1_000_000)
    outcome = pushed(front, bundle)
    assert_all_there(empty, outcome)
    assert outcome.traffic.sent == outcome.traffic.uploaded
    assert uploads_finished(empty)[f"sha256:{BIG_DIGEST}"] == 1


def test_an_expired_token_at_the_end_of_an_upload_is_renewed_on_the_same_address(
    empty: RealRegistry, front: FaultyFront, bundle: Path
) -> None:
    """Harbor answers so when a token expires between opening an upload and its end (#18860)."""
    front.fail(
        UPLOAD,
        How.READ_AND_REFUSE,
        status=401,
        headers={"WWW-Authenticate": 'Basic realm="harbor"'},
        longer_than=1_000_000,
    )
    access = with_login(plain_access(front.host), front.host, "anna", "right")
    outcome = push(bundle, front.host, access)
    assert_all_there(empty, outcome)
    refused, accepted = (one for one in front.requests("PUT") if BIG_DIGEST in one.path)
    assert (refused.status, accepted.status) == (401, 201)
    assert refused.path == accepted.path


@pytest.mark.parametrize("how", [How.READ_AND_REFUSE, How.REFUSE])
def test_a_proxy_that_limits_bodies_gets_smaller_ones(
    empty: RealRegistry, front: FaultyFront, bundle: Path, how: How
) -> None:
    front.fail("PUT|PATCH", how, status=413, times=99, longer_than=1 << 20)
    assert_all_there(empty, pushed(front, bundle))
    chunks = [one.length for one in front.requests("PATCH") if one.status == 202]
    assert chunks == [1_000_000, 1_000_000, 1_000_000, len(BIG.data) - 3_000_000]
    # Harbor takes the last request's size for the blob's.
    last = [one for one in front.requests("PUT", "/blobs/uploads/") if BIG_DIGEST in one.path]
    assert [one.length for one in last if one.status == 201] == [0]


BIG_DIGEST = make.digest_of(BIG.data).partition(":")[2]


def test_a_limit_that_is_below_the_smallest_chunk_is_told(front: FaultyFront, bundle: Path) -> None:
    front.fail("PUT|PATCH", How.READ_AND_REFUSE, status=413, times=99, longer_than=100_000)
    outcome = pushed(front, bundle)
    assert isinstance(outcome.stopped, TooLargeError)
    assert "client_max_body_size" in outcome.stopped.remedy


def test_a_proxy_that_limits_time_gets_smaller_bodies(
    empty: RealRegistry, front: FaultyFront, bundle: Path
) -> None:
    front.fail("PUT", How.READ_AND_REFUSE, status=504, longer_than=2_000_000)
    front.fail("PATCH", How.READ_AND_REFUSE, status=504, longer_than=2_000_000)
    assert_all_there(empty, pushed(front, bundle))


def test_connections_that_are_cut_again_and_again_lead_to_chunks(
    empty: RealRegistry, front: FaultyFront, tmp_path: Path
) -> None:
    one = make.image([make.layer({"huge.bin": noise(65 << 20, 2)}, "none")])
    bundle = tiny_bundle({f"{REPOSITORY}:1": one}).write(tmp_path / "huge.tar.zst")
    front.fail(UPLOAD, How.CUT, times=2, longer_than=64 << 20)
    outcome = pushed(front, bundle)
    assert outcome.errors == ()
    assert served(empty, REPOSITORY, "1")[0] == one.digest
    assert len(front.requests("PATCH")) == 2


def test_chunks_that_break_begin_anew(
    empty: RealRegistry, front: FaultyFront, bundle: Path
) -> None:
    front.fail("PUT", How.READ_AND_REFUSE, status=413, times=99, longer_than=1 << 20)
    front.fail("PATCH", How.READ_AND_REFUSE, status=413, times=2, longer_than=1 << 20)
    front.fail("PATCH", How.CUT, longer_than=900_000)
    assert_all_there(empty, pushed(front, bundle))


@pytest.mark.parametrize(
    "location",
    [
        lambda told: "/" + told.split("/", 3)[3],
        lambda told: told.replace("http://", "https://"),
        lambda told: "http://unknown.invalid:81/" + told.split("/", 3)[3],
    ],
    ids=["path only", "another scheme", "another host"],
)
def test_uploads_stay_at_the_configured_registry(
    empty: RealRegistry, front: FaultyFront, bundle: Path, location: object
) -> None:
    front.new_location = location  # type: ignore[assignment]
    assert_all_there(empty, pushed(front, bundle))


@pytest.mark.parametrize("location", ["x:@127.0.0.2/stolen", "x:.evil.example/stolen", ""])
def test_an_address_that_would_lead_to_another_host_is_none(
    front: FaultyFront, bundle: Path, location: str
) -> None:
    front.new_location = lambda _: location
    with pytest.raises(NetworkError, match="does not say where"):
        pushed(front, bundle)


def test_a_registry_that_forgets_an_upload_gets_a_new_one(
    empty: RealRegistry, front: FaultyFront, bundle: Path
) -> None:
    unknown = b'{"errors":[{"code":"BLOB_UPLOAD_UNKNOWN","message":"blob upload unknown"}]}'
    front.fail(UPLOAD, How.READ_AND_REFUSE, status=404, body=unknown)
    assert_all_there(empty, pushed(front, bundle))


def test_a_registry_that_forgets_a_blob_gets_it_again(
    empty: RealRegistry, front: FaultyFront, bundle: Path
) -> None:
    unknown = b'{"errors":[{"code":"MANIFEST_BLOB_UNKNOWN","message":"blob unknown to registry"}]}'
    front.fail("PUT /v2/.*/manifests/", How.READ_AND_REFUSE, status=400, body=unknown)
    front.fail(f"HEAD /v2/.*/blobs/sha256:{BIG_DIGEST}", How.REFUSE, status=404, times=2)
    assert_all_there(empty, pushed(front, bundle))
    assert uploads_finished(empty)[f"sha256:{BIG_DIGEST}"] == 2


@pytest.mark.parametrize(
    ("status", "message", "kind", "told"),
    [
        (
            403,
            QUOTA,
            SpaceError,
            "the quota is used up",
        ),
        (
            403,
            b"The system is in read only mode. Any modification is prohibited.",
            SpaceError,
            "is read-only now",
        ),
        (507, b"", SpaceError, "the disk of"),
        (403, b"requested access to the resource is denied", AuthenticationError, "credentials"),
    ],
)
def test_what_is_refused_for_good_is_told_once_and_not_tried_again(
    front: FaultyFront,
    bundle: Path,
    status: int,
    message: bytes,
    kind: type[Exception],
    told: str,
) -> None:
    front.fail(UPLOAD, How.READ_AND_REFUSE, status=status, body=DENIED % message, times=99)
    outcome = pushed(front, bundle)
    (error,) = outcome.errors
    assert isinstance(error, kind)
    assert told in str(error)
    assert outcome.images[0].state is State.LEFT
    big = [one for one in front.requests("PUT", "/blobs/") if BIG_DIGEST in one.path]
    assert len(big) <= 1


def test_a_tag_that_may_not_be_moved_fails_its_image(
    empty: RealRegistry, front: FaultyFront, bundle: Path
) -> None:
    told = b"Failed to process request due to 'app:1' configured as immutable."
    front.fail("PUT /v2/.*/manifests/1", How.READ_AND_REFUSE, status=412, body=DENIED % told)
    outcome = pushed(front, bundle)
    (error,) = outcome.errors
    assert isinstance(error, UsageError)
    assert REPOSITORY in str(error)
    assert not is_there(empty, REPOSITORY, "1")


OTHER = {"Docker-Content-Digest": f"sha256:{'0' * 64}"}


def test_a_manifest_that_is_kept_as_another_one_is_told(front: FaultyFront, bundle: Path) -> None:
    front.fail("PUT .*/manifests/", How.READ_AND_REFUSE, status=201, headers=OTHER)
    (error,) = pushed(front, bundle).errors
    assert f"was given manifest {IMAGE.digest} and keeps sha256:000" in str(error)


def test_a_tag_that_shows_something_else_afterwards_is_told(
    front: FaultyFront, bundle: Path
) -> None:
    def watch(line: str) -> None:
        if re.fullmatch("PUT .*/manifests/1", line):
            front.fail("HEAD .*/manifests/1", How.REFUSE, status=200, headers=OTHER)

    front.on_request = watch
    (error,) = pushed(front, bundle).errors
    assert f"was pushed as {IMAGE.digest} and is served as sha256:000" in str(error)


def test_a_manifest_that_is_refused_fails_its_image_alone(
    empty: RealRegistry, front: FaultyFront, tmp_path: Path
) -> None:
    other = make.image([make.layer({"other.txt": b"other"})])
    images = {f"{REPOSITORY}:1": IMAGE, "quay.io/team/other:1": other}
    bundle = tiny_bundle(images).write(tmp_path / "two.tar.zst")
    invalid = b'{"errors":[{"code":"MANIFEST_INVALID","message":"unknown layer type"}]}'
    front.fail(f"PUT .*{REPOSITORY}/manifests/", How.READ_AND_REFUSE, status=400, body=invalid)
    outcome = pushed(front, bundle)
    assert {one.origin.repository: one.state for one in outcome.images} == {
        "team/app": State.FAILED,
        "team/other": State.PUSHED,
    }
    assert "unknown layer type" in str(outcome.errors[0])


@pytest.mark.parametrize("status", [400, 401, 405])
def test_a_mount_that_is_refused_becomes_an_upload(
    empty: RealRegistry, front: FaultyFront, tmp_path: Path, status: int
) -> None:
    images = {"quay.io/a/one:1": IMAGE, "quay.io/b/two:1": IMAGE}
    bundle = tiny_bundle(images).write(tmp_path / "two.tar.zst")
    front.fail("mount=", How.READ_AND_REFUSE, status=status, times=99)
    outcome = pushed(front, bundle)
    assert outcome.errors == ()
    assert outcome.traffic.mounted == 0
    assert served(empty, "quay.io/b/two", "1")[0] == IMAGE.digest


def test_a_registry_that_does_not_mount_gets_the_blob_into_the_upload_that_it_opens(
    empty: RealRegistry, front: FaultyFront, tmp_path: Path
) -> None:
    images = {"quay.io/a/one:1": IMAGE, "quay.io/b/two:1": IMAGE}
    bundle = tiny_bundle(images).write(tmp_path / "two.tar.zst")
    front.rewrite = lambda path: path.partition("?mount=")[0]
    outcome = pushed(front, bundle)
    assert outcome.errors == ()
    posts = len(front.requests("POST"))
    assert posts == 1 + 2 * len(IMAGE.blobs) - 2  # a look, and one upload a blob and repository
    assert served(empty, "quay.io/b/two", "1")[0] == IMAGE.digest


def test_a_registry_that_takes_sparse_indexes_gets_the_whole_one(
    front: FaultyFront, tmp_path: Path
) -> None:
    """Not docker-registry: the front stands for one that does not look at children."""
    amd, arm = make.image([BIG]), make.image(platform="linux/arm64")
    index = make.index([amd, arm])
    bundle = without(tiny_bundle({f"{REPOSITORY}:1": index}), [arm])
    path = bundle.write(tmp_path / "sparse.tar.zst")
    front.fail("PUT .*/manifests/sha256:", How.READ_AND_REFUSE, status=201, times=2)
    front.fail("PUT .*/manifests/1", How.READ_AND_REFUSE, status=201)
    front.fail("DELETE .*/manifests/", How.READ_AND_REFUSE, status=202)
    outcome = pushed(front, path)
    assert str(outcome.images[0].digest) == index.digest
    probe, deleted = front.requests("PUT", "/manifests/")[0], front.requests("DELETE")[-1]
    assert probe.path == deleted.path


def test_a_sparse_index_that_is_refused_after_all_is_narrowed(
    empty: RealRegistry, front: FaultyFront, tmp_path: Path
) -> None:
    arm = make.image(platform="linux/arm64")
    bundle = without(tiny_bundle({f"{REPOSITORY}:1": make.index([IMAGE, arm])}), [arm])
    front.fail("PUT .*/manifests/", How.READ_AND_REFUSE, status=201)  # the question
    outcome = pushed(front, bundle.write(tmp_path / "sparse.tar.zst"))
    assert_all_there(empty, outcome)


def test_a_project_that_is_not_there_is_told_with_what_to_do(
    front: FaultyFront, bundle: Path
) -> None:
    told = b'{"errors":[{"code":"UNAUTHORIZED","message":"project site not found: project site"}]}'
    front.fail("POST", How.READ_AND_REFUSE, status=401, body=told, times=9)
    with pytest.raises(MissingError, match="no project") as caught:
        pushed(front, bundle)
    assert "--create-project" in caught.value.remedy


def test_a_registry_that_breaks_for_good_stops_the_push(
    empty: RealRegistry, front: FaultyFront, bundle: Path
) -> None:
    front.fail(UPLOAD, How.CUT, times=99)
    outcome = pushed(front, bundle)
    assert isinstance(outcome.stopped, NetworkError)
    assert not is_there(empty, REPOSITORY, "1")
    front.faults.clear()
    assert_all_there(empty, pushed(front, bundle))


@pytest.mark.parametrize("how", [How.READ_AND_REFUSE, How.REFUSE])
def test_a_body_limit_behind_tls(
    empty: RealRegistry, bundle: Path, tmp_path: Path, how: How
) -> None:
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    with faulty_front(empty.host, context) as front:
        front.fail("PUT|PATCH", how, status=413, times=99, longer_than=1 << 20)
        assert_all_there(empty, push(bundle, front.host, trusting_access(tmp_path / "ca.pem")))
