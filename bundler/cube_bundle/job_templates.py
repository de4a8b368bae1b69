"""Job templates: what the tasks of a pipeline can run, in the shape that the platform seeds."""

from __future__ import annotations

import itertools
import json
from dataclasses import dataclass
from functools import cache, cached_property
from importlib import resources
from typing import TYPE_CHECKING, Any

import jsonschema

from cube_airgap.errors import MissingError, UsageError
from cube_airgap.file_range import read_head
from cube_airgap.reference import Reference
from cube_airgap.yaml_document import YamlDocument
from cube_bundle.shipped_manifests import manifests_directory

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

_LARGEST = 16 << 20
# Where a checkout of the platform has them; the second is of 2023 and earlier.
_IN_CHECKOUT = ("myapp/init/init-job-template.json", "myapp/init-job-template.json")
_IMAGE_ARGUMENTS = {"image", "images"}


@dataclass(frozen=True)
class TemplateImage:
    """An image that a template names; `field` is the path of its name in the definition."""

    reference: Reference
    field: tuple[str, ...]


@dataclass(frozen=True)
class JobTemplate:
    """One template: its `definition` as the platform reads it, and the file `origin` it is in."""

    name: str
    definition: Mapping[str, Any]
    origin: str

    @cached_property
    def images(self) -> tuple[TemplateImage, ...]:
        """The launcher's own image, and those that arguments offer by default.

        Raises UsageError where one of them is no reference.
        """
        return tuple(
            TemplateImage(Reference.parse(text, where=f"{self.origin}, {'.'.join(field)}"), field)
            for field, text in self._image_texts()
            if text
        )

    def _image_texts(self) -> Iterator[tuple[tuple[str, ...], str]]:
        yield (self.name, "image_name"), self.definition["image_name"]
        for group, arguments in self.definition["job_template_args"].items():
            for name, argument in arguments.items():
                if name.lstrip("-") in _IMAGE_ARGUMENTS:
                    field = (self.name, "job_template_args", group, name, "default")
                    yield field, str(argument["default"])


def shipped_templates() -> tuple[JobTemplate, ...]:
    """The project's own definitions, sorted by name."""
    return read_templates(manifests_directory() / "job-templates")


def read_templates(path: Path) -> tuple[JobTemplate, ...]:
    """The templates in a JSON file, a directory of them, or a checkout of the platform, by name.

    Raises MissingError, and UsageError with file and line.
    """
    templates: dict[str, JobTemplate] = {}
    for file in _files(path):
        for template in _read(file):
            first = templates.setdefault(template.name, template)
            if first is not template:
                raise UsageError(
                    f"job template {template.name!r} is in {first.origin} and in {file}",
                    remedy="keep one of the two definitions",
                )
    return tuple(templates[name] for name in sorted(templates))


def seeded_file(checkout: Path) -> Path | None:
    """The file with which a checkout of the platform seeds its job templates, if it has one."""
    places = (checkout / place for place in _IN_CHECKOUT)
    return next((place for place in places if place.is_file()), None)


def as_one_file(templates: Iterable[JobTemplate]) -> bytes:
    """The JSON file that the platform reads, with `templates` in order of their names."""
    ordered = sorted(templates, key=lambda template: template.name)
    content = {template.name: template.definition for template in ordered}
    return json.dumps(content, ensure_ascii=False, indent=2).encode() + b"\n"


def _files(path: Path) -> list[Path]:
    if path.is_file():
        return [path]
    seeded = seeded_file(path)
    found = [seeded] if seeded else sorted(path.glob("*.json"))
    if not found:
        raise MissingError(
            f"there are no job templates at {path}",
            remedy=f"give a JSON file, a directory of such files, or a checkout of the platform, "
            f"which has {_IN_CHECKOUT[0]}",
        )
    return found


def _read(file: Path) -> list[JobTemplate]:
    raw = read_head(file, _LARGEST + 1)
    if len(raw) > _LARGEST:
        raise UsageError(
            f"{file} is larger than {_LARGEST >> 20} MiB",
            remedy="give the file that was meant; job templates are never so large",
        )
    content = _parse(raw, file)
    _validate(content, raw, file)
    return [JobTemplate(name, definition, str(file)) for name, definition in content.items()]


def _parse(raw: bytes, file: Path) -> Any:  # noqa: ANN401 - the schema says what it is
    try:
        return json.loads(raw.decode("utf-8-sig"), object_pairs_hook=_without_repetition)
    except json.JSONDecodeError as error:
        raise _broken(f"{file}:{error.lineno}", f"it is not JSON: {error.msg}") from None
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise _broken(f"{file}:{line}", "this is not UTF-8 text") from None
    except RecursionError:
        raise _broken(str(file), "it is nested too deeply") from None
    except _RepeatedKeyError as error:
        raise _broken(str(file), f"{error.args[0]!r} is there twice in one object") from None


class _RepeatedKeyError(Exception):
    """A JSON object has a key twice, of which Python would keep the last silently."""


def _without_repetition(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise _RepeatedKeyError(key)
        found[key] = value
    return found


def _validate(content: object, raw: bytes, file: Path) -> None:
    errors = jsonschema.Draft202012Validator(_schema()).iter_errors(content)
    told = sorted({_told(error, raw, file) for error in itertools.islice(errors, 20)})
    if told:
        raise UsageError("; ".join(told), remedy="correct these fields, then run the command again")


def _told(error: jsonschema.ValidationError, raw: bytes, file: Path) -> str:
    field = ".".join(str(step) for step in error.absolute_path) or "the file"
    return f"{_place(error, raw, file)}: {field}: {error.message[:200]}"


def _place(error: jsonschema.ValidationError, raw: bytes, file: Path) -> str:
    """FILE:LINE, or the file alone where its JSON is not YAML too."""
    try:
        return YamlDocument(raw, str(file)).where(*error.absolute_path)
    except UsageError:
        return str(file)


def _broken(place: str, what: str) -> UsageError:
    return UsageError(f"{place}: {what}", remedy="correct the file, then run the command again")


@cache
def _schema() -> dict[str, Any]:
    file = resources.files("cube_bundle") / "schemas" / "job-templates.schema.json"
    schema: dict[str, Any] = json.loads(file.read_text())
    return schema
