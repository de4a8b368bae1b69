"""Holding a bundle to the keys that the user named."""

from __future__ import annotations

from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from cube_airgap.bundle import Bundle
from cube_airgap.errors import MissingError, UntrustedError
from cube_console.trusted_keys import trusted, trusted_key_option
from tests.support import image_factory as make
from tests.support.bundle_factory import tiny_bundle
from tests.support.signing_keys import key_pair


@pytest.fixture
def path(tmp_path: Path) -> Path:
    tiny = tiny_bundle({"quay.io/a/b:1": make.image([make.layer({"a": b"a"})])})
    return tiny.write(tmp_path / "b.tar.zst")


def held(path: Path, *keys: Path) -> bool:
    """Whether the bundle at `path` is open once it was held to `keys`. Raises as trusted() does."""
    found = []

    @click.command
    @trusted_key_option
    def command() -> None:
        with trusted(Bundle.open(path)):
            found.append(is_open(path))

    words = [word for key in keys for word in ("--trusted-key", str(key))]
    CliRunner().invoke(command, words, catch_exceptions=False)
    return found == [True]


def is_open(path: Path) -> bool:
    return any(one.resolve() == path.resolve() for one in Path("/proc/self/fd").iterdir())


def test_without_a_key_any_bundle_is_taken(path: Path) -> None:
    assert held(path)


def test_a_bundle_that_is_refused_is_closed(path: Path, tmp_path: Path) -> None:
    with pytest.raises(UntrustedError):
        held(path, key_pair(tmp_path, "outside").public)
    assert not is_open(path)


def test_a_key_that_is_not_there_refuses_all(path: Path, tmp_path: Path) -> None:
    with pytest.raises(MissingError):
        held(path, tmp_path / "none.pub")
    assert not is_open(path)
