"""What an installed Harbor's harbor.yml says."""

from __future__ import annotations

from pathlib import Path

import pytest

from cube_airgap.errors import UsageError
from cube_install.harbor_host.current_settings import CurrentSettings

TEMPLATE = Path(__file__).parents[2] / "support/harbor_installer/shipped/harbor.yml.tmpl"


def read(text: str) -> CurrentSettings:
    return CurrentSettings.parse(text, "harbor.yml", scans=False)


def test_what_a_file_says_is_read() -> None:
    assert read(TEMPLATE.read_text()) == CurrentSettings(
        "reg.mydomain.com",
        80,
        443,
        "/your/certificate/path",
        "/your/private/key/path",
        "/data",
        "",
        scans=False,
    )


@pytest.mark.parametrize(
    "text", ["- one", "name: x", "hostname: [a]", "hostname: a\nhttp: {port: x}"]
)
def test_what_is_no_settings_file_is_told(text: str) -> None:
    with pytest.raises(UsageError, match=r"harbor\.yml"):
        read(text)
