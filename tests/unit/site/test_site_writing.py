"""Writing site files."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
import yaml

from cube_install.site.site_file import SiteFile
from cube_install.site.site_writing import Answers, site_text

if TYPE_CHECKING:
    from pathlib import Path

FULL = Answers("h.example:5", "p", "robot$x", "pw # 1", "ca.pem", "b.zst", True, True)


def test_a_written_file_says_what_was_answered(tmp_path: Path) -> None:
    path = tmp_path / "site.yaml"
    path.write_text(site_text(FULL))
    assert SiteFile.read(path).settings == {
        "bundle": str(tmp_path / "b.zst"),
        "to": "h.example:5/p",
        "create_project": True,
        "ca_file": str(tmp_path / "ca.pem"),
        "username": "robot$x",
        "password_file": str(tmp_path / "pw # 1"),
        "insecure": ["h.example:5"],
        "relocate": [],
        "replicate": [],
        "preheat": [],
    }


@pytest.mark.parametrize("answers", [Answers(), Answers("h.example")])
def test_what_was_not_answered_is_a_comment(tmp_path: Path, answers: Answers) -> None:
    data = yaml.safe_load(site_text(answers))
    expected = {"registry": {"host": "h.example", "project": "cube-studio"}}
    assert data == {"version": 1} | (expected if answers.host else {})


def test_every_commented_example_is_valid_too(tmp_path: Path) -> None:
    """But for those of which only one may be given."""
    lines = site_text(Answers("h.example", username="u", password_file="p")).splitlines()
    plain = [re.sub(r"^(\s*)# (?=[\w -]+:|  )", r"\1", line) for line in lines]
    kept = [line for line in plain if "password_env" not in line]
    path = tmp_path / "site.yaml"
    path.write_text("\n".join(kept))
    settings = SiteFile.read(path).settings
    assert settings["replicate"] == ["hall-b=https://harbor-b.example/cube-studio"]
    assert settings["jobs"] == 4
    wishes = SiteFile.read(path).wishes
    assert set(wishes.values) == {"entry.address", "storage.root", "gpu"}
    assert set(wishes.profiles) == {"logging"}


def test_what_a_site_chooses_of_the_platform_is_written(tmp_path: Path) -> None:
    path = tmp_path / "site.yaml"
    answers = Answers("h.example", kubeconfig="k: 1", entry_address="10.0.0.1", has_gpus=True)
    path.write_text(site_text(answers))
    file = SiteFile.read(path)
    assert file.settings["kubeconfig"] == str(tmp_path / "k: 1")
    chosen = {name: one.value for name, one in file.wishes.values.items()}
    assert chosen == {"entry.address": "10.0.0.1", "gpu": True}
