"""Files pushed as an OCI artifact by oras, over our own HTTP.

oras makes the manifest and says what is sent in which order. Its HTTP is replaced: it waits for
ever, takes token realms and upload addresses as they are told, reads netrc, and tries everything
again for minutes (docs/decisions.md).
"""

from __future__ import annotations

import json as json_format
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import oras.oci  # type: ignore[import-untyped]
import oras.provider  # type: ignore[import-untyped]

from cube_airgap.disk import write_atomically
from cube_airgap.registry.endpoint import Call
from cube_airgap.registry.push_refusals import push_refusal

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    import requests

    from cube_airgap.registry.destination import Destination

_TAKEN = {200, 201, 202}
# Never asked, since do_request() looks at paths only; but oras wants one with a dot in it.
_NO_HOST = "registry.invalid"
_TITLE = "org.opencontainers.image.title"


class ArtifactClient(oras.provider.Registry):  # type: ignore[misc]
    """Pushes files into the repository `name` of `destination`."""

    def __init__(self, destination: Destination, name: str) -> None:
        super().__init__()
        self._destination = destination
        self._repository = destination.repository(name)

    def push_files(
        self,
        tag: str,
        files: Sequence[tuple[Path, str]],
        annotations: Mapping[str, str],
        artifact_type: str,
    ) -> None:
        """Push `files`, each with its media type, as one artifact. Raises AirgapError."""
        container = self.get_container(f"{_NO_HOST}/{self._repository.name}:{tag}")
        manifest = oras.oci.NewManifest()
        for path, media_type in files:
            layer = oras.oci.NewLayer(str(path), media_type=media_type)
            layer["annotations"] = {_TITLE: path.name}
            self.upload_blob(str(path), container, layer)
            manifest["layers"].append(layer)
        config = files[0][0].parent / "config.json"
        write_atomically(config, b"{}")
        manifest["config"], _ = oras.oci.ManifestConfig(str(config), artifact_type)
        self.upload_blob(str(config), container, manifest["config"])
        manifest["annotations"] = dict(annotations)
        self.upload_manifest(manifest, container)

    def do_request(  # noqa: PLR0913, PLR0917 - the signature is the library's
        self,
        url: str,
        method: str = "GET",
        data: bytes | None = None,
        headers: dict[str, str] | None = None,
        json: Any = None,  # noqa: ANN401 - the library's
        stream: bool = False,  # noqa: ARG002, FBT001, FBT002 - the library's
    ) -> requests.Response:
        """Send a request to the destination, whatever host `url` names. Raises AirgapError."""
        parts = urlsplit(url)
        path = f"{parts.path}?{parts.query}" if parts.query else parts.path
        body = data if json is None else json_format.dumps(json).encode()
        call = Call(path, self._repository.scopes, method, headers or {}, body)
        endpoint = self._destination.endpoint
        answer = self._destination.retries.run(lambda: endpoint.send(call))
        is_absent = method == "HEAD" and answer.status == 404
        if answer.status not in _TAKEN and not is_absent:
            raise push_refusal(answer, f"a record into {self._repository}", endpoint.login)
        answer.discard()
        return answer.response

    def close(self) -> None:
        """Let go of what the library opened."""
        self.session.close()
