"""A Kubernetes API server in this process, over real HTTPS, with a little of what controllers do.

tests/contract/kubernetes holds that it answers as real API servers do. It never blesses manifests.
"""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from cube_install.kubernetes.cluster import Cluster
from cube_install.kubernetes.patience import Patience
from tests.support.kubernetes.answers import Answer, no_such_path
from tests.support.kubernetes.api_server import ApiServer, UnexpectedError
from tests.support.kubernetes.certificates import Certificates, certificates
from tests.support.kubernetes.faults import Fault, Faults
from tests.support.kubernetes.kinds import MUTATING_POLICIES
from tests.support.kubernetes.kubeconfigs import coded, kubeconfig
from tests.support.kubernetes.request import Request
from tests.support.kubernetes.server import serving
from tests.support.kubernetes.storage import Place

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support.kubernetes.json_types import Body, Json
    from tests.support.kubernetes.trouble import Trouble

TOKEN = "secret-of-the-tests"
USER = "tester"
QUICK = Patience(
    connect=5,
    read=20,
    outage=2,
    webhook=2,
    served=5,
    outdated=2,
    first_wait=0.001,
    longest_wait=0.02,
)


@dataclass(frozen=True)
class Asked:
    """A request with its body as JSON, and the status of the answer; 0 where there was none."""

    method: str
    target: str
    code: int
    body: Any = None

    def __str__(self) -> str:
        return f"{self.method} {self.target} {self.code}"


@dataclass
class KubernetesDouble:
    """A running double. `kubeconfig` reaches it, `asked` are all requests in order.

    `unexpected` are those that no client of ours should send; there must be none at the end.
    """

    server: ApiServer
    directory: Path
    certificates: Certificates
    url: str = ""
    faults: Faults = field(default_factory=Faults)
    asked: list[Asked] = field(default_factory=list)
    unexpected: list[str] = field(default_factory=list)
    warnings: dict[str, str] = field(default_factory=dict)
    _lock: threading.RLock = field(default_factory=threading.RLock)
    _open: list[Cluster] = field(default_factory=list)

    @property
    def kubeconfig(self) -> Path:
        """A file that reaches it with a token."""
        return self.written_kubeconfig("kubeconfig", {"token": TOKEN})

    def written_kubeconfig(self, name: str, user: Body, **cluster: Json) -> Path:
        """A file whose user has these fields, and whose cluster has these beside what it needs."""
        here = {"server": self.url, "certificate-authority-data": coded(self.certificates.ca)}
        return kubeconfig(self.directory / name, {**here, **cluster}, user)

    def connect(self, patience: Patience = QUICK) -> Cluster:
        """A client, closed with the double, that waits only as long as tests can."""
        cluster = Cluster.connect(self.kubeconfig, patience=patience)
        self._open.append(cluster)
        return cluster

    def get(self, kind: str, name: str, namespace: str = "") -> Body | None:
        """The object as it is, without a request; `kind` may be Kind or Kind.group."""
        with self._lock:
            return self.server.storage.objects.get(self._place(kind, name, namespace))

    def all(self, kind: str, namespace: str = "") -> list[Body]:
        """All objects of a kind, sorted, of one namespace or all."""
        with self._lock:
            resource = self._place(kind, "", "").resource
            return [body for _, body in self.server.storage.of(resource, namespace)]

    def put(self, body: Body, *, manager: str = "somebody") -> Body:
        """Make or replace an object in the way of another client that sends it whole."""
        metadata = {key: value for key, value in body["metadata"].items() if key != "managedFields"}
        with self._lock:
            place = self.server.storage.place_of(body)
            there = place in self.server.storage.objects
            path = self._path(place, body, named=there)
            method = "PUT" if there else "POST"
            return self._ask(
                method, f"{path}?fieldManager={manager}", {**body, "metadata": metadata}
            )

    def kubectl_apply(self, body: Body) -> Body:
        """Make an object as kubectl apply does, on the client's side."""
        annotation = {"kubectl.kubernetes.io/last-applied-configuration": json.dumps(body)}
        metadata = {**body["metadata"]}
        metadata["annotations"] = {**(metadata.get("annotations") or {}), **annotation}
        return self.put({**body, "metadata": metadata}, manager="kubectl-client-side-apply")

    def set_status(self, kind: str, name: str, namespace: str, status: Body) -> None:
        """What a controller says of an object."""
        with self._lock:
            self.server.storage.set_status(self._place(kind, name, namespace), status)

    def remove(self, kind: str, name: str, namespace: str = "") -> None:
        """Let an object vanish."""
        with self._lock:
            self.server.storage.drop(self._place(kind, name, namespace))

    def stick(self, namespace: str, workload: str, trouble: Trouble, told: str = "") -> None:
        """Let the pods of a workload not come up; `told` replaces the usual message."""
        with self._lock:
            self.server.workloads.stuck[f"{namespace}/{workload}"] = (trouble, told)

    def unstick(self, namespace: str, workload: str) -> None:
        with self._lock:
            self.server.workloads.stuck.pop(f"{namespace}/{workload}", None)

    def write_log(self, namespace: str, pod: str, text: str) -> None:
        """What the pods whose names begin with `pod` wrote."""
        self.server.logs.written[f"{namespace}/{pod}"] = text

    def withhold(self, verb: str, resource: str, namespace: str = "*") -> None:
        """Take a right from the user: resource is PLURAL.GROUP; * means everywhere."""
        self.server.rights.withheld.add((verb, resource, namespace))

    def expire_token(self) -> None:
        self.server.tokens.clear()

    def warn(self, pattern: str, text: str) -> None:
        """Give answers to requests whose `METHOD PATH` contains `pattern` a warning."""
        self.warnings[pattern] = text

    def add_node(self, name: str, labels: dict[str, str] | None = None, **spec: Json) -> None:
        """A ready node of amd64, if the labels do not say something else."""
        usual = {
            "kubernetes.io/arch": "amd64",
            "kubernetes.io/os": "linux",
            "kubernetes.io/hostname": name,
        }
        every = {**usual, **(labels or {})}
        info = {"architecture": every["kubernetes.io/arch"], "kubeletVersion": "v1.32.0"}
        body = {
            "apiVersion": "v1",
            "kind": "Node",
            "metadata": {"name": name, "labels": every},
            "spec": spec,
            "status": {
                "conditions": [{"type": "Ready", "status": "True"}],
                "nodeInfo": info,
                "addresses": [{"type": "InternalIP", "address": "10.0.0.1"}],
                "allocatable": {"cpu": "8", "memory": "32Gi", "pods": "110"},
            },
        }
        with self._lock:
            self.server.storage.add(Place("nodes", "", name), body)

    def answer(self, request: Request) -> Answer | None:
        """What the server says; all requests one after another."""
        fault = self.faults.due(f"{request.method} {request.target}")
        if fault and fault.before:  # it may wait for another request
            fault.before()
        with self._lock:
            answer = self._answer(request, fault)
            body = json.loads(request.raw) if request.raw[:1] in {b"{", b"["} else None
            code = answer.code if answer else 0
            self.asked.append(Asked(request.method, request.target, code, body))
        return answer

    def _answer(self, request: Request, fault: Fault | None) -> Answer | None:
        line = f"{request.method} {request.target}"
        if fault and not fault.before and (fault.answer or not fault.is_lost):
            return fault.answer
        try:
            answer = self.server.answer(request)
        except UnexpectedError as error:
            self.unexpected.append(str(error))
            return no_such_path()
        if fault and fault.is_lost:
            return None
        told = tuple(text for pattern, text in self.warnings.items() if pattern in line)
        return replace(answer, warnings=answer.warnings + told)

    def _ask(self, method: str, target: str, body: Body) -> Body:
        headers = {"Authorization": f"Bearer {TOKEN}", "User-Agent": "other/1"}
        answer = self.server.answer(Request(method, target, headers, json.dumps(body).encode()))
        assert answer.code < 300, answer.body
        return dict(json.loads(answer.body))

    def _place(self, kind: str, name: str, namespace: str) -> Place:
        short, _, group = kind.partition(".")
        known = self.server.storage.resources.values()
        found = [one for one in known if one.kind == short and (not group or one.group == group)]
        assert found, f"the double serves no {kind}"
        return Place(found[0].full_name, namespace, name)

    def _path(self, place: Place, body: Body, *, named: bool) -> str:
        version = body["apiVersion"]
        root = f"/apis/{version}" if "/" in version else f"/api/{version}"
        inside = f"/namespaces/{place.namespace}" if place.namespace else ""
        plural = self.server.storage.resources[place.resource].plural
        return f"{root}{inside}/{plural}" + (f"/{place.name}" if named else "")

    def close(self) -> None:
        for cluster in self._open:
            cluster.close()


@contextmanager
def running_double(
    directory: Path, *, version: tuple[int, int] = (1, 32)
) -> Iterator[KubernetesDouble]:
    """Run a double that keeps its kubeconfigs in `directory`, with one node and no objects else.

    At the end it fails on requests that it did not expect.
    """
    issued = certificates("127.0.0.1")
    server = ApiServer(version, tokens={TOKEN: USER})
    if version >= (1, 36):
        server.storage.resources |= {one.full_name: one for one in MUTATING_POLICIES}
    double = KubernetesDouble(server, directory, issued)
    double.add_node("node-1")
    for name in ("default", "kube-system"):
        double.put({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
    with serving(double.answer, issued.server) as port:
        double.url = f"https://127.0.0.1:{port}"
        try:
            yield double
        finally:
            double.close()
    assert not double.unexpected, f"unexpected requests: {double.unexpected}"
