"""Requests for images: merged by name, and compared by fingerprint."""

from __future__ import annotations

import pytest

from cube_airgap.errors import UsageError
from cube_airgap.platforms import Platform
from cube_bundle.image_request import ImageRequest, fingerprint, merged
from cube_bundle.sources import ImageOrigin

AMD64, ARM64 = Platform("linux", "amd64"), Platform("linux", "arm64")
_A, _B = "sha256:" + "a" * 64, "sha256:" + "b" * 64


def request(text: str, component: str = "web", **more: object) -> ImageRequest:
    return ImageRequest(ImageOrigin.parse(text), component, **more)  # type: ignore[arg-type]


def names(*requests: ImageRequest) -> list[str]:
    return [one.origin.reference.familiar for one in merged(requests)]


def test_requests_come_in_the_order_of_their_references() -> None:
    assert names(request("redis:7"), request("nginx:1")) == ["nginx:1", "redis:7"]


def test_two_lists_may_name_one_image() -> None:
    first = request("nginx:1", "web", platforms=(AMD64,), optional=True)
    second = request("docker.io/library/nginx:1", "gateway", platforms=(ARM64,))
    (found,) = merged([first, second])
    assert (found.component, found.optional) == ("gateway", False)
    assert found.platforms == (AMD64, ARM64)


def test_the_order_of_requests_does_not_matter() -> None:
    one, other = request("nginx:1", "web"), request("nginx:1", "gateway")
    assert merged([one, other]) == merged([other, one])


def test_one_name_from_two_origins_is_refused() -> None:
    with pytest.raises(UsageError, match=r"as nginx:1 .* and as nginx:1=docker-daemon:nginx:1"):
        merged([request("nginx:1"), request("nginx:1=docker-daemon:nginx:1")])


def test_one_tag_with_two_digests_is_refused() -> None:
    with pytest.raises(UsageError, match="with two digests"):
        merged([request(f"nginx:1@{_A}"), request(f"nginx:1@{_B}")])


def test_two_digests_of_a_repository_without_tag_are_two_images() -> None:
    assert len(names(request(f"nginx@{_A}"), request(f"nginx@{_B}"))) == 2


def test_the_fingerprint_tells_orders_apart() -> None:
    nginx, redis = request("nginx:1"), request("redis:7")
    assert fingerprint([nginx], "linux/amd64") == fingerprint([nginx], "linux/amd64")
    assert fingerprint([nginx], "linux/amd64") != fingerprint([nginx], "linux/arm64")
    assert fingerprint([nginx]) != fingerprint([nginx, redis])
