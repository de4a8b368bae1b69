"""What real Harbors answered, kept beside this module, one file for each version.

`python -m tests.support.harbor.recordings` asks the Harbor of CUBE_TEST_HARBOR and writes its file.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.support.harbor.conversation import converse
from tests.support.harbor.harbors import real_harbor

_DIRECTORY = Path(__file__).with_name("recordings")


def recorded_versions() -> list[str]:
    """Oldest first."""
    return sorted((path.stem for path in _DIRECTORY.glob("*.json")), key=_parts)


def recordings_for(version: str) -> list[dict[str, Any]]:
    """The answers that `version` may give, by the names of what was asked.

    Those of the same release; else of the next older and the next newer one that were recorded,
    since it is not known which of both it is like.
    """
    minor = _parts(version)[:2]
    same = [one for one in recorded_versions() if _parts(one)[:2] == minor]
    older = [one for one in recorded_versions() if _parts(one)[:2] < minor]
    newer = [one for one in recorded_versions() if _parts(one)[:2] > minor]
    return [_recording(one) for one in same or [*older[-1:], *newer[:1]]]


def _recording(version: str) -> dict[str, Any]:
    return json.loads((_DIRECTORY / f"{version}.json").read_text())


def _parts(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))


def _record() -> None:
    harbor = real_harbor()
    assert harbor, "set CUBE_TEST_HARBOR, CUBE_TEST_HARBOR_USER and CUBE_TEST_HARBOR_PASSWORD"
    exchanges, names = converse(harbor)
    lines = (
        f"{json.dumps(name)}: {json.dumps(exchange.fixed(names))}"
        for name, exchange in exchanges.items()
    )
    (_DIRECTORY / f"{harbor.version}.json").write_text("{\n" + ",\n".join(lines) + "\n}\n")


if __name__ == "__main__":
    _record()
