"""The Harbors that contracts are tried with: doubles of two versions, and a real one if named."""

from __future__ import annotations

import os
import re
from contextlib import contextmanager
from typing import TYPE_CHECKING

import requests

from tests.support.harbor.double import running_double
from tests.support.harbor.running import RunningHarbor
from tests.support.harbor.state import State

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_REAL = "CUBE_TEST_HARBOR"
_DOUBLES = {"double 2.9.5": (2, 9, 5), "double 2.15.2": (2, 15, 2)}
# There is no parameter for a real Harbor that nobody named, so nothing is skipped.
HARBORS = [*_DOUBLES, *(["real"] if os.environ.get(_REAL) else [])]
# The paths that the conversation asks for because no Harbor has them.
_MEANT = re.compile(r"GET /api/v2\.0/(nonexist|projects/[^/]+/repositories/a(%2F|/)b(%2F|/)c/.*)")


def real_harbor() -> RunningHarbor | None:
    """The Harbor of the environment; the login has to be an administrator's.

    A private CA is named with CUBE_TEST_HARBOR_CA, or as for other programs.
    """
    base = os.environ.get(_REAL, "").rstrip("/")
    if not base:
        return None
    login = (os.environ[f"{_REAL}_USER"], os.environ[f"{_REAL}_PASSWORD"])
    named = (f"{_REAL}_CA", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE")
    ca_file = next((os.environ[name] for name in named if os.environ.get(name)), None)
    info = requests.get(
        f"{base}/api/v2.0/systeminfo", auth=login, timeout=30, verify=ca_file or True
    ).json()
    version = re.match(r"v?(\d+\.\d+\.\d+)", info["harbor_version"])
    assert version, f"{base} runs no release of Harbor: {info['harbor_version']}"
    return RunningHarbor(base, *login, version[1], ca_file, info["external_url"])


@contextmanager
def open_harbor(name: str, directory: Path) -> Iterator[RunningHarbor]:
    """The Harbor called `name` in HARBORS."""
    if name not in _DOUBLES:
        real = real_harbor()
        assert real
        yield real
        return
    with running_double(directory, State(version=_DOUBLES[name])) as double:
        yield double.running
        double.unexpected = [one for one in double.unexpected if not _MEANT.fullmatch(one)]
