"""Images that a stack's workloads name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cube_install.deploy.body import containers, pod_template, text

if TYPE_CHECKING:
    from cube_install.stack.rendered import RenderedStack


def images_of(stack: RenderedStack) -> tuple[str, ...]:
    """Each once, in the stack's order."""
    found = (
        text(container, "image")
        for one in stack.objects
        for container in containers(pod_template(one.body))
    )
    return tuple(dict.fromkeys(image for image in found if image))
