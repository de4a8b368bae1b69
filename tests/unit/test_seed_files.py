from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from cube_airgap.errors import UsageError
from cube_bundle.job_templates import shipped_templates
from cube_bundle.lock import FileOrigin
from cube_bundle.seed_files import checkout_files, our_files, recalled
from tests.support.made_checkout import checkout

if TYPE_CHECKING:
    from pathlib import Path


def test_ours_are_one_file_with_every_template() -> None:
    files = our_files()

    (content,) = files.contents.values()
    assert list(json.loads(content)) == [one.name for one in shipped_templates()]
    assert files.origin is FileOrigin.OURS


def test_a_checkouts_templates_and_seed_data_are_taken_as_they_are(tmp_path: Path) -> None:
    root = checkout(tmp_path)
    seeds = root / "myapp" / "init"
    (seeds / "init-dataset.csv").write_bytes(b"\xef\xbb\xbfname\n")
    (seeds / "notes.md").write_text("no seed data")
    (seeds / "link.json").symlink_to("/etc/hostname")

    assert checkout_files(root).contents == {
        "job-templates/init-job-template.json": (seeds / "init-job-template.json").read_bytes(),
        "init-data/init-dataset.csv": b"\xef\xbb\xbfname\n",
        "init-data/init-inference.json": (seeds / "init-inference.json").read_bytes(),
    }


def test_a_directory_of_manifests_has_none(tmp_path: Path) -> None:
    assert checkout_files(tmp_path).contents == {}


def test_broken_templates_are_told_with_their_line(tmp_path: Path) -> None:
    root = checkout(tmp_path)
    (root / "myapp/init/init-job-template.json").write_text('{\n "a": {')

    with pytest.raises(UsageError, match=r"init-job-template\.json:2: it is not JSON"):
        checkout_files(root)


def test_seed_data_under_a_name_that_no_bundle_may_hold_is_told(tmp_path: Path) -> None:
    root = checkout(tmp_path)
    (root / "myapp/init/a b.json").write_text("{}")

    with pytest.raises(UsageError, match=r"a b\.json"):
        checkout_files(root)


def test_a_lock_gets_back_the_files_that_it_names(tmp_path: Path) -> None:
    theirs = checkout_files(checkout(tmp_path))

    assert recalled(theirs.locked, tmp_path) == theirs
    assert recalled(our_files().locked, None) == our_files()
    assert recalled((), None).contents == {}


def test_files_that_changed_since_the_lock_are_told(tmp_path: Path) -> None:
    locked = checkout_files(checkout(tmp_path)).locked
    (tmp_path / "myapp/init/init-inference.json").unlink()

    with pytest.raises(UsageError, match=r"init-data/init-inference\.json changed"):
        recalled(locked, tmp_path)
    with pytest.raises(UsageError, match="whose bytes it does not hold"):
        recalled(locked, None)
