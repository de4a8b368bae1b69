from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cube_airgap.errors import IntegrityError, UsageError
from cube_airgap.platforms import DEFAULT_PLATFORM, Platform, wanted_by_any


@pytest.mark.parametrize(
    ("text", "platform"),
    [
        ("linux/amd64", Platform("linux", "amd64")),
        ("Linux/x86_64", Platform("linux", "amd64")),
        ("linux/aarch64", Platform("linux", "arm64")),
        ("linux/arm/v7", Platform("linux", "arm", "v7")),
        ("windows/amd64(10.0.17763.1)", Platform("windows", "amd64", "", "10.0.17763.1")),
    ],
)
def test_a_platform_is_read_as_people_write_it(text: str, platform: Platform) -> None:
    assert Platform.parse(text) == platform


@pytest.mark.parametrize(
    "text", ["", "linux", "linux/", "/amd64", "a/b/c/d", "linux/amd 64", "a//b"]
)
def test_what_is_no_platform_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="is not a platform"):
        Platform.parse(text)


@given(st.text())
def test_any_text_is_a_platform_that_reads_back_or_refused_plainly(text: str) -> None:
    try:
        platform = Platform.parse(text)
    except UsageError:
        return
    assert Platform.parse(str(platform)) == platform


@pytest.mark.parametrize(
    ("there", "wanted", "is_wanted"),
    [
        ("linux/amd64", "linux/amd64", True),
        ("linux/amd64/v1", "linux/amd64", True),
        ("linux/amd64/v3", "linux/amd64", False),
        ("linux/arm64/v8", "linux/arm64", True),
        ("linux/arm64", "linux/arm64/v8", True),
        ("linux/arm64/8", "linux/arm64", True),
        ("linux/arm/v6", "linux/arm", False),
        ("linux/arm/v7", "linux/arm", True),
        ("windows/amd64", "linux/amd64", False),
        ("windows/amd64(10.0.1)", "windows/amd64", True),
        ("windows/amd64(10.0.1)", "windows/amd64(10.0.2)", False),
    ],
)
def test_a_variant_that_is_not_named_is_the_usual_one(
    there: str, wanted: str, *, is_wanted: bool
) -> None:
    assert Platform.parse(there).satisfies(Platform.parse(wanted)) is is_wanted


def test_one_of_several_wanted_platforms_is_enough() -> None:
    wanted = [Platform.parse("linux/arm64"), DEFAULT_PLATFORM]

    assert wanted_by_any(Platform.parse("linux/amd64"), wanted)
    assert not wanted_by_any(Platform.parse("linux/s390x"), wanted)


PLATFORMS = st.builds(Platform, st.text(), st.text(), st.text(), st.text())


@given(PLATFORMS)
def test_the_json_form_keeps_any_platform(platform: Platform) -> None:
    assert Platform.from_json(platform.to_json()) == platform


def test_null_in_json_is_nothing() -> None:
    value = {"os": None, "architecture": "amd64", "variant": None}

    assert Platform.from_json(value) == Platform("", "amd64")


@pytest.mark.parametrize("raw", [b"", b"[]", b"\xff", b"[" * 100_000])
def test_a_configuration_that_is_no_object_is_refused(raw: bytes) -> None:
    with pytest.raises(IntegrityError, match="config of app:1 is not a JSON object"):
        Platform.of_config(raw, where="config of app:1")


def test_a_configuration_says_its_platform() -> None:
    raw = b'{"os":"linux","architecture":"arm64","variant":"v8"}'

    assert Platform.of_config(raw, where="x") == Platform("linux", "arm64", "v8")
