"""How long what was staged stays: for whoever can go on with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cube_airgap.errors import AirgapError, MissingError, NetworkError, SeveralErrors, UsageError
from cube_bundle.assets.staged import staged_path
from cube_bundle.staging_directory import staging
from cube_bundle.writing.journal import Journal, JournalHeader

if TYPE_CHECKING:
    from pathlib import Path

REFUSED = UsageError("no", remedy="-")
GONE = MissingError("no such image", remedy="-")
BROKEN = NetworkError("it broke", remedy="-")


def failing(bundle: Path, error: BaseException | None, *, stages: bool = True) -> list[str]:
    """What is beside `bundle` after a run that staged something and ended with `error`."""

    def run() -> None:
        with staging(bundle) as directory:
            if stages:
                directory.mkdir(exist_ok=True)
                (directory / "image.tar").touch()
            if error:
                raise error

    if error:
        with pytest.raises(type(error)):
            run()
    else:
        run()
    return sorted(path.name for path in bundle.parent.iterdir())


@pytest.mark.parametrize("error", [None, REFUSED, GONE, SeveralErrors([REFUSED, GONE])])
def test_nothing_stays_after_a_look_or_a_refusal(
    error: BaseException | None, tmp_path: Path
) -> None:
    assert failing(tmp_path / "a.tar.zst", error) == []


@pytest.mark.parametrize("error", [BROKEN, SeveralErrors([GONE, BROKEN]), KeyboardInterrupt()])
def test_what_a_failed_run_staged_stays_for_the_next_one(
    error: BaseException, tmp_path: Path
) -> None:
    assert failing(tmp_path / "a.tar.zst", error) == ["a.tar.zst.staging"]


def test_a_download_stays_where_something_else_is_missing(tmp_path: Path) -> None:
    def run(error: AirgapError) -> None:
        with staging(tmp_path / "a.tar.zst") as directory:
            directory.mkdir()
            staged_path(directory, "https://models.example/net.onnx").touch()
            raise error

    with pytest.raises(MissingError):
        run(GONE)
    assert [path.name for path in tmp_path.iterdir()] == ["a.tar.zst.staging"]


def test_what_an_earlier_run_staged_stays(tmp_path: Path) -> None:
    (tmp_path / "a.tar.zst.staging").mkdir()
    assert failing(tmp_path / "a.tar.zst", REFUSED) == ["a.tar.zst.staging"]


def test_what_an_unfinished_build_staged_stays(tmp_path: Path) -> None:
    journal = Journal.open(tmp_path / "a.tar.zst")
    journal.begin(JournalHeader("request", "", "bundle", "layout"))
    journal.close()
    left = failing(tmp_path / "a.tar.zst", REFUSED)
    assert left == ["a.tar.zst.part.journal", "a.tar.zst.staging"]


def test_an_empty_directory_never_stays(tmp_path: Path) -> None:
    (tmp_path / "a.tar.zst.staging").mkdir()
    assert failing(tmp_path / "a.tar.zst", BROKEN, stages=False) == []
