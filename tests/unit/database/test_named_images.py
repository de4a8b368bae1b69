from __future__ import annotations

import pytest

from cube_airgap.errors import ClusterError
from cube_airgap.reference import Reference
from cube_install.database.named_images import named_images


def test_each_image_has_its_places() -> None:
    lines = ["images.name\tpython:3.9", "notebook.images\tpython:3.9", "nni.images\ta/b:1"]
    log = "\n".join([*lines, "lines\t3"])

    assert named_images(log) == {
        Reference.parse("a/b:1"): ("nni.images",),
        Reference.parse("python:3.9"): ("images.name", "notebook.images"),
    }


def test_what_is_no_reference_is_left_out() -> None:
    assert named_images("images.name\tnot a reference\nlines\t1\n") == {}


def test_nothing_named_is_no_error() -> None:
    assert named_images("lines\t0\n") == {}


@pytest.mark.parametrize(
    "log", ["", "images.name\ta:1\n", "images.name\ta:1\nlines\t2\n", "lines\t"]
)
def test_a_log_that_is_cut_is_told_of(log: str) -> None:
    with pytest.raises(ClusterError, match="only in part"):
        named_images(log)
