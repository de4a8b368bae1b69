"""What came of a push, and its record."""

from __future__ import annotations

import yaml

from cube_airgap.digest import Digest
from cube_airgap.errors import IntegrityError, NetworkError
from cube_airgap.reference import Reference
from cube_push.outcome import ImageOutcome, Outcome, State, Traffic
from cube_push.relocation_record import encode_relocation, relocated

WHOLE, NARROW = Digest.of(b"whole"), Digest.of(b"narrow")
DAMAGE = IntegrityError("a blob is damaged", remedy="carry it again")


def image(name: str, state: State, digest: Digest | None = None, **more: object) -> ImageOutcome:
    origin, target = Reference.parse(f"quay.io/{name}"), Reference.parse(f"h.example/p/{name}")
    return ImageOutcome(origin, target, state, digest, WHOLE, **more)  # type: ignore[arg-type]


def outcome(*images: ImageOutcome, stopped: NetworkError | None = None) -> Outcome:
    return Outcome(Digest.of(b"bundle"), images, Traffic(), stopped)


def test_one_error_of_several_images_is_told_once_with_their_names() -> None:
    images = [image(f"a:{n}", State.FAILED, error=DAMAGE) for n in range(5)]
    (error,) = outcome(*images).errors
    assert isinstance(error, IntegrityError)
    assert str(error) == (
        "quay.io/a:0, quay.io/a:1, quay.io/a:2 and 2 more not pushed: a blob is damaged"
    )
    assert error.remedy == "carry it again"


def test_what_stopped_the_push_comes_first() -> None:
    down = NetworkError("down", remedy="wait")
    found = outcome(image("a:1", State.FAILED, error=DAMAGE), stopped=down).errors
    assert [str(one) for one in found] == ["down", "quay.io/a:1 not pushed: a blob is damaged"]


def test_the_record_has_what_is_there_sorted_by_origin() -> None:
    came = outcome(
        image("c:1", State.PUSHED, NARROW),
        image("b:1", State.FAILED, error=DAMAGE),
        image("a:1", State.THERE, WHOLE),
        image("d:1", State.LEFT),
    )
    raw = encode_relocation(relocated(came), "h.example", came.bundle)
    assert yaml.safe_load(raw) == {
        "version": 1,
        "bundle": str(Digest.of(b"bundle")),
        "registry": "h.example",
        "images": [
            {"origin": "quay.io/a:1", "target": "h.example/p/a:1", "digest": str(WHOLE)},
            {
                "origin": "quay.io/c:1",
                "target": "h.example/p/c:1",
                "digest": str(NARROW),
                "origin_digest": str(WHOLE),
            },
        ],
    }


def test_json_tells_of_errors_with_their_remedies() -> None:
    (told,) = outcome(image("a:1", State.FAILED, error=DAMAGE)).to_json()["images"]
    assert (told["state"], told["error"], told["remedy"]) == (
        "failed",
        "a blob is damaged",
        "carry it again",
    )
