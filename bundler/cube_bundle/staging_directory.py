"""Where a run stages a daemon's images, unpacked archives and unpinned downloads, and how long."""

from __future__ import annotations

import shutil
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from cube_airgap.errors import AirgapError, MissingError, UsageError, parts_of
from cube_bundle.assets.staged import has_downloads
from cube_bundle.writing.journal import unfinished

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def staging_directory(bundle: Path) -> Path:
    """Where it all lies until the bundle is done."""
    return bundle.with_name(bundle.name + ".staging")


@contextmanager
def staging(bundle: Path) -> Iterator[Path]:
    """The staging directory of a run that writes `bundle`, or only looks.

    What it holds after a failure stays for the next run; after a refusal nobody goes on with it,
    unless it took a download where something else was missing.
    """
    directory = staging_directory(bundle)
    is_wanted = directory.exists()  # by an earlier run
    try:
        yield directory
    except AirgapError as error:
        is_wanted = is_wanted or _is_of_use(directory, error) or unfinished(bundle) is not None
        raise
    except BaseException:
        is_wanted = True
        raise
    finally:
        if not is_wanted:
            shutil.rmtree(directory, ignore_errors=True)
        with suppress(OSError):
            directory.rmdir()  # if nothing came


def _is_of_use(directory: Path, error: AirgapError) -> bool:
    """Whether a run after one that failed by `error` would be glad of what is staged."""
    if all(isinstance(one, UsageError) for one in parts_of(error)):
        return False
    if all(isinstance(one, UsageError | MissingError) for one in parts_of(error)):
        return has_downloads(directory)
    return True
