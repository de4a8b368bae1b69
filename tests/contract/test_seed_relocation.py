"""What the backend does, at its start, to the seed data that came with its image."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest

RELOCATE = Path(__file__).parents[2] / "manifests/backend/config/relocate.py"
PLACES = {
    "images": {
        "python:3.9": "harbor.example/p/docker.io/library/python:3.9",
        "docker.io/library/python:3.9": "harbor.example/p/docker.io/library/python:3.9",
        "ccr.example/cube/ray:1": "harbor.example/p/ray:1",
    },
    "assets": [{"url": "https://oss.example/a/b.zip", "address": "http://assets.infra/b.zip"}],
}


def relocated(tmp_path: Path, text: str) -> str:
    places, file = tmp_path / "places.json", tmp_path / "init-x.json"
    places.write_text(json.dumps(PLACES))
    file.write_bytes(text.encode())
    subprocess.run([sys.executable, str(RELOCATE), str(places), str(file)], check=True)
    return file.read_bytes().decode()


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('{"image": "python:3.9"}', '{"image": "harbor.example/p/docker.io/library/python:3.9"}'),
        ('"ccr.example/cube/ray:1,other"', '"harbor.example/p/ray:1,other"'),
        (
            r'"FROM x\nFROM python:3.9\n"',
            r'"FROM x\nFROM harbor.example/p/docker.io/library/python:3.9\n"',
        ),
        (r'"x\npython:3.9"', r'"x\nharbor.example/p/docker.io/library/python:3.9"'),
        ('"镜像python:3.9"', '"镜像python:3.9"'),
        ('"wget https://oss.example/a/b.zip && x"', '"wget http://assets.infra/b.zip && x"'),
        ('"see https://oss.example/a/b.zip."', '"see http://assets.infra/b.zip."'),
        ('a,"ccr.example/cube/ray:1"\r\n', 'a,"harbor.example/p/ray:1"\r\n'),
    ],
)
def test_whole_words_of_the_bundle_are_named_as_the_site_has_them(
    tmp_path: Path, before: str, after: str
) -> None:
    assert relocated(tmp_path, before) == after


@pytest.mark.parametrize(
    "text",
    ['"python:3.9-slim"', '"my/python:3.9"', '"https://oss.example/a/b.zip?x=1"', '"python"'],
)
def test_longer_words_stay(tmp_path: Path, text: str) -> None:
    assert relocated(tmp_path, text) == text


def test_a_second_start_changes_nothing(tmp_path: Path) -> None:
    once = relocated(tmp_path, '"python:3.9 ccr.example/cube/ray:1"')

    assert relocated(tmp_path, once) == once


def test_the_program_is_in_the_python_of_the_backends_image() -> None:
    ast.parse(RELOCATE.read_text(), feature_version=(3, 9))
