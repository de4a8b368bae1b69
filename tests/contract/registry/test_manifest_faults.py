"""What goes wrong with manifests, tags and referrers."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from cube_airgap.digest import Digest
from cube_airgap.errors import (
    AuthenticationError,
    IntegrityError,
    MissingError,
    NetworkError,
    UsageError,
)
from cube_airgap.manifest import LARGEST_MANIFEST
from cube_airgap.registry.registries import Registries
from tests.support import image_factory as make
from tests.support.faulty_registry import Ending, Reply, Seen, manifest_reply
from tests.support.registry_access import plain_access, reference

if TYPE_CHECKING:
    from cube_airgap.image_source import Referrer
    from cube_airgap.manifest import Manifest
    from tests.support.faulty_registry import ScriptedRegistry

IMAGE = make.image()
DIGEST = Digest.parse(IMAGE.digest)
PATH = "/v2/team/app/manifests/1"
PINNED = f"/v2/team/app/manifests/{IMAGE.digest}"
TAGS = "/v2/team/app/tags/list"
REFERRERS = f"/v2/team/app/referrers/{IMAGE.digest}"
FALLBACK = f"/v2/team/app/manifests/{IMAGE.digest.replace(':', '-')}"
NOT_FOUND = Reply(404, b'{"errors":[{"code":"MANIFEST_UNKNOWN","message":"manifest unknown"}]}')
PAGE = Reply(body=b"<!doctype html>", headers={"Content-Type": "text/html"})


def resolve(scripted: ScriptedRegistry, digest: Digest | None = None) -> Manifest:
    name = reference(scripted.host)
    with Registries(plain_access(scripted.host)) as registries:
        return registries.repository(name).resolve(name.at(digest) if digest else name)


def referrers(scripted: ScriptedRegistry) -> tuple[Referrer, ...]:
    with Registries(plain_access(scripted.host)) as registries:
        return registries.repository(reference(scripted.host)).referrers(DIGEST)


def without_cosign(scripted: ScriptedRegistry) -> None:
    for ending in ("sig", "att", "sbom"):
        scripted.expect(f"{FALLBACK}.{ending}", NOT_FOUND)


def test_every_type_of_manifest_is_accepted(scripted: ScriptedRegistry) -> None:
    scripted.expect(PATH, manifest_reply(IMAGE.root))
    assert resolve(scripted).raw == IMAGE.root
    accepted = scripted.requests(PATH)[0].headers["accept"]
    for media_type in (make.OCI_INDEX, make.OCI_MANIFEST, make.DOCKER_LIST, make.DOCKER_MANIFEST):
        assert media_type in accepted


def test_wrong_bytes_under_a_digest_are_refused(scripted: ScriptedRegistry) -> None:
    scripted.expect(PINNED, Reply(body=IMAGE.root + b" "))
    with pytest.raises(IntegrityError, match="other bytes than its digest"):
        resolve(scripted, DIGEST)


def test_a_registry_that_contradicts_itself_is_refused(scripted: ScriptedRegistry) -> None:
    wrong = {"Docker-Content-Digest": str(Digest.of(b"something else"))}
    scripted.expect(PATH, Reply(body=IMAGE.root, headers=wrong))
    with pytest.raises(IntegrityError, match="other bytes than its digest"):
        resolve(scripted)


def test_a_size_that_is_not_the_index_s_is_refused(scripted: ScriptedRegistry) -> None:
    child = make.index([IMAGE])
    spoiled = child.root.replace(b'"size":', b'"size":1', 1)
    scripted.expect(PATH, manifest_reply(spoiled, make.OCI_INDEX))
    scripted.expect(PINNED, manifest_reply(IMAGE.root))
    name = reference(scripted.host)
    with Registries(plain_access(scripted.host)) as registries:
        repository = registries.repository(name)
        (entry,) = repository.resolve(name).children
        with pytest.raises(IntegrityError, match=f"has {len(IMAGE.root)} bytes"):
            repository.manifest(entry)


@pytest.mark.parametrize("headers", [{}, {"Content-Length": "", "Connection": "close"}])
def test_a_manifest_over_the_limit_is_refused(
    scripted: ScriptedRegistry, headers: dict[str, str]
) -> None:
    body = b" " * (LARGEST_MANIFEST + 1)
    ending = Ending.CLOSE if headers else Ending.COMPLETE
    scripted.expect(PATH, Reply(body=body, headers=headers, ending=ending, cut=len(body)))
    with pytest.raises(IntegrityError, match="larger than a manifest may be"):
        resolve(scripted)


def test_a_cut_manifest_is_asked_for_again(scripted: ScriptedRegistry) -> None:
    cut = Reply(body=IMAGE.root, ending=Ending.CLOSE, cut=100)
    scripted.expect(PATH, cut, Reply(503), manifest_reply(IMAGE.root))
    assert resolve(scripted).raw == IMAGE.root


def test_schema_1_is_refused(scripted: ScriptedRegistry) -> None:
    body = b'{"schemaVersion":1,"name":"team/app","tag":"1","fsLayers":[]}'
    scripted.expect(PATH, Reply(body=body))
    with pytest.raises(UsageError, match="schema 1"):
        resolve(scripted)


@pytest.mark.parametrize("body", [b"", b"null", b"[]", b'"text"', b"\xff\xfe", b"{}"])
def test_what_is_no_manifest_is_refused(scripted: ScriptedRegistry, body: bytes) -> None:
    scripted.expect(PATH, Reply(body=body))
    with pytest.raises(IntegrityError):
        resolve(scripted)


def test_a_web_page_for_a_manifest_is_recognised(scripted: ScriptedRegistry) -> None:
    scripted.expect(PATH, PAGE)
    with pytest.raises(NetworkError, match="web page"):
        resolve(scripted)


def test_a_web_page_for_the_greeting_is_recognised(scripted: ScriptedRegistry) -> None:
    scripted.always("/v2/", PAGE)
    with pytest.raises(NetworkError, match="web page"):
        resolve(scripted)


def test_a_web_page_that_says_not_found_is_no_answer_about_the_image(
    scripted: ScriptedRegistry,
) -> None:
    scripted.expect(PATH, Reply(404, b"<html>", {"Content-Type": "text/html"}))
    with pytest.raises(NetworkError, match=r"web page \(status 404\)"):
        resolve(scripted)


def test_tags_are_read_through_all_pages(scripted: ScriptedRegistry) -> None:
    link = f'<{TAGS}?last=b&n=2>; rel="next"'
    scripted.expect(PATH, NOT_FOUND)
    scripted.expect(
        TAGS,
        Reply(body=b'{"name":"team/app","tags":["a","b"]}', headers={"Link": link}),
        Reply(body=b'{"name":"team/app","tags":["10"]}'),
    )
    with pytest.raises(MissingError) as caught:
        resolve(scripted)
    assert caught.value.remedy == "there are: 10"


def test_tags_without_end_are_not_read_for_ever(scripted: ScriptedRegistry) -> None:
    def page(_seen: Seen) -> Reply:
        number = len(scripted.requests(TAGS))
        tags = [f"{number}-{index}" for index in range(30_000)]
        link = f'<{TAGS}?last={number}>; rel="next"'
        return Reply(body=make.as_json({"tags": [*tags, "x" * 1000, 5]}), headers={"Link": link})

    scripted.expect(PATH, NOT_FOUND)
    scripted.always(TAGS, page)
    with pytest.raises(MissingError, match="has no tag 1"):
        resolve(scripted)
    assert len(scripted.requests(TAGS)) == 4


def test_pages_are_never_read_from_another_host(scripted: ScriptedRegistry) -> None:
    link = '<http://evil.invalid/v2/team/app/tags/list?last=b>; rel="next"'
    scripted.expect(PATH, NOT_FOUND)
    scripted.expect(
        TAGS, Reply(body=b'{"tags":["a"]}', headers={"Link": link}), Reply(body=b'{"tags":null}')
    )
    with pytest.raises(MissingError):
        resolve(scripted)


def test_tags_of_signatures_are_not_proposed(scripted: ScriptedRegistry) -> None:
    scripted.expect(PATH, NOT_FOUND)
    scripted.expect(TAGS, Reply(body=b'{"tags":["2024","sha256-0123.sig"]}'))
    with pytest.raises(MissingError) as caught:
        resolve(scripted)
    assert caught.value.remedy == "there are: 2024"


@pytest.mark.parametrize("reply", [Reply(403), Reply(body=b"[]"), PAGE, Reply(400)])
def test_a_registry_that_lists_no_tags_is_put_up_with(
    scripted: ScriptedRegistry, reply: Reply
) -> None:
    scripted.expect(PATH, NOT_FOUND)
    scripted.expect(TAGS, reply)
    with pytest.raises(MissingError, match="team/app has no tag 1"):
        resolve(scripted)


def test_a_refused_repository_is_told_with_what_may_be_wrong(scripted: ScriptedRegistry) -> None:
    denied = b'{"errors":[{"code":"DENIED","message":"requested access is denied"}]}'
    scripted.expect(PATH, Reply(403, denied))
    with pytest.raises(AuthenticationError, match="requested access is denied"):
        resolve(scripted)


def test_what_a_policy_of_harbor_hides_is_told_as_such(scripted: ScriptedRegistry) -> None:
    unsigned = b'{"errors":[{"code":"PROJECTPOLICYVIOLATION","message":"The image is not signed"}]}'
    scripted.expect(PATH, Reply(412, unsigned))
    with pytest.raises(NetworkError, match=r"a rule of its project .* lets nobody pull") as caught:
        resolve(scripted)
    assert "content trust" in caught.value.remedy


def test_referrers_by_the_api_in_pages(scripted: ScriptedRegistry) -> None:
    entries = [make.artifact(IMAGE, payload=str(n).encode()) for n in range(2)]
    bodies = [make.index([], extra=[(one.descriptor, one)]).root for one in entries]
    link = f'<{REFERRERS}?page=2>; rel="next"'
    scripted.expect(REFERRERS, Reply(body=bodies[0], headers={"Link": link}), Reply(body=bodies[1]))
    without_cosign(scripted)
    found = [str(one.descriptor.digest) for one in referrers(scripted)]
    assert found == [one.digest for one in entries]


def test_referrers_without_end_are_not_read_for_ever(scripted: ScriptedRegistry) -> None:
    entries = [make.descriptor_of(b"%d" % number, make.OCI_MANIFEST) for number in range(6_000)]
    link = f'<{REFERRERS}?page=%d>; rel="next"'

    def page(_seen: Seen) -> Reply:
        number = len(scripted.requests(REFERRERS))
        return Reply(body=make.as_json({"manifests": entries}), headers={"Link": link % number})

    scripted.always(REFERRERS, page)
    without_cosign(scripted)
    assert len(referrers(scripted)) == 6_000
    assert len(scripted.requests(REFERRERS)) == 2


@pytest.mark.parametrize("body", [b"{}", b"null", b'{"manifests":null}', b'{"manifests":[]}'])
def test_no_referrers_by_the_api(scripted: ScriptedRegistry, body: bytes) -> None:
    scripted.expect(REFERRERS, Reply(body=body))
    without_cosign(scripted)
    assert referrers(scripted) == ()


@pytest.mark.parametrize(
    "reply", [Reply(404), Reply(400), Reply(401), Reply(403), Reply(405), PAGE]
)
def test_a_registry_without_the_api_is_asked_for_the_tag(
    scripted: ScriptedRegistry, reply: Reply
) -> None:
    sbom = make.artifact(IMAGE)
    listing = make.index([], extra=[(sbom.descriptor, sbom)])
    scripted.expect(REFERRERS, reply)
    scripted.expect(FALLBACK, manifest_reply(listing.root, make.OCI_INDEX))
    without_cosign(scripted)
    assert [str(one.descriptor.digest) for one in referrers(scripted)] == [sbom.digest]


def test_one_referrer_by_two_ways_is_told_once(scripted: ScriptedRegistry) -> None:
    signature = make.artifact(IMAGE)
    listing = make.index([], extra=[(signature.descriptor, signature)])
    scripted.expect(REFERRERS, Reply(body=listing.root))
    without_cosign(scripted)
    scripted._once[f"{FALLBACK}.sig"] = [manifest_reply(signature.root)]
    (found,) = referrers(scripted)
    assert found.tag.endswith(".sig")


def test_malformed_referrers_are_refused(scripted: ScriptedRegistry) -> None:
    body = json.dumps({"manifests": [{"digest": "sha256:../../x", "size": 1}]}).encode()
    scripted.expect(REFERRERS, Reply(body=body))
    with pytest.raises(IntegrityError):
        referrers(scripted)


def test_connections_outlive_answers_that_say_no(scripted: ScriptedRegistry) -> None:
    """Most manifests have no referrers; a new connection for each question would be dear."""
    scripted.expect(REFERRERS, Reply(404, b"404 page not found"))
    scripted.expect(FALLBACK, NOT_FOUND)
    without_cosign(scripted)
    referrers(scripted)
    assert len({seen.peer for seen in scripted.seen}) == 1
