from __future__ import annotations

import json
from importlib import resources
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cube_airgap.digest import Digest
from cube_airgap.errors import AirgapError, IntegrityError, MissingError, UsageError
from cube_airgap.volumes import Volume, VolumeSet, find_volumes, volume_name, volumes_file
from tests.support.bundle_factory import write_volumes
from tests.support.json_mutations import mutated

SCHEMA = json.loads(
    resources.files("cube_airgap").joinpath("schemas/volumes.schema.json").read_text()
)
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)
SET = VolumeSet(
    Digest.of(b"catalogue"),
    (Volume("离线 包.tar.zst.001", 5, Digest.of(b"1")), Volume("x.002", 7, Digest.of(b"2"))),
)
BODY = json.loads(SET.encode())


def parse(body: object) -> VolumeSet:
    return VolumeSet.parse(json.dumps(body).encode(), where="x.volumes.json")


def test_what_is_written_is_read_back_and_fits_the_schema() -> None:
    assert VolumeSet.parse(SET.encode(), where="x") == SET
    VALIDATOR.validate(BODY)


VOLUME = BODY["volumes"][0]
MALFORMED: dict[str, Any] = {
    "no object": [],
    "no volumes": {**BODY, "volumes": []},
    "volumes as an object": {**BODY, "volumes": {}},
    "no bundle": {"version": 1, "volumes": BODY["volumes"]},
    "a bundle that is no digest": {**BODY, "bundle": "x"},
    "version true": {**BODY, "version": True},
    "a size that is a text": {**BODY, "volumes": [{**VOLUME, "size": "5"}]},
    "an empty volume": {**BODY, "volumes": [{**VOLUME, "size": 0}]},
    "a huge size": {**BODY, "volumes": [{**VOLUME, "size": 2**63}]},
    "a path": {**BODY, "volumes": [{**VOLUME, "name": "../x"}]},
    "an absolute path": {**BODY, "volumes": [{**VOLUME, "name": "/dev/zero"}]},
    "the directory": {**BODY, "volumes": [{**VOLUME, "name": "."}]},
    "the directory above": {**BODY, "volumes": [{**VOLUME, "name": ".."}]},
    "no name": {**BODY, "volumes": [{**VOLUME, "name": ""}]},
    "a name with a zero byte": {**BODY, "volumes": [{**VOLUME, "name": "a\0b"}]},
    "a name with a line feed": {**BODY, "volumes": [{**VOLUME, "name": "a\nb"}]},
    "a volume's digest that is null": {**BODY, "volumes": [{**VOLUME, "digest": None}]},
}


@pytest.mark.parametrize("body", MALFORMED.values(), ids=MALFORMED)
def test_parser_and_schema_refuse_the_same(body: object) -> None:
    assert not VALIDATOR.is_valid(body)
    with pytest.raises(IntegrityError, match="does not describe volumes"):
        parse(body)


def test_one_volume_twice_is_refused() -> None:
    with pytest.raises(IntegrityError, match="one twice"):
        parse({**BODY, "volumes": [VOLUME, VOLUME]})


def test_a_newer_version_is_refused_with_a_way_out() -> None:
    with pytest.raises(UsageError, match="has version 2") as caught:
        parse({"version": 2})
    assert "newer" in caught.value.remedy


@given(mutated(BODY))
def test_any_change_is_refused_plainly_or_fits_the_schema(body: dict[str, Any]) -> None:
    try:
        parse(body)
    except AirgapError:
        return
    assert VALIDATOR.is_valid(body)


@given(st.binary())
def test_any_bytes_are_volumes_or_refused_plainly(raw: bytes) -> None:
    with pytest.raises(AirgapError):
        VolumeSet.parse(raw, where="x")


def test_a_description_that_is_far_too_large_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.volumes.json"
    with path.open("wb") as file:
        file.truncate(5 << 20)

    with pytest.raises(IntegrityError, match="too large"):
        VolumeSet.read(path)


def test_names_follow_from_the_bundles(tmp_path: Path) -> None:
    assert volume_name("b.tar.zst", 7) == "b.tar.zst.007"
    assert volumes_file(tmp_path / "b.tar.zst") == tmp_path / "b.volumes.json"


@pytest.mark.parametrize(
    "given_name", ["b.tar.zst", "b.tar.zst.001", "b.tar.zst.003", "b.volumes.json"]
)
def test_volumes_are_found_by_any_of_their_names(tmp_path: Path, given_name: str) -> None:
    write_volumes(tmp_path, b"abcdefgh", 3)

    found = find_volumes(tmp_path / given_name)

    assert found
    assert [one.size for one in found.volumes] == [3, 3, 2]


def test_a_whole_file_has_no_volumes(tmp_path: Path) -> None:
    path = tmp_path / "b.tar.zst"
    path.write_bytes(b"x")

    assert find_volumes(path) is None


def test_nothing_there_is_told_of(tmp_path: Path) -> None:
    with pytest.raises(MissingError, match="there is no bundle"):
        find_volumes(tmp_path / "b.tar.zst")


@pytest.mark.parametrize("path", [".", "/", ".."])
def test_a_directory_is_no_bundle(path: str) -> None:
    with pytest.raises(MissingError, match="is a directory"):
        find_volumes(Path(path))


def test_a_path_that_no_disk_takes_is_told_of(tmp_path: Path) -> None:
    with pytest.raises(IntegrityError, match="File name too long"):
        find_volumes(tmp_path / ("x" * 300))


def test_a_pipe_is_not_looked_for_as_a_file() -> None:
    with pytest.raises(UsageError, match="does not read a bundle from stdin"):
        find_volumes(Path("-"))


def test_all_missing_volumes_are_named(tmp_path: Path) -> None:
    path = write_volumes(tmp_path, b"abcdefgh", 2)
    for number in (2, 4):
        (tmp_path / f"b.tar.zst.00{number}").unlink()

    with pytest.raises(MissingError, match=r"b\.tar\.zst\.002, b\.tar\.zst\.004"):
        find_volumes(path)
