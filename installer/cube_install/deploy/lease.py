"""The lease that one run at a time holds while it changes what is on a cluster.

A run renews it as long as it is at work. One that gives no sign of life for as long as its lease
lasts is taken for dead; that is found by looking for so long, since clocks of two machines differ
(client-go, tools/leaderelection).
"""

from __future__ import annotations

import getpass
import math
import os
import socket
import threading
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Self

from cube_airgap.errors import AirgapError, ClusterError, NetworkError
from cube_install.deploy.body import Body, number, part, text
from cube_install.deploy.ownership import OUR_LABELS
from cube_install.deploy.record.record import NAMESPACE
from cube_install.kubernetes.object_key import ObjectKey
from cube_install.kubernetes.refusals import AlreadyExistsError, NotFoundError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cube_airgap.progress import Progress
    from cube_install.kubernetes.cluster import Cluster

KEY = ObjectKey("coordination.k8s.io", "Lease", NAMESPACE, "deployment")
_PROCESS = "cube-airgap/process"
_BOOT = Path("/proc/sys/kernel/random/boot_id")
_OF_PROCESSES = "/proc/self/ns/pid"
_SHORTLY = 5.0


@dataclass(frozen=True)
class Holder:
    """A run that has the lease, or died with it.

    `name` is for people; `since` and `renewed` are times in UTC by its own clock. Each lease has a
    `uid` of its own, and lasts `seconds` after each renewal; `process` is of _this_process().
    """

    name: str
    since: str
    renewed: str
    seconds: int
    uid: str
    process: str

    @classmethod
    def read(cls, cluster: Cluster) -> Self | None:
        """Who has a cluster's lease; None where nobody has. Raises AirgapError."""
        body = cluster.get(KEY)
        return cls.of(body) if body else None

    @classmethod
    def of(cls, body: Body) -> Self:
        """The holder that a Lease tells of."""
        spec = part(body, "spec")
        return cls(
            text(spec, "holderIdentity") or "somebody",
            f"{text(spec, 'acquireTime')[:19]}Z",
            text(spec, "renewTime"),
            number(spec, "leaseDurationSeconds", default=Lease.lasts),
            text(body, "metadata", "uid"),
            text(body, "metadata", "annotations", _PROCESS),
        )

    @property
    def has_ended(self) -> bool:
        """Whether it ran on this machine and does so no more; else only its silence tells."""
        place, _, pid = self.process.rpartition(" ")
        if not place or place != _this_process().rpartition(" ")[0] or not pid.isdigit():
            return False
        try:
            os.kill(int(pid), 0)
        except OSError as error:
            return isinstance(error, ProcessLookupError)
        return False


@dataclass
class Lease:
    """A cluster's lease, for one run; `stop` is set when another run has taken it over.

    It lasts `lasts` seconds, is renewed every `renewal`, and looked at every `look`, if it is
    another's.
    """

    cluster: Cluster
    progress: Progress
    stop: threading.Event = field(default_factory=threading.Event)
    lasts: int = 15
    renewal: float = 3.0
    look: float = 0.5
    is_lost: bool = False

    @contextmanager
    def held(self) -> Iterator[None]:
        """Have it inside the block. Raises ClusterError where another run is at work."""
        self.cluster.apply(
            {
                "apiVersion": "v1",
                "kind": "Namespace",
                "metadata": {"name": NAMESPACE, "labels": OUR_LABELS},
            }
        )
        uid = self._taken()
        ended = threading.Event()
        keeper = threading.Thread(target=self._keep, args=(uid, ended), daemon=True)
        keeper.start()
        is_away = False
        try:
            yield
        except NetworkError:
            is_away = True
            raise
        finally:
            ended.set()
            keeper.join(_SHORTLY)
            if not is_away:  # else it ends by itself
                with suppress(AirgapError):
                    self.cluster.delete(KEY, uid=uid)

    def check(self) -> None:
        """Raise ClusterError if another run has taken it over."""
        if self.is_lost:
            raise ClusterError(
                f"another run has taken over, as this one gave no sign of life for {self.lasts} s",
                remedy="see cube-install status; when that run is done, run the same command again",
            )

    def _taken(self) -> str:
        """The uid of the lease, when it is ours."""
        while True:
            body = self._body()
            with suppress(AlreadyExistsError):
                made = self.cluster.create(body)
                if body["spec"].items() <= part(made, "spec").items():
                    return text(made, "metadata", "uid")
            there = Holder.read(self.cluster)
            if there is not None and self._is_dead(there):
                self.cluster.delete(KEY, uid=there.uid)

    def _is_dead(self, there: Holder) -> bool:
        """Whether it gives no sign of life; False if it is gone. Raises ClusterError if it does."""
        if there.has_ended:
            return True
        self.progress.note(
            f"{there.name} has this cluster's lease since {there.since}; waiting for a sign of "
            f"life, for {there.seconds} s at most"
        )
        # Looks are counted, so that time in which nobody reached the cluster does not count.
        for _ in range(math.ceil(there.seconds / self.look)):
            self.stop.wait(self.look)
            seen = Holder.read(self.cluster)
            if seen is None or seen.uid != there.uid:
                return False
            if seen.renewed != there.renewed:
                raise ClusterError(
                    f"{there.name} changes this cluster's stack since {there.since}, and one run "
                    "at a time may do so",
                    remedy="wait until that run is done (cube-install status shows it), or stop it "
                    "with Ctrl-C where it runs; then run the same command again",
                )
        return True

    def _keep(self, uid: str, ended: threading.Event) -> None:
        while not ended.wait(self.renewal):
            try:
                found = self.cluster.patch(KEY, {"spec": {"renewTime": _now()}})
            except NotFoundError:
                found = {}
            except AirgapError:  # whoever does the work tells of it
                continue
            if text(found, "metadata", "uid") != uid and not ended.is_set():
                self.is_lost = True
                self.stop.set()
                return

    def _body(self) -> Body:
        now = _now()
        return {
            "apiVersion": "coordination.k8s.io/v1",
            "kind": "Lease",
            "metadata": {
                "name": KEY.name,
                "namespace": NAMESPACE,
                "labels": OUR_LABELS,
                "annotations": {_PROCESS: _this_process()},
            },
            "spec": {
                "holderIdentity": f"{_user()}@{socket.gethostname()} (process {os.getpid()})",
                "leaseDurationSeconds": self.lasts,
                "acquireTime": now,
                "renewTime": now,
            },
        }


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container may run as a number that has no name
        return str(os.getuid())


def _this_process() -> str:
    """Boot, namespace and number: only who shares the first two can look for the last."""
    try:
        boot, space = _BOOT.read_text().strip(), Path(_OF_PROCESSES).readlink()
    except OSError:
        return ""
    return f"{boot} {space} {os.getpid()}"
