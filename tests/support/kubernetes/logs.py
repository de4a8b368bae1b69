"""What containers wrote."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.support.kubernetes.answers import Answer, Refused, bad_request, not_found, text_answer
from tests.support.kubernetes.storage import Place

if TYPE_CHECKING:
    from tests.support.kubernetes.json_types import Body
    from tests.support.kubernetes.request import ObjectPath, Request
    from tests.support.kubernetes.storage import Storage


@dataclass
class Logs:
    """`written` has texts by NAMESPACE/NAME of pods, or by how those begin."""

    written: dict[str, str] = field(default_factory=dict)

    def serve(self, storage: Storage, path: ObjectPath, request: Request) -> Answer:
        pod = storage.objects.get(Place("pods", path.namespace, path.name))
        if pod is None:
            raise Refused(not_found(storage.resources["pods"], path.name))
        container = request.query.get("container", "")
        state = _state(pod, container)
        if "waiting" in state["state"] and not state["lastState"]:
            reason = state["state"]["waiting"]["reason"]
            raise Refused(
                bad_request(
                    f'container "{container}" in pod "{path.name}" is waiting to start: {reason}'
                )
            )
        if request.query.get("previous") == "true" and not state["lastState"]:
            raise Refused(
                bad_request(
                    f'previous terminated container "{container}" in pod "{path.name}" not found'
                )
            )
        lines = self._text(f"{path.namespace}/{path.name}").splitlines(keepends=True)
        count = int(request.query.get("tailLines") or len(lines))
        return text_answer(200, "".join(lines[-count:] if count else []))

    def _text(self, pod: str) -> str:
        return next((text for name, text in self.written.items() if pod.startswith(name)), "")


def _state(pod: Body, container: str) -> Body:
    names = [one.get("name") for one in pod["spec"].get("containers") or ()]
    if container not in names:
        pod_name = pod["metadata"]["name"]
        raise Refused(bad_request(f"container {container} is not valid for pod {pod_name}"))
    told: list[Body] = (pod.get("status") or {}).get("containerStatuses") or []
    nothing: Body = {"state": {"waiting": {"reason": "ContainerCreating"}}, "lastState": {}}
    return next((one for one in told if one["name"] == container), nothing)
