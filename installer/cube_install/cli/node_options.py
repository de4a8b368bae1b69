"""Options that say which nodes there are, how they are reached, and what they are to pull."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from cube_airgap.errors import MissingError, UsageError
from cube_airgap.file_range import read_head
from cube_install.accounts.pull_secret import read_pull_secret
from cube_install.cli.bundle_options import opened
from cube_install.cli.cluster_options import cluster_options, take_cluster
from cube_install.nodes.node_checks import Expected
from cube_install.nodes.node_plan import Gpus, Wish
from cube_install.nodes.pull_registry import PullRegistry, origins_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from cube_airgap.catalogue import Catalogue
    from cube_airgap.registry.login import Login
    from cube_install.nodes.running import Nodes
    from cube_push.target import Target

_Command = TypeVar("_Command", bound="Callable[..., Any]")
_LARGEST_CA = 1 << 20
_POD_SECONDS = 900.0


def _path(*, is_directory: bool) -> click.Path:
    return click.Path(dir_okay=is_directory, file_okay=not is_directory, path_type=Path)


_READ = click.Path(exists=True, dir_okay=False, path_type=Path)

_OPTIONS = (
    click.option("--ssh", type=_path(is_directory=False), help="The file that names the nodes."),
    click.option(
        "--daemonset",
        "in_cluster",
        is_flag=True,
        help="Reach the nodes through the cluster, by a privileged pod on each.",
    ),
    click.option(
        "--image",
        help="What these pods run: an image with sh and nsenter that every node can start.  "
        "[default: the bundle's busybox, by its name in the registry]",
    ),
    cluster_options,
    click.option(
        "--print", "print_to", type=_path(is_directory=True), help="Write files and programs there."
    ),
    click.option(
        "--surveys",
        type=_path(is_directory=True),
        help="With --print: what survey.sh printed on each node, a file each.",
    ),
    click.option("--check", is_flag=True, help="Change nothing; tell what would be changed."),
    click.option("--ssh-identity", type=_READ, help="The private key to log in with."),
    click.option(
        "--ssh-known-hosts",
        type=_path(is_directory=False),
        help="The nodes' host keys.  [default: ~/.ssh/known_hosts, /etc/ssh/ssh_known_hosts]",
    ),
    click.option(
        "--ssh-password-file",
        type=_READ,
        help="The password for logging in and for sudo, in a file for you alone.",
    ),
    click.option(
        "--ssh-jobs",
        type=click.IntRange(1, 200),
        default=16,
        show_default=True,
        help="Nodes at a time.",
    ),
    click.option(
        "--pull-login",
        type=_READ,
        help="hubsecret.yaml of the site: with it nodes may pull by the images' own names from a "
        "project that is not public.",
    ),
    click.option(
        "--docker-mirror",
        metavar="URL",
        help="A registry that has docker.io's images under their own names, such as cube-install "
        "serve, for Docker, which knows no other mirrors.",
    ),
    click.option(
        "--gpu",
        type=click.Choice([wish.value for wish in Gpus]),
        default=Gpus.AUTO.value,
        show_default=True,
        help="Let containers see NVIDIA's GPUs. auto: where there is one, and its runtime.",
    ),
)


def node_options(command: _Command) -> _Command:
    """Add the options; the command takes them with take_wish() and take_nodes()."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def take_wish(values: dict[str, Any], target: Target) -> tuple[Wish, Expected]:
    """What nodes are to be able to, and what the bundle needs of them. Raises AirgapError."""
    with opened(values.pop("bundle")) as bundle:
        catalogue = bundle.catalogue
    values["image"] = values["image"] or _busybox(catalogue, target)
    registry = _registry(target, _pull_login(values.pop("pull_login"), target.host))
    images = (one.reference for one in catalogue.every_image if not one.has_assets)
    origins = origins_of(images, target.relocation)
    mirror = values.pop("docker_mirror") or ""
    if mirror and not mirror.startswith(("http://", "https://")):
        raise UsageError(
            f"{mirror[:200]!r} is no address (--docker-mirror)",
            remedy="write it as https://HOST:PORT",
        )
    return Wish(registry, origins, mirror, Gpus(values.pop("gpu"))), _expected(catalogue)


def _registry(target: Target, login: Login | None) -> PullRegistry:
    ca_file = target.access.ca_file
    ca = read_head(ca_file, _LARGEST_CA).decode(errors="replace") if ca_file else ""
    if target.host not in target.access.insecure:
        return PullRegistry(target.host, ca, login=login)
    from cube_airgap.registry.registries import Registries  # noqa: PLC0415 - it asks the network

    with Registries(target.access) as registries:
        destination = registries.destination(target.host)
        base = destination.retries.run(lambda: destination.endpoint.base)
    is_plain = base.startswith("http://")
    return PullRegistry(target.host, ca, is_plain, is_verified=False, login=login)


def _pull_login(path: Path | None, host: str) -> Login | None:
    if path is None:
        return None
    login = read_pull_secret(path, host)
    if login is None:
        raise MissingError(
            f"{path} has no login for {host}",
            remedy="give the hubsecret.yaml that cube-install robots wrote for that registry",
        )
    return login


def _expected(catalogue: Catalogue) -> Expected:
    platforms = {one for image in catalogue.every_image for one in image.platforms}
    return Expected(tuple(sorted(platforms)), sum(blob.size for blob in catalogue.blobs))


def take_nodes(values: dict[str, Any]) -> Nodes | None:
    """The nodes that are named, if any are. Raises AirgapError."""
    ssh, surveys = values.pop("ssh"), values.pop("surveys")
    if values["in_cluster"]:
        return _cluster_nodes(values)
    if surveys is not None:
        from cube_install.nodes.printing import SurveyedNodes  # noqa: PLC0415 - rarely

        return SurveyedNodes(surveys)
    if ssh is None:
        return None
    # asyncssh takes longer to load than most commands to run.
    from cube_install.nodes.hosts_file import read_hosts  # noqa: PLC0415
    from cube_install.nodes.ssh_nodes import SshAccess, SshNodes  # noqa: PLC0415
    from cube_install.site.secret_sources import login_from_file  # noqa: PLC0415

    password = values.pop("ssh_password_file")
    access = SshAccess(
        values.pop("ssh_known_hosts"),
        values.pop("ssh_identity"),
        login_from_file("", password).password if password else "",
    )
    return SshNodes(read_hosts(ssh), access, values.pop("ssh_jobs"))


def _cluster_nodes(values: dict[str, Any]) -> Nodes:
    from cube_install.node_pods.cluster_members import members  # noqa: PLC0415
    from cube_install.nodes.cluster_nodes import ClusterNodes  # noqa: PLC0415

    image = values.pop("image")
    if not image:
        raise UsageError(
            "the bundle has no busybox, and no other image is named for the pods on the nodes",
            remedy="give --image, an image with sh and nsenter that every node can start",
        )
    cluster = take_cluster(values)
    return ClusterNodes(cluster, members(cluster), image, values.pop("ssh_jobs"), _POD_SECONDS)


def _busybox(catalogue: Catalogue, target: Target) -> str:
    """The bundle's busybox as the site calls it; empty where it has none."""
    for image in catalogue.every_image:
        if image.reference.repository.rpartition("/")[2] == "busybox":
            return str(target.relocation.target(image.reference, target.host))
    return ""
