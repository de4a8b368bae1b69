"""Mirrors are asked first; the origin has what they lack."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cube_airgap.digest import Digest
from cube_airgap.errors import IntegrityError, MissingError, NetworkError
from cube_airgap.reference import Reference
from cube_airgap.registry.access import Mirror
from cube_airgap.registry.registries import Registries
from tests.support.faulty_registry import Ending, Reply
from tests.support.image_factory import image, layer
from tests.support.real_registry import free_port
from tests.support.registry_access import plain_access, reference

if TYPE_CHECKING:
    from cube_airgap.image_source import ImageSource
    from tests.support.faulty_registry import ScriptedRegistry
    from tests.support.real_registry import RealRegistry

IMAGE = image([layer({"data": bytes(range(256)) * 1000}, "none")])
MANIFEST = "/v2/team/app/manifests/1"
NOT_FOUND = Reply(404, b'{"errors":[{"code":"MANIFEST_UNKNOWN"}]}')


def opened(registries: Registries, origin: str) -> ImageSource:
    return registries.repository(reference(origin))


def through(mirror: str, origin: str, prefix: str = "") -> Registries:
    return Registries(plain_access(mirror, origin, mirrors=(Mirror(origin, mirror, prefix),)))


def blob_of(one: ImageSource, host: str) -> bytes:
    layers = one.resolve(reference(host)).layers
    return b"".join(one.read_blob(layers[0]))


def test_the_origin_is_not_asked_for_what_the_mirror_has(
    scripted: ScriptedRegistry, other: ScriptedRegistry
) -> None:
    scripted.hold("team/app", "1", IMAGE)
    with through(scripted.host, other.host) as registries:
        blob_of(opened(registries, other.host), other.host)
    assert other.seen == []


def test_a_mirror_of_docker_hub_with_a_prefix(
    registry: RealRegistry, scripted: ScriptedRegistry
) -> None:
    registry.push("proxy/library/busybox", "1", IMAGE)
    mirror = Mirror.parse(f"docker.io={registry.host}/proxy")
    name = Reference.parse("busybox:1")
    with Registries(plain_access(registry.host, mirrors=(mirror,))) as registries:
        assert registries.repository(name).resolve(name).raw == IMAGE.root


def test_a_mirror_that_lacks_the_image(scripted: ScriptedRegistry, registry: RealRegistry) -> None:
    registry.push("team/app", "1", IMAGE)
    scripted.expect(MANIFEST, NOT_FOUND)
    scripted.expect("/v2/team/app/tags/list", Reply(body=b'{"tags":[]}'))
    with through(scripted.host, registry.host) as registries:
        name = reference(registry.host)
        assert opened(registries, registry.host).resolve(name).raw == IMAGE.root


def test_a_mirror_that_is_down_is_not_waited_for_again(registry: RealRegistry) -> None:
    registry.push("team/app", "1", IMAGE)
    with through(f"127.0.0.1:{free_port()}", registry.host) as registries:
        assert blob_of(opened(registries, registry.host), registry.host)


def test_a_mirror_that_wants_credentials(
    scripted: ScriptedRegistry, registry: RealRegistry
) -> None:
    registry.push("team/app", "1", IMAGE)
    scripted.expect(MANIFEST, Reply(401, headers={"WWW-Authenticate": 'Basic realm="x"'}))
    with through(scripted.host, registry.host) as registries:
        name = reference(registry.host)
        assert opened(registries, registry.host).resolve(name).raw == IMAGE.root


def test_a_mirror_that_breaks_in_the_middle_of_a_blob(
    scripted: ScriptedRegistry, other: ScriptedRegistry
) -> None:
    scripted.hold("team/app", "1", IMAGE)
    other.hold("team/app", "1", IMAGE)
    digest = IMAGE.body["layers"][0]["digest"]
    data = IMAGE.blobs[digest]
    path = f"/v2/team/app/blobs/{digest}"
    scripted.expect(path, Reply(body=data, ending=Ending.CLOSE, cut=1000), Reply(404))
    with through(scripted.host, other.host) as registries:
        assert blob_of(opened(registries, other.host), other.host) == data
    (seen,) = other.requests(path)
    assert seen.headers["range"] == f"bytes=1000-{len(data) - 1}"


def test_a_mirror_that_sends_wrong_bytes(
    scripted: ScriptedRegistry, other: ScriptedRegistry
) -> None:
    digest = Digest.parse(IMAGE.digest)
    path = f"/v2/team/app/manifests/{digest}"
    scripted.expect(path, Reply(body=b"{}"))
    other.hold("team/app", "1", IMAGE)
    with through(scripted.host, other.host) as registries:
        name = reference(other.host).at(digest)
        assert opened(registries, other.host).resolve(name).raw == IMAGE.root


def test_when_all_fail_the_error_tells_of_each(
    scripted: ScriptedRegistry, other: ScriptedRegistry
) -> None:
    scripted.always(MANIFEST, Reply(502))
    other.expect(MANIFEST, NOT_FOUND)
    other.expect("/v2/team/app/tags/list", Reply(404))
    with (
        through(scripted.host, other.host) as registries,
        pytest.raises(MissingError, match=f"{other.host} has no.*its mirror.*{scripted.host}"),
    ):
        opened(registries, other.host).resolve(reference(other.host))


def test_when_no_source_gives_a_blob_the_error_tells_of_each(
    scripted: ScriptedRegistry, other: ScriptedRegistry
) -> None:
    scripted.hold("team/app", "1", IMAGE)
    digest = IMAGE.body["layers"][0]["digest"]
    path = f"/v2/team/app/blobs/{digest}"
    scripted.always(path, Reply(body=b"short"))
    other.expect(path, Reply(body=b"also short"))
    with (
        through(scripted.host, other.host) as registries,
        pytest.raises(IntegrityError, match="its mirror"),
    ):
        blob_of(opened(registries, other.host), other.host)


def test_referrers_are_asked_of_the_origin_when_the_mirror_has_none(
    scripted: ScriptedRegistry, registry: RealRegistry
) -> None:
    signed, signature = image(labels={"a": "mirror"}), image()
    tag = signed.digest.replace(":", "-")
    registry.push("team/signed", f"{tag}.sig", signature)
    scripted.expect(f"/v2/team/signed/referrers/{signed.digest}", Reply(body=b"{}"))
    for ending in ("sig", "att", "sbom"):
        scripted.expect(f"/v2/team/signed/manifests/{tag}.{ending}", NOT_FOUND)
    with through(scripted.host, registry.host) as registries:
        repository = registries.repository(reference(registry.host, "team/signed:1"))
        (found,) = repository.referrers(Digest.parse(signed.digest))
    assert found.tag == f"{tag}.sig"


def test_an_origin_that_is_down_is_no_reason_to_fail_for_referrers(
    scripted: ScriptedRegistry,
) -> None:
    digest = Digest.of(b"subject")
    scripted.expect(f"/v2/team/app/referrers/{digest}", Reply(body=b"{}"))
    for ending in ("sig", "att", "sbom"):
        tag = f"{str(digest).replace(':', '-')}.{ending}"
        scripted.expect(f"/v2/team/app/manifests/{tag}", NOT_FOUND)
    origin = f"127.0.0.1:{free_port()}"
    with through(scripted.host, origin) as registries:
        assert opened(registries, origin).referrers(digest) == ()


def test_a_mirror_of_one_registry_is_not_asked_for_another(
    registry: RealRegistry, scripted: ScriptedRegistry
) -> None:
    registry.push("team/app", "1", IMAGE)
    mirror = Mirror("other.example", scripted.host)
    with Registries(plain_access(registry.host, mirrors=(mirror,))) as registries:
        opened(registries, registry.host).resolve(reference(registry.host))
    assert scripted.seen == []


def test_both_down_is_a_network_error() -> None:
    mirror, origin = (f"127.0.0.1:{free_port()}" for _ in range(2))
    with (
        through(mirror, origin) as registries,
        pytest.raises(NetworkError, match=r"cannot be connected to.*its mirror"),
    ):
        opened(registries, origin).resolve(reference(origin))


def test_tags_are_those_of_all_that_answer(registry: RealRegistry) -> None:
    registry.push("tags/app", "1", IMAGE)
    registry.push("proxy/tags/app", "2", IMAGE)
    with through(registry.host, registry.host.replace("127.0.0.1", "localhost"), "proxy") as both:
        name = reference(registry.host.replace("127.0.0.1", "localhost"), "tags/app:1")
        assert both.repository(name).tags() == ("2", "1")
    with through(registry.host, f"127.0.0.1:{free_port()}", "proxy") as mirror_alone:
        origin = next(iter(mirror_alone._access.mirrors)).origin
        assert mirror_alone.repository(reference(origin, "tags/app:1")).tags() == ("2",)
    nowhere = f"127.0.0.1:{free_port()}"
    with (
        through(f"127.0.0.1:{free_port()}", nowhere) as registries,
        pytest.raises(NetworkError, match=nowhere),
    ):
        registries.repository(reference(nowhere)).tags()
