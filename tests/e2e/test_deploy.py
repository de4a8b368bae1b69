"""cube-install deploy and its kin as an operator runs them, against a double over HTTPS."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.support.command import Ran, run
from tests.support.deployable import deployable_bundle, write_site
from tests.support.kubernetes.double import KubernetesDouble, running_double
from tests.support.kubernetes.node_directories import below
from tests.support.kubernetes.trouble import Trouble
from tests.support.web_page import answering

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass
class Place:
    """A directory with a bundle and a site file, and the cluster that the file names."""

    directory: Path
    kube: KubernetesDouble

    def run(self, *arguments: object) -> Ran:
        return run("cube-install", *arguments, cwd=self.directory)

    def pack(self, tag: str, *, deadline: int = 60, more: str = "") -> None:
        path = self.directory / "site.tar.zst"
        path.unlink(missing_ok=True)
        deployable_bundle(path, tag, deadline=deadline, more=more)


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    with running_double(tmp_path) as kube, answering() as port:
        kube.add_node("node-2", {"mysql": "true"})
        made = Place(tmp_path, kube)
        made.pack("1")
        write_site(tmp_path, kube.kubeconfig, port)
        yield made


def test_a_deployment_says_on_one_page_where_all_of_it_is(place: Place) -> None:
    done = place.run("deploy")
    assert done.code == 0, done.err
    assert "revision 1 of bundle" in done.out
    assert "is done: 11 objects (11 created)" in done.out
    assert "all 3 workloads are up; 3 pods run images from harbor.example/cube-studio" in done.out
    assert "small-platform 2026.03.01: http://127.0.0.1" in done.out
    assert "kubectl -n infra get secret mysql-credentials" in done.out
    assert "/data/k8s/mysql" in done.err
    assert "directories: are looked at on nodes" in done.err
    again = place.run("deploy", "--output", "json")
    assert again.code == 0, again.err
    assert "directories" not in again.err
    assert again.json["changes"] == {"created": 0, "changed": 0, "unchanged": 11}
    assert again.json["checks"]["findings"] == []


def test_no_password_is_shown(place: Place) -> None:
    done = place.run("deploy")
    secret = place.kube.get("Secret", "mysql-credentials", "infra")
    assert secret
    assert secret["data"]["password"] not in done.out + done.err


def test_what_would_fail_is_told_before_anything_is_changed(place: Place) -> None:
    place.kube.remove("Node", "node-2")
    place.kube.withhold("create", "secrets")
    place.kube.withhold("*", "*.*")
    done = place.run("deploy", "--output", "json")
    assert done.code == 1
    told = "\n".join(one["what"] for one in done.json["findings"])
    assert "no node that takes pods has mysql=true, for Deployment.apps infra/mysql" in told
    assert "may not create secrets in namespace" in told
    assert place.kube.get("Namespace", "infra") is None


def test_labels_that_were_given_before_an_error_was_found_are_not_denied(place: Place) -> None:
    place.kube.withhold("create", "secrets")
    place.kube.withhold("*", "*.*")
    first = place.run("deploy", "--label-nodes")
    again = place.run("deploy", "--label-nodes")
    assert (first.code, again.code) == (1, 1)
    assert "nothing but labels of nodes was changed" in first.err
    assert "nothing was changed" in again.err


def test_nodes_get_their_labels(place: Place) -> None:
    place.kube.remove("Node", "node-2")
    done = place.run("deploy", "--label-nodes")
    assert done.code == 0, done.err
    node = place.kube.get("Node", "node-1")
    assert node
    assert node["metadata"]["labels"]["mysql"] == "true"


def test_a_missing_directory_is_told_before_anything_is_applied_and_made_when_asked(
    place: Place,
) -> None:
    nodes = place.directory / "nodes"
    place.kube.server.directories.told = below(nodes)
    (nodes / "node-2/data").mkdir(parents=True)
    done = place.run("deploy")
    assert done.code == 1
    assert "/data/k8s/mysql of node-2 is not there" in done.err
    assert "not ready: 1 error; nothing was changed" in done.err
    assert "mkdir -p /data/k8s/mysql" in done.err
    assert place.kube.get("Namespace", "infra") is None
    assert place.kube.get("Namespace", "cube-airgap") is None
    again = place.run("deploy", "--make-directories")
    assert again.code == 0, again.err
    assert (nodes / "node-2/data/k8s/mysql").is_dir()
    assert place.kube.all("Pod", "kube-system") == place.kube.all("Secret", "kube-system") == []


def test_status_shows_each_component_and_why_one_is_not_up(place: Place) -> None:
    before = place.run("status", "--kubeconfig", place.kube.kubeconfig)
    assert "nothing is deployed on https://127.0.0.1" in before.out
    assert place.run("deploy").code == 0
    done = place.run("status", "--output", "json")
    components = {one["name"]: one for one in done.json["cluster"]["components"]}
    assert {one["health"] for one in components.values()} == {"up"}
    place.kube.remove("ConfigMap", "settings", "infra")
    text = place.run("status").out
    assert "web         incomplete  2/2  3/4" in text
    assert "web: ConfigMap infra/settings is not there" in text


def test_a_failure_is_told_with_its_reason_and_in_the_status(place: Place) -> None:
    place.pack("1", deadline=2)
    place.kube.stick("infra", "web", Trouble.IMAGE_MISSING)
    done = place.run("deploy")
    assert done.code == 8
    assert "web         failed" in done.out
    assert "harbor.example does not have it" in done.err
    assert "push the bundle again" in done.err
    assert "revision 1 is failed" in place.run("status").out


def test_diff_rollback_and_uninstall(place: Place) -> None:
    more = "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: new, namespace: infra}\n"
    assert place.run("deploy").code == 0
    place.pack("2", more=more)
    shown = place.run("diff")
    assert shown.code == 0, shown.err
    assert "+ new: ConfigMap infra/new  (stack/web/web.yaml:" in shown.out
    assert "spec.template.spec.containers[web].image:" in shown.out
    assert "1 new, 1 changed, 8 unchanged, 1 run again" in shown.out or "run again" in shown.out
    assert place.run("deploy", "--set", "colour=blue").code == 0
    back = place.run("rollback")
    assert back.code == 0, back.err
    assert "deleted, as it is none of the stack any more: ConfigMap infra/new" in back.out
    settings = place.kube.get("ConfigMap", "settings", "infra")
    assert settings
    assert settings["data"] == {"colour": "red"}
    assert place.run("uninstall").code == 2
    gone = place.run("uninstall", "--yes", "--output", "json")
    assert gone.code == 0, gone.err
    assert "Deployment.apps infra/web" in gone.json["deleted"]
    assert "PersistentVolumeClaim infra/mysql" in gone.json["kept"]
    assert "revision 3 is removed" in place.run("status").out


def test_a_deployment_that_was_killed_is_told_of_in_the_status(place: Place) -> None:
    place.kube.stick("infra", "mysql", Trouble.SLOW)
    command = [str(Path(sys.executable).with_name("cube-install")), "deploy"]
    with subprocess.Popen(command, cwd=place.directory, stderr=subprocess.DEVNULL) as process:
        while place.kube.get("Deployment", "mysql", "infra") is None:
            assert process.poll() is None
        process.kill()
    text = place.run("status").out
    assert "revision 1 is applying: not all of it is applied" in text
    assert f"(process {process.pid}) was killed while it changed the stack" in text
    assert "Deployment.apps infra/mysql: 0 of 1 ready" in text
    place.kube.unstick("infra", "mysql")
    assert place.run("deploy").code == 0
    assert "revision 1 is done" in place.run("status").out
