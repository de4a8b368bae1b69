"""A Docker daemon's images, saved to archives beside the bundle."""

from __future__ import annotations

import os
from contextlib import closing
from difflib import get_close_matches
from typing import TYPE_CHECKING

from cube_airgap.digest import Digest
from cube_airgap.docker_archive import staged_save
from cube_airgap.errors import AirgapError, AuthenticationError, MissingError, NetworkError
from cube_airgap.image_source import LARGEST_PIECE

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

    from docker import DockerClient

# Seconds; a daemon packs the whole image in its own temporary directory before the first byte.
_PATIENCE = 3600


def save_image(name: str, directory: Path) -> Path:
    """Save the daemon's image `name` in `directory`, once per image ID; a DockerArchive reads it.

    The file is the caller's to delete. The daemon is the one that DOCKER_HOST and its companions
    name, else the local one. Raises NetworkError, AuthenticationError, MissingError, SpaceError.
    """
    with closing(_connected()) as client:
        image_id = _image_id(client, name)
        identity = Digest.of(image_id.encode()).short
        pieces = _saved(client, image_id, name)
        return staged_save(directory / f"docker-daemon.{identity}.tar", pieces)


# The SDK is imported where it is used: it takes longer to load than most commands take to run.
def _connected() -> DockerClient:
    import docker  # noqa: PLC0415
    from docker.errors import DockerException  # noqa: PLC0415

    try:
        client = docker.from_env()
    except DockerException as error:
        raise _no_daemon(error) from error
    client.api.timeout = _PATIENCE
    return client


def _image_id(client: DockerClient, name: str) -> str:
    from docker.errors import DockerException, ImageNotFound  # noqa: PLC0415
    from requests import RequestException  # noqa: PLC0415

    try:
        return str(client.images.get(name).id)
    except ImageNotFound:
        raise _unknown(client, name) from None
    except (DockerException, RequestException) as error:
        raise _failed(name, error) from error


def _saved(client: DockerClient, image_id: str, name: str) -> Generator[bytes, None, None]:
    """The archive of just that image: a name without a tag would give all tags of it."""
    from docker.errors import DockerException  # noqa: PLC0415
    from requests import RequestException  # noqa: PLC0415

    try:
        yield from client.api.get_image(image_id, chunk_size=LARGEST_PIECE)
    except (DockerException, RequestException) as error:
        raise _failed(name, error) from error


def _no_daemon(error: Exception) -> AirgapError:
    host = os.environ.get("DOCKER_HOST", "unix:///var/run/docker.sock").rpartition("@")[2]
    cause = _system_error(error)
    if isinstance(cause, PermissionError):
        return AuthenticationError(
            f"this user may not speak to the Docker daemon at {host}",
            remedy="join the group `docker` and log in again, or run the command as root",
        )
    why = cause.strerror if cause else str(error)
    return NetworkError(
        f"no Docker daemon answers at {host}: {why}",
        remedy="start it (systemctl start docker), or say in DOCKER_HOST where it is",
    )


def _system_error(error: BaseException | None) -> OSError | None:
    """The operating system's own error at the root of `error`, if there is one."""
    while error is not None:
        if isinstance(error, OSError) and error.errno is not None:
            return error
        error = error.__cause__ or error.__context__
    return None


def _failed(name: str, error: Exception) -> NetworkError:
    why = getattr(error, "explanation", None) or str(error)
    return NetworkError(
        f"the Docker daemon did not give the image {name}: {why}",
        remedy="see the daemon's log (journalctl -u docker), then run the same command again",
    )


def _unknown(client: DockerClient, name: str) -> MissingError:
    tags = {tag for image in client.api.images() for tag in image["RepoTags"] or ()}
    names = sorted(tags - {"<none>:<none>"})  # an image whose only name went to another
    there = ", ".join(_likeliest(name, names)) or "no image with a name"
    return MissingError(
        f"the Docker daemon has no image {name}; it has {there}",
        remedy=f"see all with `docker images`, or get it with `docker pull {name}`",
    )


def _likeliest(name: str, names: list[str]) -> list[str]:
    """A few of `names`, those first that `name` may have been meant for."""
    same = [one for one in names if _last_part(one) == _last_part(name)]
    return list(dict.fromkeys([*same, *get_close_matches(name, names), *names]))[:5]


def _last_part(name: str) -> str:
    return name.rpartition("/")[2].partition("@")[0].partition(":")[0]
