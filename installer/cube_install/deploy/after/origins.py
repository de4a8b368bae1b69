"""Images that run and do not come from the site's registry."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from cube_install.deploy.body import Body, containers, part, parts, text
from cube_install.deploy.reasons.evidence import name_of
from cube_install.harbor.finding import Finding, Severity

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

_PULLING = re.compile(r'(?:Pulling|Successfully pulled|Failed to pull) image "([^"]+)"')


def strange_images(pods: Iterable[Body], host: str) -> Iterator[tuple[str, str]]:
    """Namespace and name of each pod, and an image of it that is not at `host`."""
    for pod in pods:
        place = f"{text(pod, 'metadata', 'namespace')}/{name_of(pod)}"
        ephemeral = parts(pod, "spec", "ephemeralContainers")
        for one in [*containers(pod), *ephemeral]:
            image = text(one, "image")
            if image and image.partition("/")[0] != host:
                yield place, image


def outside_pulls(pods: Iterable[Body], events: Iterable[Body], host: str) -> Iterator[str]:
    """Images that a node asked others than `host` for, on behalf of `pods`."""
    names = {(text(pod, "metadata", "namespace"), name_of(pod)) for pod in pods}
    for event in events:
        about = part(event, "involvedObject")
        if (text(about, "namespace"), text(about, "name")) not in names:
            continue
        found = _PULLING.search(text(event, "message"))
        if found and found[1].partition("/")[0] != host:
            yield found[1]


def origin_findings(
    pods: Sequence[Body], others: Sequence[Body], events: Sequence[Body], host: str
) -> Iterator[Finding]:
    """`pods` are the stack's, `others` those that users and others have in its namespaces."""
    for place, image in strange_images(pods, host):
        yield Finding(
            Severity.ERROR,
            f"pod {place} runs {image}, which is not from {host}",
            "see which manifest names it; or an admission webhook of the cluster has put it in",
        )
    for image in dict.fromkeys(outside_pulls(pods, events, host)):
        yield Finding(
            Severity.ERROR,
            f"a node asked another registry than {host} for {image}",
            "see which pod names it: kubectl get events -A",
        )
    strange = list(strange_images(others, host))
    if strange:
        place, image = strange[0]
        yield Finding(
            Severity.WARNING,
            f"{len(strange)} images of pods that are none of the stack's are not from {host}, "
            f"{image} of {place} for instance",
            "behind the air gap they run only where a node has them",
        )
