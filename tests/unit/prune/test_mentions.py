"""Finding where an image is mentioned."""

from __future__ import annotations

import json

import pytest

from cube_airgap.digest import Digest
from cube_airgap.reference import Reference
from cube_install.prune.candidates import Candidate
from cube_install.prune.mentions import Mentions
from cube_push.relocation_record import RelocatedImage

DIGEST, ORIGIN_DIGEST = Digest.of(b"narrow"), Digest.of(b"whole")
IMAGE = RelocatedImage(
    Reference.parse("redis:7"),
    Reference.parse("h.example:8443/p/docker.io/library/redis:7"),
    DIGEST,
    ORIGIN_DIGEST,
)
CANDIDATE = Candidate(IMAGE, frozenset({"7"}), "r:1")


def place(text: str, *tags: str) -> str | None:
    mentions = Mentions()
    mentions.add("a file", text)
    return mentions.of(CANDIDATE, tags)


@pytest.mark.parametrize(
    "text",
    [
        json.dumps({"image": "h.example:8443/p/docker.io/library/redis:7"}),
        "image: docker.io/library/redis:7\n",
        "- image: redis:7",
        "--image=redis:7,",
        "it starts redis:7.",
        "docker://h.example:8443/p/docker.io/library/redis:7",
        f"redis:7@sha256:{'0' * 64}",
        f'"imageID": "docker-pullable://x@{DIGEST}"',
        f"h.example:8443/p/other@{ORIGIN_DIGEST}",
        f"sha256:{DIGEST.hex}",
    ],
)
def test_it_is_found_by_its_names_and_digests(text: str) -> None:
    assert place(text, "7") == "a file"


@pytest.mark.parametrize("text", ["redis:7.2", "redis:70", "my/redis:7x", "redis", "7", ""])
def test_others_are_not_taken_for_it(text: str) -> None:
    assert place(text, "7") is None


def test_a_tag_that_shows_something_else_by_now_does_not_hold_it() -> None:
    assert place("redis:7") is None
    assert place(f"redis:7@{DIGEST}") == "a file"
