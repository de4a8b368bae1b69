from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cube_airgap.digest import Digest
from cube_airgap.errors import UsageError
from cube_airgap.platforms import Platform
from cube_airgap.tar_member import checked_path
from cube_bundle.assets.request import AssetRequest, merged_assets, name_of

AMD, ARM = Platform("linux", "amd64"), Platform("linux", "arm64")
NET = AssetRequest("net.onnx", "https://h/net.onnx", "models", "fetched", where="a.yaml:1")


def test_a_file_that_nobody_named_is_called_by_host_and_path() -> None:
    assert name_of("https://h.example/a/b.zip") == "h.example/a/b.zip"


@pytest.mark.parametrize(
    "url",
    [
        "https://h:8080/x.zip",
        "https://h/x.zip?version=2",
        "https://h/a/../x.zip",
        "https://h/数据.zip",
        "https://h//x.zip",
        "https://h/x/",
        f"https://h/{'deep/' * 40}x.zip",
        f"https://h/{'x' * 300}.zip",
        "https://h/%2e%2e/x",
    ],
)
def test_an_address_that_is_no_path_gets_a_name_that_no_other_has(url: str) -> None:
    name = name_of(url)

    assert checked_path(name) == name
    assert name.startswith("h/")
    assert name != name_of(f"{url}1")


@given(st.from_regex(r"https?://[a-z0-9.-]{1,80}(:[0-9]{1,4})?/[ -~]{0,200}", fullmatch=True))
def test_every_address_has_a_name_that_a_bundle_may_hold(url: str) -> None:
    assert checked_path(name_of(url))


def test_two_requests_for_one_address_are_one_and_know_what_either_knows() -> None:
    pinned = replace(NET, name="other", digest=Digest.of(b"x"), size=1, optional=True)

    (merged,) = merged_assets([NET, pinned])

    assert merged == replace(NET, digest=Digest.of(b"x"), size=1)


def test_two_pins_that_differ_are_told_with_their_places() -> None:
    one = replace(NET, digest=Digest.of(b"x"), size=1)
    other = replace(one, digest=Digest.of(b"y"), where="b.yaml:2")

    with pytest.raises(UsageError, match=r"pinned in two ways: a\.yaml:1 and b\.yaml:2"):
        merged_assets([one, other])


def test_two_addresses_of_one_name_are_told() -> None:
    other = replace(NET, url="https://other/net.onnx", where="b.yaml:2")

    with pytest.raises(UsageError, match=r"two assets are called 'net\.onnx'"):
        merged_assets([NET, other])


def test_a_name_that_is_anothers_directory_is_told() -> None:
    below = replace(NET, name="net.onnx/data", url="https://h/data", where="b.yaml:2")

    with pytest.raises(UsageError, match="for its directory"):
        merged_assets([NET, below])


def test_a_file_for_a_platform_is_for_sites_that_have_it() -> None:
    assert NET.is_for([ARM])
    assert replace(NET, platforms=(AMD,)).is_for([ARM, AMD])
    assert not replace(NET, platforms=(AMD,)).is_for([ARM])
