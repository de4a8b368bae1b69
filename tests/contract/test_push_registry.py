"""Pushing into a real docker-registry: what is sent, what is there afterwards, and what is not."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest
import trustme

from cube_airgap.digest import Digest
from cube_airgap.errors import (
    AuthenticationError,
    IntegrityError,
    MissingError,
    NetworkError,
    SpaceError,
    UsageError,
)
from cube_airgap.registry.registries import Registries
from cube_airgap.registry.repository import Repository
from cube_push.outcome import State
from cube_push.sparse_indexes import SparseIndex
from tests.support import image_factory as make
from tests.support.bundle_factory import tiny_bundle, write_volumes
from tests.support.faulty_registry import scripted_registry
from tests.support.noting_progress import NotingProgress
from tests.support.pushing import (
    PROJECT,
    is_there,
    push,
    requests_seen,
    served,
    uploads_finished,
    with_referrers,
    without,
)
from tests.support.real_registry import RealRegistry, RegistryOptions, running_registry
from tests.support.registry_access import plain_access, trusting_access, with_login
from tests.support.small_disk import enlarge, small_disk
from tests.support.token_service import TokenService

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

BASE = make.layer({"base.txt": b"base" * 1000})
WEB = make.image([BASE, make.layer({"web.txt": b"web"})])
JOB = make.image([BASE, make.layer({"job.txt": b"job"}, "none")], docker=True)
BOTH = {"docker.io/library/web:1": WEB, "quay.io/team/job:2": JOB}


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[RealRegistry]:
    with running_registry(tmp_path / "registry") as running:
        yield running


def test_everything_is_there_under_its_relocated_name(empty: RealRegistry, tmp_path: Path) -> None:
    bundle = tiny_bundle(BOTH).write(tmp_path / "b.tar.zst")
    outcome = push(bundle, empty.host, plain_access(empty.host))
    assert [one.state for one in outcome.images] == [State.PUSHED] * 2
    assert outcome.errors == ()
    assert served(empty, "docker.io/library/web", "1") == (WEB.digest, make.OCI_MANIFEST)
    assert served(empty, "quay.io/team/job", "2") == (JOB.digest, make.DOCKER_MANIFEST)


def test_each_blob_is_sent_once_and_mounted_elsewhere(empty: RealRegistry, tmp_path: Path) -> None:
    bundle = tiny_bundle(BOTH).write(tmp_path / "b.tar.zst")
    outcome = push(bundle, empty.host, plain_access(empty.host))
    blobs = {**WEB.blobs, **JOB.blobs}
    del blobs[WEB.digest], blobs[JOB.digest]
    assert uploads_finished(empty) == dict.fromkeys(blobs, 1)
    assert outcome.traffic.sent == outcome.traffic.uploaded == sum(map(len, blobs.values()))
    assert outcome.traffic.mounted == 1


def test_a_second_push_only_asks_and_reads_no_blob(
    empty: RealRegistry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bundle = tiny_bundle(BOTH).write(tmp_path / "b.tar.zst")
    push(bundle, empty.host, plain_access(empty.host))
    before = empty.log.stat().st_size

    def no_blob(*_: object) -> None:
        raise AssertionError("a blob was read")

    monkeypatch.setattr("cube_airgap.bundle.Bundle.read_blob", no_blob)
    outcome = push(bundle, empty.host, plain_access(empty.host))
    assert [one.state for one in outcome.images] == [State.THERE] * 2
    asked = requests_seen(empty, before)
    assert sorted(method for method, _, _ in asked) == ["GET", "HEAD", "HEAD"]
    assert [path for method, path, _ in asked if method == "GET"] == ["/v2/"]


def test_a_refresh_sends_what_is_new_only(empty: RealRegistry, tmp_path: Path) -> None:
    old = tiny_bundle(BOTH).write(tmp_path / "old.tar.zst")
    push(old, empty.host, plain_access(empty.host))
    newer = make.image([BASE, make.layer({"web.txt": b"web 2"})])
    new = tiny_bundle(BOTH | {"docker.io/library/web:1": newer}).write(tmp_path / "new.tar.zst")
    outcome = push(new, empty.host, plain_access(empty.host))
    assert {one.origin.repository: one.state for one in outcome.images} == {
        "library/web": State.PUSHED,
        "team/job": State.THERE,
    }
    assert served(empty, "docker.io/library/web", "1")[0] == newer.digest
    assert max(uploads_finished(empty).values()) == 1


def test_a_new_image_mounts_from_images_that_are_there(empty: RealRegistry, tmp_path: Path) -> None:
    push(
        tiny_bundle({"quay.io/z/last:1": WEB}).write(tmp_path / "1.tar.zst"),
        empty.host,
        plain_access(empty.host),
    )
    both = tiny_bundle({"quay.io/a/first:1": WEB, "quay.io/z/last:1": WEB})
    outcome = push(both.write(tmp_path / "2.tar.zst"), empty.host, plain_access(empty.host))
    assert (outcome.traffic.blobs, outcome.traffic.mounted) == (0, 3)
    assert served(empty, "quay.io/a/first", "1")[0] == WEB.digest


def test_an_image_by_digest_alone_is_pushed_without_tag(
    empty: RealRegistry, tmp_path: Path
) -> None:
    name = f"quay.io/team/app@{WEB.digest}"
    bundle = tiny_bundle({name: WEB}).write(tmp_path / "b.tar.zst")
    push(bundle, empty.host, plain_access(empty.host))
    assert served(empty, "quay.io/team/app", WEB.digest)[0] == WEB.digest
    again = push(bundle, empty.host, plain_access(empty.host))
    assert again.images[0].state is State.THERE


def test_a_whole_index_keeps_its_bytes(empty: RealRegistry, tmp_path: Path) -> None:
    both = make.attested(make.image())
    bundle = tiny_bundle({"quay.io/team/app:1": both}).write(tmp_path / "b.tar.zst")
    push(bundle, empty.host, plain_access(empty.host), sparse=SparseIndex.KEEP)
    assert served(empty, "quay.io/team/app", "1") == (both.digest, make.OCI_INDEX)


AMD, ARM, S390 = (
    make.image([BASE, make.layer({"a": name.encode()})], platform=f"linux/{name}")
    for name in ("amd64", "arm64", "s390x")
)


def test_an_index_with_one_platform_left_becomes_that_manifest(
    empty: RealRegistry, tmp_path: Path
) -> None:
    index = make.index([AMD, ARM])
    bundle = without(tiny_bundle({"quay.io/team/app:1": index}), [ARM])
    path, progress = bundle.write(tmp_path / "b.tar.zst"), NotingProgress()
    outcome = push(path, empty.host, plain_access(empty.host), progress=progress)
    assert served(empty, "quay.io/team/app", "1") == (AMD.digest, make.OCI_MANIFEST)
    (image,) = outcome.images
    assert (str(image.digest), str(image.origin_digest)) == (AMD.digest, index.digest)
    assert "without mention of the platforms" in progress.notes[0]
    assert push(path, empty.host, plain_access(empty.host)).images[0].state is State.THERE


def test_an_index_with_several_platforms_left_becomes_a_smaller_one(
    empty: RealRegistry, tmp_path: Path
) -> None:
    index = make.index([AMD, ARM, S390])
    bundle = without(tiny_bundle({"quay.io/team/app:1": index}), [S390])
    path = bundle.write(tmp_path / "b.tar.zst")
    push(path, empty.host, plain_access(empty.host))
    digest, kind = served(empty, "quay.io/team/app", "1")
    assert kind == make.OCI_INDEX
    assert digest not in {index.digest, AMD.digest}
    assert is_there(empty, "quay.io/team/app", ARM.digest)


def test_keeping_a_sparse_index_is_refused_before_anything_is_sent(
    empty: RealRegistry, tmp_path: Path
) -> None:
    bundle = without(tiny_bundle({"quay.io/team/app:1": make.index([AMD, ARM])}), [ARM])
    path = bundle.write(tmp_path / "b.tar.zst")
    with pytest.raises(UsageError, match=r"takes no index with absent platforms.*quay.io/team/app"):
        push(path, empty.host, plain_access(empty.host), sparse=SparseIndex.KEEP)
    assert not uploads_finished(empty)


def test_a_signature_is_there_before_the_tag_is(empty: RealRegistry, tmp_path: Path) -> None:
    sbom, signature = make.artifact(WEB), make.artifact(payload=b"signed")
    tag = make.cosign_tag(WEB)
    bundle = with_referrers(
        {"quay.io/team/app:1": WEB}, {"quay.io/team/app:1": [(sbom, ""), (signature, tag)]}
    )
    path = bundle.write(tmp_path / "b.tar.zst")
    push(path, empty.host, plain_access(empty.host))
    assert served(empty, "quay.io/team/app", tag)[0] == signature.digest
    puts = [
        one.rpartition("/")[2]
        for method, one, _ in requests_seen(empty)
        if method == "PUT" and "/manifests/" in one
    ]
    fallback = tag.removesuffix(".sig")
    assert puts == [WEB.digest, sbom.digest, fallback, tag, "1"]
    assert push(path, empty.host, plain_access(empty.host)).images[0].state is State.THERE


def test_referrers_are_found_where_the_registry_has_no_such_api(
    empty: RealRegistry, tmp_path: Path
) -> None:
    one, two = make.artifact(WEB), make.artifact(WEB, payload=b"another")
    bundle = with_referrers(
        {"quay.io/team/app:1": WEB}, {"quay.io/team/app:1": [(one, ""), (two, "")]}
    )
    access = plain_access(empty.host)
    push(bundle.write(tmp_path / "b.tar.zst"), empty.host, access)
    with Registries(access) as registries:
        destination = registries.destination(empty.host)
        name = f"{PROJECT}/quay.io/team/app"
        reader = Repository(destination.endpoint, name, destination.retries)
        found = reader.referrers(Digest.parse(WEB.digest))
    assert {str(each.descriptor.digest) for each in found} == {one.digest, two.digest}
    assert {each.descriptor.artifact_type for each in found} == {"application/vnd.example.sbom"}


def test_signatures_that_the_site_added_stay(empty: RealRegistry, tmp_path: Path) -> None:
    theirs, ours = make.artifact(payload=b"theirs"), make.artifact(payload=b"ours")
    tag = make.cosign_tag(WEB)
    make.push(empty.url, f"{PROJECT}/quay.io/team/app", tag, theirs)
    bundle = with_referrers({"quay.io/team/app:1": WEB}, {"quay.io/team/app:1": [(ours, tag)]})
    push(bundle.write(tmp_path / "b.tar.zst"), empty.host, plain_access(empty.host))
    assert served(empty, "quay.io/team/app", tag)[0] == theirs.digest


def test_only_the_images_of_a_damaged_blob_fail(empty: RealRegistry, tmp_path: Path) -> None:
    other = make.image([make.layer({"other.txt": b"other"})])
    bundle = tiny_bundle(BOTH | {"quay.io/team/other:1": other})
    damaged = next(one for one in bundle.members if one.data == BASE.data)
    bundle.members[bundle.members.index(damaged)] = type(damaged)(
        damaged.path, bytes(len(damaged.data)), damaged.encoded, damaged.large
    )
    outcome = push(bundle.write(tmp_path / "b.tar.zst"), empty.host, plain_access(empty.host))
    assert {one.origin.repository: one.state for one in outcome.images} == {
        "library/web": State.FAILED,
        "team/job": State.FAILED,
        "team/other": State.PUSHED,
    }
    (error,) = outcome.errors
    assert isinstance(error, IntegrityError)
    assert "library/web:1" in str(error)
    assert "team/job:2" in str(error)
    assert not is_there(empty, "docker.io/library/web", "1")
    assert make.digest_of(BASE.data) not in uploads_finished(empty)


def test_a_damaged_manifest_fails_its_image_alone(empty: RealRegistry, tmp_path: Path) -> None:
    bundle = tiny_bundle(BOTH)
    member = next(one for one in bundle.members if one.data == WEB.root)
    bundle.members[bundle.members.index(member)] = type(member)(
        member.path, b" " * len(member.data), member.encoded, member.large
    )
    outcome = push(bundle.write(tmp_path / "b.tar.zst"), empty.host, plain_access(empty.host))
    assert [one.state for one in outcome.images] == [State.FAILED, State.PUSHED]


def test_a_blob_that_neither_side_has_is_told_before_anything_is_sent(
    empty: RealRegistry, tmp_path: Path
) -> None:
    bundle = tiny_bundle(BOTH)
    digest = make.digest_of(BASE.data)
    bundle.catalogue["blobs"] = [
        one for one in bundle.catalogue["blobs"] if one["digest"] != digest
    ]
    bundle.members = [one for one in bundle.members if one.data != BASE.data]
    path = bundle.write(tmp_path / "b.tar.zst")
    with pytest.raises(MissingError, match=digest) as caught:
        push(path, empty.host, plain_access(empty.host))
    assert all(name in caught.value.what for name in BOTH)
    assert not uploads_finished(empty)
    whole = tiny_bundle(BOTH).write(tmp_path / "whole.tar.zst")
    push(whole, empty.host, plain_access(empty.host))
    assert {one.state for one in push(path, empty.host, plain_access(empty.host)).images} == {
        State.THERE
    }


def test_volumes_are_pushed_as_one_file_is(empty: RealRegistry, tmp_path: Path) -> None:
    path = write_volumes(tmp_path, tiny_bundle(BOTH).encode(), 1500)
    outcome = push(path, empty.host, plain_access(empty.host))
    assert [one.state for one in outcome.images] == [State.PUSHED] * 2


def test_basic_login(tmp_path: Path) -> None:
    path = tiny_bundle(BOTH).write(tmp_path / "b.tar.zst")
    options = RegistryOptions(users=(("anna", "right"),))
    with running_registry(tmp_path / "registry", options) as registry:
        access = plain_access(registry.host)
        push(path, registry.host, with_login(access, registry.host, "anna", "right"))
        with pytest.raises(AuthenticationError, match="refuses the credentials of anna"):
            push(path, registry.host, with_login(access, registry.host, "anna", "wrong"))
        with pytest.raises(AuthenticationError, match="wants credentials"):
            push(path, registry.host, access)


def test_tls_with_a_private_authority(tmp_path: Path) -> None:
    path = tiny_bundle(BOTH).write(tmp_path / "b.tar.zst")
    authority = trustme.CA()
    issued = authority.issue_cert("127.0.0.1")
    certificate, key, ca = (tmp_path / name for name in ("cert.pem", "key.pem", "ca.pem"))
    issued.cert_chain_pems[0].write_to_path(certificate)
    issued.private_key_pem.write_to_path(key)
    authority.cert_pem.write_to_path(ca)
    options = RegistryOptions(certificate=(certificate, key))
    with running_registry(tmp_path / "registry", options) as registry:
        outcome = push(path, registry.host, trusting_access(ca))
        assert outcome.errors == ()
        with pytest.raises(NetworkError, match="is not trusted"):
            push(path, registry.host, plain_access())


def test_http_where_https_is_meant(empty: RealRegistry, tmp_path: Path) -> None:
    path = tiny_bundle(BOTH).write(tmp_path / "b.tar.zst")
    with pytest.raises(NetworkError, match="speaks plain HTTP where TLS is expected"):
        push(path, empty.host, plain_access())


def test_tokens_that_have_expired_are_renewed(tmp_path: Path) -> None:
    path = tiny_bundle(BOTH).write(tmp_path / "b.tar.zst")
    with scripted_registry() as server:
        tokens = TokenService(server, users={"anna": "right"}, lives=[-120])
        options = RegistryOptions(token=tokens.registry_settings(tmp_path))
        with running_registry(tmp_path / "registry", options) as registry:
            access = plain_access(registry.host, server.host)
            outcome = push(path, registry.host, with_login(access, registry.host, "anna", "right"))
        assert outcome.errors == ()
        assert tokens.lives == []
        assert outcome.traffic.mounted == 1  # with a token for both repositories


def test_a_full_disk_is_told_and_gone_on_with(tmp_path: Path) -> None:
    big = make.image([make.layer({"big.bin": bytes(range(256)) * 8192}, "none")])
    path = tiny_bundle({"quay.io/team/big:1": big}).write(tmp_path / "b.tar.zst")
    with small_disk(tmp_path / "disk", 1 << 20) as disk, running_registry(disk) as registry:
        outcome = push(path, registry.host, plain_access(registry.host))
        assert isinstance(outcome.stopped, SpaceError)
        assert "the disk of" in str(outcome.stopped)
        assert not is_there(registry, "quay.io/team/big", "1")
        enlarge(disk, 16 << 20)
        again = push(path, registry.host, plain_access(registry.host))
        assert again.images[0].state is State.PUSHED


def test_two_pushes_at_once_do_not_disturb_each_other(empty: RealRegistry, tmp_path: Path) -> None:
    path = tiny_bundle(BOTH).write(tmp_path / "b.tar.zst")
    outcomes = []
    threads = [
        threading.Thread(
            target=lambda: outcomes.append(push(path, empty.host, plain_access(empty.host)))
        )
        for _ in range(2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [one.errors for one in outcomes] == [(), ()]
    assert served(empty, "docker.io/library/web", "1")[0] == WEB.digest
