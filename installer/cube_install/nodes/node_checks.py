"""What stands in the way of running the platform on a node, seen from its survey."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cube_airgap.platforms import wanted_by_any
from cube_console.amounts import size_text
from cube_install.harbor.finding import Finding, Severity
from cube_install.nodes.containerd_config import ContainerdConfig

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cube_airgap.platforms import Platform
    from cube_install.nodes.survey import Survey

_OLDEST_CONTAINERD = (1, 5, 0)  # the first that reads hosts.toml
_OLDEST_DOCKER = (20, 10, 10)
_OLDEST_KERNEL = (3, 10)
_MOST_SKEW = 60
_LOCAL = {"ext2", "ext3", "ext4", "xfs", "btrfs", "overlay", "tmpfs"}
_STORAGE = "storage /data/k8s"


@dataclass(frozen=True)
class Expected:
    """What the bundle's images need: a platform (any, where none is named), and bytes of disk.

    `is_alone` is whether the node is the only one, so that nothing has to be shared.
    """

    platforms: tuple[Platform, ...] = ()
    size: int = 0
    is_alone: bool = False


def check_node(survey: Survey, expected: Expected, skew: float) -> tuple[Finding, ...]:
    """All that was found; `skew` is by how many seconds the node's clock is ahead of ours.

    The node's files must be such that plan_node() understands them.
    """
    return tuple(
        finding
        for part in (
            _machine(survey, expected),
            _runtime(survey),
            _disk(survey, expected),
            _clock(skew),
            _gpus(survey),
            _storage(survey, expected),
            _reach(survey),
        )
        for finding in part
    )


def _machine(survey: Survey, expected: Expected) -> Iterator[Finding]:
    if expected.platforms and not wanted_by_any(survey.platform, expected.platforms):
        carried = ", ".join(str(one) for one in expected.platforms)
        yield _error(
            f"it is {survey.platform}, and the bundle's images are for {carried}",
            f"build the bundle with --platform {survey.platform} too",
        )
    kernel = survey.version("kernel")
    if kernel is not None and kernel[:2] < _OLDEST_KERNEL:
        yield _error(f"its kernel {survey.facts['kernel']} is too old", "use a newer system")
    if survey.number("swap"):
        yield _warning(
            "it swaps, and a kubelet does not start beside swap unless it is told to",
            "swapoff -a, and take the swap lines out of /etc/fstab",
        )
    if not survey.is_root:
        yield _error("the survey did not run as root", "log in as root, or let the user use sudo")


def _runtime(survey: Survey) -> Iterator[Finding]:
    containerd, docker = survey.version("containerd"), survey.version("docker")
    if survey.rancher is None and not survey.has("containerd") and not survey.has("docker"):
        yield _error(
            "it has no container runtime: neither containerd, Docker, RKE2 nor k3s runs there",
            "install one first; the profile kit of the bundle has them",
        )
    is_alone = survey.has("containerd") and not survey.has("docker")
    if is_alone and containerd is not None and containerd < _OLDEST_CONTAINERD:
        yield _error(
            f"its containerd {survey.facts['containerd']} is older than 1.5, which is the first to "
            "read hosts.toml",
            "install a newer containerd",
        )
    if is_alone and not _has_cri(survey):
        yield _warning(
            "its containerd has the plugin cri turned off, so that Kubernetes cannot use it",
            "take cri out of disabled_plugins in /etc/containerd/config.toml",
        )
    if docker is not None and docker < _OLDEST_DOCKER:
        yield _warning(
            f"its Docker {survey.facts['docker']} is older than 20.10.10, which Harbor needs and "
            "today's images expect",
            "install a newer Docker",
        )


def _has_cri(survey: Survey) -> bool:
    path = "/etc/containerd/config.toml"
    return ContainerdConfig(survey.text(path, "a node"), path).has_cri


def _disk(survey: Survey, expected: Expected) -> Iterator[Finding]:
    directory = _image_directory(survey)
    free = survey.disks.get(directory)
    if free is not None and free < expected.size:
        yield _warning(
            f"{directory} has {size_text(free)} free, and all images together are "
            f"{size_text(expected.size)} before they are unpacked",
            "free some space, or put that directory on a larger disk",
        )


def _image_directory(survey: Survey) -> str:
    if survey.rancher is not None:
        return "/var/lib/rancher"
    return "/var/lib/docker" if "docker" in survey.services else "/var/lib/containerd"


def _clock(skew: float) -> Iterator[Finding]:
    if abs(skew) > _MOST_SKEW:
        way = "ahead of" if skew > 0 else "behind"
        yield _warning(
            f"its clock is {abs(skew):.0f} s {way} this machine's: certificates and tokens may not "
            "be valid there",
            "let all nodes take the time from one server of the site's",
        )


def _gpus(survey: Survey) -> Iterator[Finding]:
    if not survey.has_gpu:
        return
    if not survey.facts.get("gpu-driver"):
        yield _warning("it has a GPU of NVIDIA's and no driver for it", "install the driver")
    if not survey.facts.get("nvidia-runtime"):
        yield _warning(
            "it has a GPU of NVIDIA's and no nvidia-container-runtime",
            "install NVIDIA's container toolkit, then run this again",
        )


def _storage(survey: Survey, expected: Expected) -> Iterator[Finding]:
    mounted = survey.facts.get(_STORAGE, "").split()
    if not mounted:
        yield _warning(
            "it has no /data/k8s, where the platform's volumes are",
            "mount the shared storage there, on every node",
        )
    elif not expected.is_alone and mounted[1:2] and mounted[1] in _LOCAL:
        yield _warning(
            f"its /data/k8s is on a disk of its own ({mounted[1]}): pods that move to another node "
            "would not find their files",
            "mount the shared storage there, on every node",
        )


def _reach(survey: Survey) -> Iterator[Finding]:
    reach = survey.facts.get("reach", "")
    if reach == "no":
        yield _error(
            "the registry cannot be reached from it",
            "check name, address, port and firewall there",
        )
    elif reach and reach != "yes":
        yield _warning(
            f"the registry's address answers it with {reach}",
            "see what else listens at that address, or which proxy is in between",
        )


def _error(what: str, remedy: str) -> Finding:
    return Finding(Severity.ERROR, what, remedy)


def _warning(what: str, remedy: str) -> Finding:
    return Finding(Severity.WARNING, what, remedy)
