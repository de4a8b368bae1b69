"""What a project holds: its repositories, and their artifacts."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote

from cube_airgap.digest import Digest
from cube_airgap.errors import MissingError
from cube_harbor.api import API, ApiCall, project_path, repository_path
from cube_harbor.fields import Fields

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from cube_harbor.api import HarborApi

# In an order that stays the same from page to page.
_EACH = {"with_tag": "true", "sort": "id"}


@dataclass(frozen=True)
class HarborRepository:
    """A repository, named without its project, of the project `project`."""

    project: str
    name: str

    def __str__(self) -> str:
        return f"{self.project}/{self.name}"


@dataclass(frozen=True)
class Artifact:
    """A manifest that Harbor keeps; `size` in bytes is that of the image, as Harbor counts it.

    `tags` begin with the newest, and `children` are the manifests of an index.
    """

    digest: Digest
    media_type: str
    size: int
    tags: tuple[str, ...]
    children: tuple[Digest, ...] = ()


def list_repositories(api: HarborApi, project: str) -> Iterator[HarborRepository]:
    """Raises AirgapError, while it is consumed."""
    what = f"the repositories of {project}"
    for one in api.items(f"{project_path(project)}/repositories", what, {"sort": "name"}):
        yield parse_repository(one.text("name"))


def find_repositories(api: HarborApi, containing: str) -> Iterator[HarborRepository]:
    """Those of all projects that the login may see whose names, project and all, contain a text.

    Raises AirgapError, while it is consumed.
    """
    query = {"q": f"name=~{containing}", "sort": "name"}
    for one in api.items(f"{API}/repositories", "the repositories", query):
        yield parse_repository(one.text("name"))


def parse_repository(name: str) -> HarborRepository:
    """From its name with its project."""
    project, _, inside = name.partition("/")
    return HarborRepository(project, inside)


def list_artifacts(api: HarborApi, repository: HarborRepository) -> Iterator[Artifact]:
    """Every artifact, with its tags; none for a repository that is not there.

    Raises AirgapError, while it is consumed.
    """
    path = f"{repository_path(repository.project, repository.name)}/artifacts"
    for one in api.items(path, f"the artifacts of {repository}", _EACH):
        yield parse_artifact(one)


def list_project(api: HarborApi, project: str) -> Mapping[str, tuple[Artifact, ...]] | None:
    """Every artifact of a project by its repository's name, by one call for 100 of them.

    None where Harbor, being older than 2.10, has no such list, or the project is not there. Raises
    AirgapError.
    """
    path, what = f"{project_path(project)}/artifacts", f"the artifacts of {project}"
    found: dict[str, list[Artifact]] = defaultdict(list)
    try:
        for one in api.items(path, what, _EACH):
            found[one.text("repository_name")].append(parse_artifact(one))
    except MissingError:
        return None
    return None if "" in found else {name: tuple(ones) for name, ones in found.items()}


def find_artifact(api: HarborApi, repository: HarborRepository, name: str) -> Artifact | None:
    """The artifact by its tag or digest, or None.

    Unlike the registry's HEAD, a project that blocks pulling does not block this. Raises
    AirgapError.
    """
    reply = api.ask(ApiCall(f"{_path(repository, name)}?with_tag=true"))
    if reply.status == 404 and not reply.is_web_page:
        return None
    if reply.status != 200:
        raise api.refusal(reply, f"read {repository}:{name}")
    return parse_artifact(Fields(reply.body, f"{repository}:{name}"))


def parse_artifact(value: Fields) -> Artifact:
    """From Harbor's `Artifact`. Raises NetworkError, UsageError."""
    return Artifact(
        Digest.parse(value.text("digest")),
        value.text("manifest_media_type"),
        value.number("size"),
        tuple(one.text("name") for one in value.objects("tags")),
        tuple(Digest.parse(one.text("child_digest")) for one in value.objects("references")),
    )


def delete_artifact(api: HarborApi, repository: HarborRepository, digest: Digest) -> None:
    """Delete an artifact with its tags, its accessories, and children that nothing else names.

    One that is gone already is fine. Raises AirgapError.
    """
    reply = api.ask(ApiCall(_path(repository, str(digest)), "DELETE"))
    if reply.status not in {200, 202} and (reply.status != 404 or reply.is_web_page):
        raise api.refusal(reply, f"delete {repository}@{digest}")


def _path(repository: HarborRepository, name: str) -> str:
    base = repository_path(repository.project, repository.name)
    return f"{base}/artifacts/{quote(name, safe=':')}"
