"""Whether a client takes a media type."""

from __future__ import annotations

import pytest

from cube_install.serve.accept import accepts

OCI = "application/vnd.oci.image.manifest.v1+json"


@pytest.mark.parametrize(
    "accept",
    [
        "",
        "*/*",
        "application/*",
        OCI,
        OCI.upper(),
        f"text/html, {OCI};q=0.5",
        f"{OCI};q=nonsense",
        f"*/*;q=0, {OCI}",
    ],
)
def test_it_is_taken(accept: str) -> None:
    assert accepts(accept, OCI)


@pytest.mark.parametrize(
    "accept",
    [
        "text/html",
        "application/vnd.docker.distribution.manifest.v2+json",
        f"{OCI};q=0, */*",
        "text/*",
    ],
)
def test_it_is_not_taken(accept: str) -> None:
    assert not accepts(accept, OCI)
