"""The site file, `site.yaml`: where a site's registry is, and how it is to be filled.

schemas/site.schema.json specifies it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import urlsplit

from cube_airgap.errors import UsageError
from cube_airgap.relocation import DEFAULT_PROJECT
from cube_airgap.stack_values import Given, Wishes
from cube_airgap.yaml_document import YamlDocument

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

DEFAULT_NAME = "site.yaml"
_SECRETS = {"identity_token", "pass", "passwd", "password", "secret", "token"}
# Which part of the file has the options of which names; those in _PATHS are files.
_PLAIN = {
    "registry": (
        "create_project",
        "public",
        "ca_file",
        "username",
        "password_file",
        "password_env",
        "creds_file",
    ),
    "push": ("jobs", "sparse_index", "relocation_out"),
    "robots": ("load_login", "pull_secret"),
    "cluster": ("kubeconfig", "context"),
    "serve": ("listen", "tls_cert", "tls_key"),
    "harbor": (
        "archive",
        "harbor_directory",
        "data_volume",
        "http_port",
        "https_port",
        "plain_http",
        "certificate",
        "private_key",
        "san",
        "external_url",
        "trivy",
    ),
}
# What the options of a part are called where the file has shorter names.
_SHORT = {"harbor_directory": "directory"}
_PATHS = {
    "archive",
    "bundle",
    "ca_file",
    "certificate",
    "creds_file",
    "harbor_directory",
    "kubeconfig",
    "load_login",
    "password_file",
    "private_key",
    "pull_secret",
    "relocation_out",
    "tls_cert",
    "tls_key",
}


@dataclass(frozen=True)
class SiteFile:
    """A site file that was read: `settings` has values by the names of the options they stand for.

    What is not in the file is not in there, so that defaults stay the options' own. `wishes` are
    what the site chooses of a bundle's stack, which says later whether they make sense.
    """

    path: Path
    settings: dict[str, Any]
    wishes: Wishes = field(default_factory=Wishes)

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read the file at `path`. Raises MissingError; UsageError with file and line."""
        document = YamlDocument.read(path)
        _check(document)
        return cls(path, dict(_settings(document.data, path.parent)), _wishes(document))


def check_site_text(text: str, origin: str) -> None:
    """Raise UsageError where `text` is no site file; `origin` names it."""
    _check(YamlDocument(text.encode(), origin))


def _check(document: YamlDocument) -> None:
    _check_no_secret(document, document.data, ())
    document.validate(site_schema())


@cache
def site_schema() -> dict[str, Any]:
    """The JSON Schema of site files."""
    file = resources.files("cube_install") / "schemas" / "site.schema.json"
    schema: dict[str, Any] = json.loads(file.read_text())
    return schema


def _settings(data: dict[str, Any], directory: Path) -> Iterator[tuple[str, Any]]:
    """Options by name; paths are taken from the file's directory."""
    parts = [(data.get(part, {}), names) for part, names in _PLAIN.items()]
    flat = {
        name: part[_SHORT.get(name, name)]
        for part, names in parts
        for name in names
        if _SHORT.get(name, name) in part
    }
    if "bundle" in data:
        flat["bundle"] = data["bundle"]
    if "trusted_keys" in data:
        yield "trusted_keys", [str(directory / one) for one in data["trusted_keys"]]
    for name, value in flat.items():
        yield name, str(directory / value) if name in _PATHS else value
    if "registry" in data:
        project = data["registry"].get("project", DEFAULT_PROJECT)
        yield "to", f"{data['registry']['host']}/{project}"
    if "make" in data.get("robots", {}):
        yield "robots", data["robots"]["make"]
    yield "insecure", list(_insecure(data))
    yield "relocate", [f"{one['origin']}={one['target']}" for one in data.get("relocation", ())]
    yield "replicate", [_replication(one) for one in data.get("replication", ())]
    yield "preheat", [f"{one['vendor']}={one['endpoint']}" for one in data.get("preheat", ())]


def _wishes(document: YamlDocument) -> Wishes:
    stack = document.data.get("stack", {})
    return Wishes(
        dict(_given(document, ("stack", "values"), stack.get("values", {}))),
        dict(_given(document, ("stack", "profiles"), stack.get("profiles", {}))),
    )


def _given(
    document: YamlDocument, path: tuple[str, ...], value: dict[str, Any], before: str = ""
) -> Iterator[tuple[str, Given]]:
    """Values by their dotted names: a mapping holds those whose names begin with its key."""
    for key, one in value.items():
        if isinstance(one, dict):
            yield from _given(document, (*path, str(key)), one, f"{before}{key}.")
        else:
            yield f"{before}{key}", Given(one, document.where(*path, str(key)))


def _insecure(data: dict[str, Any]) -> Iterator[str]:
    if data.get("registry", {}).get("insecure"):
        yield data["registry"]["host"]
    for one in data.get("replication", ()):
        if one.get("insecure"):
            yield urlsplit(one["url"]).netloc


def _replication(entry: dict[str, Any]) -> str:
    url = entry["url"].rstrip("/")
    project = f"/{entry['project']}" if "project" in entry else ""
    return f"{entry['name']}={url}{project}"


def _check_no_secret(document: YamlDocument, value: object, path: tuple[str | int, ...]) -> None:
    """Site files are shown to colleagues and kept in repositories."""
    if isinstance(value, list):
        for number, one in enumerate(value):
            _check_no_secret(document, one, (*path, number))
    if not isinstance(value, dict):
        return
    for key, inner in value.items():
        if str(key).lower() in _SECRETS:
            raise UsageError(
                f"{document.where(*path, key)}: a site file holds no secrets, and this one has a "
                f"{key}",
                remedy="put the secret into a file that only you may read and name that file with "
                "password_file, or name an environment variable with password_env; change the "
                "secret if others may have seen it",
            )
        _check_no_secret(document, inner, (*path, key))
