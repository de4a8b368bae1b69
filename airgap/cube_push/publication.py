"""Putting an image's manifests, once its blobs are there: children first, its tag last."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cube_airgap.registry.answer import UnexpectedAnswerError
from cube_push.subject_links import link_subject

if TYPE_CHECKING:
    from cube_airgap.manifest import Manifest
    from cube_airgap.registry.push_repository import PushRepository
    from cube_push.narrowing import ManifestTree
    from cube_push.plan import AttachedTree, ImagePush


def publish(image: ImagePush, tree: ManifestTree, repository: PushRepository) -> None:
    """Put `tree`, which is the image or its narrowed form, and what is attached; read it back.

    Whatever the tag shows is complete at any moment, signatures included. Raises AirgapError.
    """
    for manifest in tree.below:
        repository.put_manifest(manifest, str(manifest.digest))
    if image.attached and image.target.tag:
        repository.put_manifest(tree.root, str(tree.root.digest))
    name = image.name_of(tree.root)
    if not image.target.tag:
        repository.put_manifest(tree.root, name)
    for attached in image.attached:
        _attach(attached, repository)
    if image.target.tag:
        repository.put_manifest(tree.root, name)
    _read_back(tree.root, name, repository)


def _attach(attached: AttachedTree, repository: PushRepository) -> None:
    root = attached.tree.root
    for manifest in attached.tree.below:
        repository.put_manifest(manifest, str(manifest.digest))
    if attached.tag:
        if repository.manifest_digest(attached.tag) is None:
            repository.put_manifest(root, attached.tag)
        return
    pushed = repository.put_manifest(root, str(root.digest))
    if not pushed.links_subject:
        link_subject(root, repository)


def _read_back(root: Manifest, name: str, repository: PushRepository) -> None:
    """What the registry serves under the name must be what was put there.

    None comes where a policy of Harbor forbids pulling: that the manifest was taken must do then.
    """
    found = repository.manifest_digest(name)
    if found not in {root.digest, None}:
        raise UnexpectedAnswerError(
            f"{repository}:{name} was pushed as {root.digest} and is served as {found}",
            remedy="somebody else may push the same tag: see who, then run the same command again",
        )
