"""Finding where an image is mentioned."""

from __future__ import annotations

import json

import pytest

from cube_airgap.digest import Digest
from cube_airgap.reference import Reference
from cube_install.prune.candidates import Candidate
from cube_install.prune.mentions import Mentions, sought
from cube_push.relocation_record import RelocatedImage

DIGEST, ORIGIN_DIGEST = Digest.of(b"narrow"), Digest.of(b"whole")
PART = Digest.of(b"a part")
PATH = "p/docker.io/library/redis"
IMAGE = RelocatedImage(
    Reference.parse("redis:7"),
    Reference.parse(f"h.example:8443/{PATH}:7"),
    DIGEST,
    ORIGIN_DIGEST,
)
EARLIER = RelocatedImage(
    Reference.parse("mirror.example/cache:7"), IMAGE.target, DIGEST, ORIGIN_DIGEST
)
CANDIDATE = Candidate((PATH, DIGEST), (EARLIER, IMAGE), "r:1")


def place(text: str, *tags: str) -> str | None:
    words = sought(CANDIDATE, tags, [PART])
    mentions = Mentions(words)
    mentions.add("a file", text)
    return mentions.of(words)


@pytest.mark.parametrize(
    "text",
    [
        json.dumps({"image": f"h.example:8443/{PATH}:7"}),
        "image: docker.io/library/redis:7\n",
        "- image: redis:7",
        "--image=redis:7,",
        "it starts redis:7.",
        f"docker://h.example:8443/{PATH}:7",
        f"redis:7@sha256:{'0' * 64}",
        f'"imageID": "docker-pullable://x@{DIGEST}"',
        f"h.example:8443/p/other@{ORIGIN_DIGEST}",
        f"sha256:{DIGEST.hex}",
        f"h.example:8443/{PATH}@{PART}",
        "index.docker.io/library/redis:7",
        "library/redis:7",
        "mirror.example/cache:7",
        f"10.0.0.5:30002/{PATH}:7",
        f"H.Example:8443/{PATH}:7",
        f"{PATH}:7",
        "nginx:1\nredis:7\n",
        json.dumps("nginx:1\nredis:7\n"),
        json.dumps(json.dumps("nginx:1\nredis:7\n")),
        json.dumps("\tredis:7"),
    ],
)
def test_it_is_found_by_its_names_and_digests(text: str) -> None:
    assert place(text, "7") == "a file"


@pytest.mark.parametrize(
    "text",
    ["redis:7.2", "redis:70", "my/redis:7", "redis", "7", "", f"redis@sha256:{'0' * 64}", "redis:"],
)
def test_others_are_not_taken_for_it(text: str) -> None:
    assert place(text, "7") is None


@pytest.mark.parametrize(
    "text", ["image: redis\n", '"image": "redis"', "docker.io/library/redis", f"h:1/{PATH}"]
)
def test_a_name_without_a_tag_means_latest(text: str) -> None:
    assert place(text, "latest") == "a file"
    assert place(text, "7") is None


@pytest.mark.parametrize(
    "text",
    [
        f"image:\n  repository: h.example:8443/{PATH}\n  tag: 7\n",
        json.dumps({"tag": "7", "image": {"repository": f"10.0.0.5/{PATH}"}}),
        json.dumps(json.dumps({"repository": "redis", "tag": "7"})),
        'image: "redis", version: 7.',
    ],
)
def test_it_is_found_where_name_and_tag_are_apart(text: str) -> None:
    assert place(text, "7") == "a file"


@pytest.mark.parametrize(
    "text",
    [
        f"repository: {PATH}\ntag: 7.2",
        f"repository: {PATH}\ntag: v7",
        "repository: my/redis\ntag: 7",
        "the service redis listens, of version 7",
    ],
)
def test_a_tag_that_stands_apart_has_to_be_its_own_beside_its_own_name(text: str) -> None:
    assert place(text, "7") is None


def test_a_word_that_happens_to_be_a_name_is_no_image() -> None:
    assert place("the service redis", "latest") is None
    assert place(f"image: redis@sha256:{'0' * 64}", "latest") is None


def test_a_tag_that_shows_something_else_by_now_does_not_hold_it() -> None:
    assert place("redis:7") is None
    assert place(f"redis:7@{DIGEST}") == "a file"


def test_of_two_looks_the_first_counts_that_found_it() -> None:
    words = sought(CANDIDATE, ["7"], [])
    first, second = Mentions(words), Mentions(words)
    second.add("the second", "redis:7")
    first.merge(second)
    third = first.empty()
    third.add("the third", "redis:7")
    first.merge(third)
    assert first.of(words) == "the second"
