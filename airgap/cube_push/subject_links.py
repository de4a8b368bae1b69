"""Linking a referrer to its subject where the registry does not do so itself.

Distribution spec, "Pushing Manifests with Subject" and "Referrers Tag Schema".
"""

from __future__ import annotations

import json
import threading
from typing import TYPE_CHECKING, Any

from cube_airgap.manifest import OCI_INDEX, Manifest
from cube_airgap.registry.attachments import fallback_tag
from cube_airgap.registry.repository import Repository

if TYPE_CHECKING:
    from cube_airgap.registry.push_repository import PushRepository

# The index under the tag is read, changed and put again: by one thread of ours at a time.
_one_at_a_time = threading.Lock()


def link_subject(referrer: Manifest, repository: PushRepository) -> None:
    """Name `referrer` in the index that its subject's fallback tag shows. Raises AirgapError."""
    subject = referrer.subject
    if subject is None:
        return
    tag = fallback_tag(subject.digest)
    with _one_at_a_time:
        reader = Repository(repository.endpoint, repository.name, repository.retries)
        existing = reader.tagged(tag)
        entries = list(existing.body.get("manifests") or []) if existing else []
        if any(entry.get("digest") == str(referrer.digest) for entry in entries):
            return
        body = {
            "schemaVersion": 2,
            "mediaType": OCI_INDEX,
            "manifests": [*entries, _entry(referrer)],
        }
        raw = json.dumps(body, separators=(",", ":")).encode()
        index = Manifest.parse(
            raw, media_type=OCI_INDEX, where=f"the referrers of {subject.digest}"
        )
        repository.put_manifest(index, tag)


def _entry(referrer: Manifest) -> dict[str, Any]:
    config = referrer.config.media_type if referrer.config else ""
    more = {
        "artifactType": referrer.body.get("artifactType") or config,
        "annotations": referrer.body.get("annotations"),
    }
    return referrer.descriptor.to_json() | {key: value for key, value in more.items() if value}
