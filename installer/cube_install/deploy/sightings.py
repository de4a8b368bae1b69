"""What the cluster looks like now: lists that several threads share for a moment."""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from typing import TYPE_CHECKING

from cube_install.deploy.body import Body, text
from cube_install.kubernetes.refusals import NotServedError

if TYPE_CHECKING:
    from cube_install.kubernetes.cluster import Cluster
    from cube_install.kubernetes.object_key import ObjectKey

# Group, kind, and namespace; empty for all of the cluster.
_Place = tuple[str, str, str]


class Sightings:
    """Lists of the cluster, each asked for at most once in `seconds`. Safe to use from threads."""

    def __init__(self, cluster: Cluster, seconds: float = 1.0) -> None:
        self.cluster = cluster
        self._seconds = seconds
        self._lock = threading.Lock()
        self._locks: dict[_Place, threading.Lock] = defaultdict(threading.Lock)
        self._seen: dict[_Place, tuple[float, dict[str, Body]]] = {}

    def list(self, group: str, kind: str, namespace: str = "") -> list[Body]:
        """All objects of that kind there; none where the kind is not served. Raises AirgapError."""
        return list(self._by_name((group, kind, namespace)).values())

    def find(self, key: ObjectKey, since: float = 0.0) -> Body | None:
        """The object, or None where it is not there; seen after `since` of time.monotonic().

        What was seen before a change does not tell whether what was changed is up. Raises
        AirgapError.
        """
        return self._by_name((key.group, key.kind, key.namespace), since).get(key.name)

    def _by_name(self, place: _Place, since: float = 0.0) -> dict[str, Body]:
        with self._lock:
            lock = self._locks[place]
        with lock:  # who comes second waits, and finds what the first one fetched
            seen = self._seen.get(place)
            if seen is None or seen[0] <= max(since, time.monotonic() - self._seconds):
                seen = (time.monotonic(), self._fetched(place))
                self._seen[place] = seen
            return seen[1]

    def _fetched(self, place: _Place) -> dict[str, Body]:
        group, kind, namespace = place
        try:
            found = self.cluster.list(group, kind, namespace=namespace)
        except NotServedError:
            return {}
        return {text(one, "metadata", "name"): one for one in found}
