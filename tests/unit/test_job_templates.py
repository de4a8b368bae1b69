"""Job templates are read with the place of every mistake, and ours fit platform and lists."""

from __future__ import annotations

import json
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from cube_airgap.errors import MissingError, UsageError
from cube_airgap.reference import Reference
from cube_bundle.image_list import read_list
from cube_bundle.job_templates import (
    JobTemplate,
    as_one_file,
    read_templates,
    shipped_templates,
)

_PLATFORM = Path(__file__).parents[3] / "shared" / "data" / "cube-studio"
_needs_platform = pytest.mark.skipif(
    not _PLATFORM.is_dir(), reason="the platform's own definitions are not on this disk"
)
_OUR_WORDS = {"image_describe", "job_template_describe", "label", "describe", "placeholder"}

_TEMPLATE = {
    "project_name": "training",
    "image_name": "registry.example/team/train:1.0",
    "job_template_name": "train",
    "job_template_describe": "trains a model",
    "job_template_args": {
        "settings": {
            "--image": {
                "type": "str",
                "label": "image",
                "default": "registry.example/team/worker:2.0",
            },
            "--rounds": {"type": "str", "label": "rounds", "default": "3"},
        }
    },
}


def _template(**changes: Any) -> dict[str, Any]:  # noqa: ANN401 - any part of a definition
    return deepcopy(_TEMPLATE) | changes


def _written(path: Path, content: object) -> Path:
    path.write_text(json.dumps(content, indent=1))
    return path


def _without_words(value: Any) -> Any:  # noqa: ANN401 - any part of a definition
    """`value` without the texts that are only there for people to read."""
    if isinstance(value, dict):
        return {key: _without_words(part) for key, part in value.items() if key not in _OUR_WORDS}
    return value


def test_a_template_names_its_own_image_and_those_that_it_offers(tmp_path: Path) -> None:
    (template,) = read_templates(_written(tmp_path / "t.json", {"train": _template()}))

    assert [(str(image.reference), image.field) for image in template.images] == [
        ("registry.example/team/train:1.0", ("train", "image_name")),
        (
            "registry.example/team/worker:2.0",
            ("train", "job_template_args", "settings", "--image", "default"),
        ),
    ]


def test_an_image_argument_may_have_no_default(tmp_path: Path) -> None:
    arguments = {"settings": {"images": {"type": "str", "label": "image", "default": ""}}}
    content = {"train": _template(job_template_args=arguments)}
    (template,) = read_templates(_written(tmp_path / "t.json", content))

    assert len(template.images) == 1


def test_an_image_that_is_no_reference_is_told_with_its_place(tmp_path: Path) -> None:
    content = {"train": _template(image_name="Registry.example/Team")}
    (template,) = read_templates(_written(tmp_path / "t.json", content))

    with pytest.raises(UsageError, match=r"t\.json, train\.image_name"):
        _ = template.images


def test_a_directory_gives_the_templates_of_all_its_files_by_name(tmp_path: Path) -> None:
    _written(tmp_path / "one.json", {"b": _template(), "c": _template()})
    _written(tmp_path / "two.json", {"a": _template()})

    assert [template.name for template in read_templates(tmp_path)] == ["a", "b", "c"]


@pytest.mark.parametrize("place", ["myapp/init", "myapp"])
def test_a_checkout_of_the_platform_gives_what_it_seeds(tmp_path: Path, place: str) -> None:
    (tmp_path / place).mkdir(parents=True)
    _written(tmp_path / place / "init-job-template.json", {"a": _template()})
    _written(tmp_path / "package.json", {"name": "no template"})

    assert [template.name for template in read_templates(tmp_path)] == ["a"]


def test_where_there_are_no_templates_the_error_tells_what_to_give(tmp_path: Path) -> None:
    with pytest.raises(MissingError) as caught:
        read_templates(tmp_path)

    assert str(tmp_path) in caught.value.what
    assert "checkout" in caught.value.remedy


def test_a_template_in_two_files_is_refused(tmp_path: Path) -> None:
    _written(tmp_path / "one.json", {"train": _template()})
    _written(tmp_path / "two.json", {"train": _template()})

    with pytest.raises(UsageError, match=r"'train' is in .*one\.json and in .*two\.json"):
        read_templates(tmp_path)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b'{"a": 1,\n "a": 2}', "'a' is there twice"),
        (b'{\n"a": \xff}', "t.json:2: this is not UTF-8 text"),
        (b'{\n"a": }', "t.json:2: it is not JSON"),
        (b"[" * 100_000, "nested too deeply"),
        (b"[]", "t.json:1: the file: [] is not of type 'object'"),
        (b'{"a": {\n"project_name": 3}}', "t.json:2: a.project_name: 3 is not of type 'string'"),
    ],
)
def test_a_broken_file_is_told_with_its_place(tmp_path: Path, content: bytes, told: str) -> None:
    (tmp_path / "t.json").write_bytes(content)

    with pytest.raises(UsageError) as caught:
        read_templates(tmp_path / "t.json")

    assert told in caught.value.what


def test_every_field_that_does_not_fit_is_told_at_once(tmp_path: Path) -> None:
    content = {"train": _template(image_name="", job_template_env=["A=1"])}

    with pytest.raises(UsageError) as caught:
        read_templates(_written(tmp_path / "t.json", content))

    assert "train.image_name" in caught.value.what
    assert "train.job_template_env" in caught.value.what


def test_one_file_has_all_templates_and_does_not_depend_on_their_order() -> None:
    one, other = (JobTemplate(name, _template(), "here") for name in ("one", "other"))

    merged = as_one_file([other, one])

    assert json.loads(merged) == {"one": _template(), "other": _template()}
    assert merged == as_one_file([one, other])


def test_one_file_reads_back_as_the_same_templates(tmp_path: Path) -> None:
    (tmp_path / "all.json").write_bytes(as_one_file(shipped_templates()))

    again = read_templates(tmp_path / "all.json")

    assert [(one.name, one.definition) for one in again] == [
        (one.name, one.definition) for one in shipped_templates()
    ]


@pytest.mark.parametrize("name", ["ray", "ray-sklearn", "xgb"])
def test_distributed_and_boosted_training_are_among_our_templates(name: str) -> None:
    assert name in {template.name for template in shipped_templates()}


@pytest.mark.parametrize("template", shipped_templates(), ids=lambda template: template.name)
def test_the_name_inside_our_template_is_its_key(template: JobTemplate) -> None:
    assert template.definition["job_template_name"] == template.name


@pytest.mark.parametrize("template", shipped_templates(), ids=lambda template: template.name)
def test_each_argument_of_our_template_is_told_in_words(template: JobTemplate) -> None:
    for arguments in template.definition["job_template_args"].values():
        for argument in arguments.values():
            assert argument["label"]
            assert argument["describe"]


@pytest.mark.parametrize("template", shipped_templates(), ids=lambda template: template.name)
def test_the_words_of_our_template_lead_to_no_page_on_the_internet(template: JobTemplate) -> None:
    words = [template.definition["image_describe"], template.definition["job_template_describe"]]
    for arguments in template.definition["job_template_args"].values():
        for argument in arguments.values():
            words += [argument["label"], argument["describe"], argument["placeholder"]]

    assert not [text for text in words if "://" in text or "<" in text]


def test_the_page_on_lists_tells_what_each_of_our_templates_does() -> None:
    page = (Path(__file__).parents[2] / "docs" / "image-lists.md").read_text()
    table = page.partition("| file | what its tasks do |")[2]

    for template in shipped_templates():
        assert f"`{Path(template.origin).stem}`" in table, template.name


def test_each_image_of_our_templates_is_in_the_profile_templates() -> None:
    listed = {image.origin.reference for image in read_list("templates").images}

    named = {image.reference for one in shipped_templates() for image in one.images}
    assert named
    assert named <= listed


@_needs_platform
def test_ours_are_all_templates_of_the_platform_that_are_no_placeholders() -> None:
    placeholder = {Reference.parse(image) for image in ("python:3.9", "python3.9")}
    real = {
        template.name
        for template in read_templates(_PLATFORM)
        if template.images[0].reference not in placeholder
    }

    assert {template.name for template in shipped_templates()} == real | {"xgb"}


@_needs_platform
def test_ours_differ_from_the_platform_only_in_words_meant_for_people() -> None:
    theirs = {template.name: template for template in read_templates(_PLATFORM)}

    for template in shipped_templates():
        if template.name != "xgb":
            own = _without_words(template.definition)
            assert own == _without_words(theirs[template.name].definition), template.name


@_needs_platform
def test_xgb_is_seeded_empty_and_ours_keeps_its_frame() -> None:
    theirs = next(one for one in read_templates(_PLATFORM) if one.name == "xgb").definition
    ours = next(one for one in shipped_templates() if one.name == "xgb").definition

    assert theirs["job_template_args"] == {}
    assert list(ours) == list(theirs)
    assert ours["project_name"] == theirs["project_name"]
    assert ours["job_template_command"] == theirs["job_template_command"]


@_needs_platform
def test_our_arguments_have_the_keys_that_the_platform_gives_them() -> None:
    keys = {
        tuple(argument)
        for template in read_templates(_PLATFORM)
        for arguments in template.definition["job_template_args"].values()
        for argument in arguments.values()
    }

    for template in shipped_templates():
        for arguments in template.definition["job_template_args"].values():
            assert {tuple(argument) for argument in arguments.values()} <= keys, template.name
