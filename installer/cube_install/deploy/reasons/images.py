"""Images that a node does not get."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from cube_install.deploy.reasons.evidence import (
    Evidence,
    Reason,
    SeenContainer,
    name_of,
    seen_containers,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

_WAITING = {
    "ErrImagePull",
    "ErrImageNeverPull",
    "ImageInspectError",
    "ImagePullBackOff",
    "InvalidImageName",
    "RegistryUnavailable",
    "SignatureValidationFailed",
}


class _Cause(NamedTuple):
    """`pattern` finds it in what the node says; `{host}` is the image's registry."""

    pattern: str
    what: str
    remedy: str


# What containerd, Docker and CRI-O say, most telling first.
_CAUSES = (
    _Cause(
        r"no match(?:ing manifest)? for (?:platform|linux/)|image operating system .* cannot",
        "it has no form for the node's architecture",
        "build the bundle with --platform for every architecture of the cluster's nodes, and push "
        "it",
    ),
    _Cause(
        r"x509|certificate|tls: ",
        "the node does not trust the certificate of {host}",
        "put the CA of {host} on every node: /etc/containerd/certs.d/{host}/hosts.toml with ca, or "
        "for Docker /etc/docker/certs.d/{host}/ca.crt",
    ),
    _Cause(
        r"server gave HTTP response to HTTPS client",
        "{host} speaks plain HTTP, and the node wants TLS",
        "give {host} a certificate, or name it as an insecure registry on every node",
    ),
    _Cause(
        r"unauthorized|authentication required|authorization failed|access denied|denied:|"
        r"\b401\b|\b403\b|insufficient_scope",
        "{host} refuses the pull secret",
        "give the login that may pull: cube-install robots writes one, and cube-install deploy "
        "--pull-secret FILE puts it into every namespace",
    ),
    _Cause(
        r"not found|manifest unknown|name unknown|\b404\b",
        "{host} does not have it",
        "push the bundle again (cube-install push); what is there is not sent a second time",
    ),
    _Cause(
        r"no such host|server misbehaving|Temporary failure in name resolution",
        "the node cannot resolve the name of {host}",
        "make {host} known to the nodes' DNS or to their /etc/hosts",
    ),
    _Cause(
        r"no space left on device",
        "the node's disk is full",
        "make room for images on the node (crictl rmi --prune), or enlarge its disk",
    ),
    _Cause(
        r"connection refused|timeout|no route to host|deadline exceeded|network is unreachable|EOF",
        "the node cannot reach {host}",
        "let every node reach {host}, also through firewalls and proxies (NO_PROXY)",
    ),
)
_SANDBOX = re.compile(r"image \"?([^\s\"]*pause[^\s\"]*)\"?")
_LONGEST = 300


def image_reasons(evidence: Evidence) -> Iterator[Reason]:
    """For each image that a container waits for."""
    for seen in seen_containers(evidence):
        if seen.waiting in _WAITING:
            yield _reason(seen, evidence)
    yield from _pause_image(evidence)


def _reason(seen: SeenContainer, evidence: Evidence) -> Reason:
    subject = f"pod {seen.pod} does not get image {seen.image}"
    if seen.waiting == "InvalidImageName":
        return Reason(f"{subject}: that is no name of an image", "correct it in the stack")
    host = seen.image.partition("/")[0]
    if evidence.registry and host != evidence.registry:
        return Reason(
            f"{subject}: it is not in the site's registry {evidence.registry}",
            f"name it as it is called in {evidence.registry}, or have the nodes take "
            f"{evidence.registry} as the mirror of {host}",
        )
    told = _told(seen, evidence)
    for cause in _CAUSES:
        if re.search(cause.pattern, told, re.I):
            what, remedy = cause.what.format(host=host), cause.remedy.format(host=host)
            return Reason(f"{subject}: {what}", remedy)
    said = f": {told[-_LONGEST:]}" if told else ""
    return Reason(f"{subject}{said}", f"pull it by hand on the node: crictl pull {seen.image}")


def _told(seen: SeenContainer, evidence: Evidence) -> str:
    """The fullest account: a status soon says only that pulling is backed off from."""
    said = [one for one in evidence.messages("Failed") if seen.image in one]
    if seen.message and not seen.message.startswith("Back-off"):
        said.insert(0, seen.message)
    return " ".join(said)


def _pause_image(evidence: Evidence) -> Iterator[Reason]:
    """Every pod needs one image that no manifest names: that of its sandbox."""
    for said in evidence.messages("FailedCreatePodSandBox"):
        found = _SANDBOX.search(said)
        if found:
            pods = ", ".join(name_of(pod) for pod in evidence.pods)
            yield Reason(
                f"pod {pods} gets no sandbox: the node does not have image {found[1]}",
                "name a pause image of the site's registry in the node's containerd (sandbox_image)"
                ", Docker (--pod-infra-container-image of kubelet) or CRI-O (pause_image), or bring"
                " that image onto the node",
            )
            return
