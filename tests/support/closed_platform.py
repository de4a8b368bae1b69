"""The platform itself, installed by one command where there is nothing but a Harbor and a cluster.

python -m tests.support.closed_platform DIRECTORY BUNDLE

What came of it is written to DIRECTORY/found.json. The entry is at port 80 of the address
that this host has in a closed network, where it has to run.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import trustme
import yaml

from tests.support.command import Ran, run
from tests.support.harbor import double as harbors
from tests.support.kubernetes import double as clusters
from tests.support.web_page import answering

if TYPE_CHECKING:
    from tests.support.harbor.double import HarborDouble
    from tests.support.kubernetes.double import KubernetesDouble

_HTTP = 80
ENTRY = "192.0.2.1"  # this host's own in closed_network; API servers take none of 127.0.0.0/8


def main() -> None:
    directory, bundle = Path(sys.argv[1]), sys.argv[2]
    (directory / "harbor").mkdir()
    with (
        harbors.running_double(directory / "harbor", certificate=_certificate(directory)) as harbor,
        clusters.running_double(directory, version=(1, 36)) as kube,
        answering(host=ENTRY, port=_HTTP),
    ):
        kube.add_node("node-2")
        _operate(kube)
        site = _write_site(directory, harbor, kube)
        install = ("--bundle", bundle, "--site", site)
        nodes = ("--create-project", "--label-nodes", "--make-directories")
        status = ("status", "--site", site, "--output", "json")
        first = run("cube-install", *install, *nodes, cwd=directory)
        before = _versions(kube)
        second = run("cube-install", *install, "--output", "json", cwd=directory)
        found = {
            "first": _told(first),
            "second": _told(second),
            "status": _told(run("cube-install", *status, cwd=directory)),
            "changed": sorted(_changed(before, _versions(kube))),
            "images": _images(kube),
            "registry": harbor.host,
        }
    (directory / "found.json").write_text(json.dumps(found))


def _certificate(directory: Path) -> tuple[Path, Path]:
    """A server's certificate with its key, by a CA of the site's own."""
    authority = trustme.CA()
    issued = authority.issue_cert("127.0.0.1")
    authority.cert_pem.write_to_path(str(directory / "site-ca.pem"))
    chain, key = directory / "server.crt", directory / "server.key"
    chain.write_bytes(b"".join(one.bytes() for one in issued.cert_chain_pems))
    issued.private_key_pem.write_to_path(str(key))
    return chain, key


def _write_site(directory: Path, harbor: HarborDouble, kube: KubernetesDouble) -> Path:
    """All that is set by hand: six values."""
    username, password = harbor.state.admin
    secret = directory / "harbor-password"
    secret.write_text(password)
    secret.chmod(0o600)
    site = {
        "version": 1,
        "registry": {
            "host": harbor.host,
            "ca_file": "site-ca.pem",
            "username": username,
            "password_file": secret.name,
        },
        "cluster": {"kubeconfig": kube.kubeconfig.name},
        "stack": {"values": {"entry.address": ENTRY}},
    }
    path = directory / "site.yaml"
    path.write_text(yaml.safe_dump(site))
    return path


def _operate(kube: KubernetesDouble) -> None:
    """Do what the operator of Prometheus does: make pods of what the stack declares."""

    def make() -> None:
        declared = kube.get("Prometheus", "k8s", "monitoring")
        if declared is None:  # it is just being applied
            kube.faults.before("GET .*/statefulsets", make)
            return
        labels = {"prometheus": "k8s"}
        spec = {"containers": [{"name": "prometheus", "image": declared["spec"]["image"]}]}
        template = {"metadata": {"labels": labels}, "spec": spec}
        kube.put(
            {
                "apiVersion": "apps/v1",
                "kind": "StatefulSet",
                "metadata": {"name": "prometheus-k8s", "namespace": "monitoring"},
                "spec": {"selector": {"matchLabels": labels}, "template": template},
            },
            manager="PrometheusOperator",
        )

    applied = "PATCH .*/prometheuses/k8s"
    kube.faults.before(applied, lambda: kube.faults.before("GET .*/statefulsets", make))


def _versions(kube: KubernetesDouble) -> dict[str, str]:
    """The version of each object that is there; events are none that somebody wants."""
    return {
        f"{place.resource} {place.namespace}/{place.name}": body["metadata"]["resourceVersion"]
        for place, body in kube.server.storage.objects.items()
        if place.resource != "events"
    }


def _changed(before: dict[str, str], after: dict[str, str]) -> set[str]:
    names = before.keys() | after.keys()
    return {name for name in names if before.get(name) != after.get(name)}


def _images(kube: KubernetesDouble) -> dict[str, list[str]]:
    """What each pod runs."""
    found = {}
    for pod in kube.all("Pod"):
        spec = pod["spec"]
        name = f"{pod['metadata']['namespace']}/{pod['metadata']['name']}"
        parts = [*spec["containers"], *(spec.get("initContainers") or ())]
        found[name] = [one["image"] for one in parts]
    return found


def _told(ran: Ran) -> dict[str, Any]:
    return {"code": ran.code, "out": ran.out, "err": ran.err}


if __name__ == "__main__":
    main()
