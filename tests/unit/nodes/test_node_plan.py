"""What changes on a node of each kind."""

from __future__ import annotations

import hashlib
import json

import pytest
import yaml

from cube_airgap.errors import UsageError
from cube_airgap.reference import Reference
from cube_airgap.registry.login import Login
from cube_airgap.relocation import default_relocation
from cube_install.nodes.node_plan import Gpus, NodePlan, Wish, plan_node
from cube_install.nodes.pull_registry import PullRegistry, origins_of
from cube_install.nodes.survey import Survey

ORIGINS = origins_of([Reference.parse("nginx:1")], default_relocation())
WISH = Wish(PullRegistry("harbor.example", ca="PEM"), ORIGINS)
CONTAINERD = Survey({"containerd": "1.7.2"}, frozenset({"containerd"}))
DOCKER = Survey({"docker": "24.0.6"}, frozenset({"docker"}))


def files(plan: NodePlan) -> dict[str, str]:
    return {one.path: one.data.decode() for one in plan.files}


def with_files(survey: Survey, plan: NodePlan, **texts: str) -> Survey:
    there = {one.path: one.data for one in plan.files}
    there |= {path: text.encode() for path, text in texts.items()}
    return Survey(survey.facts, survey.services, survey.disks, {**survey.files, **there})


def test_containerd_gets_hosts_and_one_setting() -> None:
    plan = plan_node(CONTAINERD, WISH, "n1")
    directory = "/etc/containerd/certs.d"
    assert sorted(files(plan)) == [
        f"{directory}/docker.io/hosts.toml",
        f"{directory}/harbor.example/ca.crt",
        f"{directory}/harbor.example/hosts.toml",
        f"{directory}/registry-1.docker.io/hosts.toml",
        "/etc/containerd/config.toml",
    ]
    assert plan.services == (("restart", "containerd"),)


def test_the_setting_is_written_after_the_files_it_leads_to() -> None:
    assert plan_node(CONTAINERD, WISH, "n1").files[-1].path == "/etc/containerd/config.toml"


@pytest.mark.parametrize("survey", [CONTAINERD, DOCKER])
def test_a_node_that_is_set_up_needs_nothing(survey: Survey) -> None:
    first = plan_node(survey, WISH, "n1")
    assert plan_node(with_files(survey, first), WISH, "n1") == NodePlan((), ())


def test_new_hosts_need_no_restart() -> None:
    first = plan_node(CONTAINERD, WISH, "n1")
    more = origins_of([Reference.parse("quay.io/a:1")], default_relocation())
    wish = Wish(WISH.registry, (*ORIGINS, *more))
    second = plan_node(with_files(CONTAINERD, first), wish, "n1")
    assert ([one.path for one in second.files], second.services) == (
        ["/etc/containerd/certs.d/quay.io/hosts.toml"],
        (),
    )


def test_a_containerd_that_does_not_run_is_not_started() -> None:
    survey = Survey({"containerd": "1.7.2"})
    assert plan_node(survey, WISH, "n1").services == ()


def test_a_program_without_a_number_is_there_all_the_same() -> None:
    plan = plan_node(Survey({"docker": "dev"}), WISH, "n1")
    assert "/etc/docker/certs.d/harbor.example/ca.crt" in files(plan)


def test_docker_s_own_containerd_is_not_restarted() -> None:
    text = b'disabled_plugins = ["cri"]\n'
    survey = Survey(
        {"containerd": "1.7.2", "docker": "24.0.6"},
        frozenset({"containerd", "docker"}),
        files={"/etc/containerd/config.toml": text},
    )
    plan = plan_node(survey, WISH, "n1")
    assert plan.services == ()
    assert "/etc/containerd/config.toml" not in files(plan)


def test_docker_trusts_the_registry_without_a_setting() -> None:
    plan = plan_node(DOCKER, WISH, "n1")
    assert files(plan)["/etc/docker/certs.d/harbor.example/ca.crt"] == "PEM"
    assert "/etc/docker/daemon.json" not in files(plan)
    assert plan.services == ()


def test_docker_is_told_of_an_insecure_registry_and_reloaded() -> None:
    wish = Wish(PullRegistry("h", is_plain=True, is_verified=False), ORIGINS)
    plan = plan_node(DOCKER, wish, "n1")
    assert json.loads(files(plan)["/etc/docker/daemon.json"]) == {"insecure-registries": ["h"]}
    assert plan.services == (("reload", "docker"),)


def test_docker_gets_a_mirror_where_one_is_named() -> None:
    plan = plan_node(DOCKER, Wish(WISH.registry, ORIGINS, "https://serve:5000"), "n1")
    assert json.loads(files(plan)["/etc/docker/daemon.json"]) == {
        "registry-mirrors": ["https://serve:5000"]
    }


@pytest.mark.parametrize("service", ["k3s", "k3s-agent", "rke2-server", "rke2-agent"])
def test_rancher_s_distributions_get_their_own_file(service: str) -> None:
    plan = plan_node(Survey(services=frozenset({service})), WISH, "n1")
    directory = f"/etc/rancher/{service.partition('-')[0]}"
    assert sorted(files(plan)) == [
        f"{directory}/cube-airgap-ca.crt",
        f"{directory}/registries.yaml",
    ]
    data = yaml.safe_load(files(plan)[f"{directory}/registries.yaml"])
    tls = {"ca_file": f"{directory}/cube-airgap-ca.crt"}
    assert data["configs"]["harbor.example"] == {"tls": tls}
    assert plan.services == (("restart", service),)


def test_a_login_is_for_root_alone() -> None:
    wish = Wish(PullRegistry("h", login=Login("here", "u", "p")), ORIGINS)
    modes = {
        one.path.rpartition("/")[2]: one.mode for one in plan_node(CONTAINERD, wish, "n").files
    }
    assert modes["hosts.toml"] == 0o600


def test_what_is_replaced_is_known_by_its_digest() -> None:
    survey = Survey(CONTAINERD.facts, files={"/etc/containerd/config.toml": b"version = 2\n"})
    before = {one.path: one.before for one in plan_node(survey, WISH, "n1").files}
    digest = hashlib.sha256(b"version = 2\n").hexdigest()
    assert before["/etc/containerd/config.toml"] == digest
    assert before["/etc/containerd/certs.d/docker.io/hosts.toml"] == "absent"


MIRRORS = """\
version = 2
[plugins."io.containerd.grpc.v1.cri".registry.mirrors."docker.io"]
  endpoint = ["https://nexus.example"]
[plugins."io.containerd.grpc.v1.cri".registry.mirrors."ghcr.io"]
  endpoint = ["https://nexus.example"]
"""


def test_mirrors_of_the_old_form_come_after_ours() -> None:
    survey = Survey(CONTAINERD.facts, files={"/etc/containerd/config.toml": MIRRORS.encode()})
    found = files(plan_node(survey, WISH, "n1"))
    hub = found["/etc/containerd/certs.d/docker.io/hosts.toml"]
    assert hub.index('[host."https://harbor.example') < hub.index('[host."https://nexus.example')
    assert "nexus" in found["/etc/containerd/certs.d/ghcr.io/hosts.toml"]


GPU = {"gpus": "1", "nvidia-runtime": "/usr/bin/nvidia-container-runtime"}


@pytest.mark.parametrize(
    ("facts", "gpus", "is_set"),
    [
        (GPU, Gpus.AUTO, True),
        (GPU, Gpus.OFF, False),
        ({"gpus": "1", "nvidia-runtime": ""}, Gpus.AUTO, False),
        ({"gpus": "0", "nvidia-runtime": "/usr/bin/nvidia-container-runtime"}, Gpus.AUTO, False),
        ({"gpus": "0"}, Gpus.ON, True),
    ],
)
def test_gpus_are_given_to_containers_where_that_is_wished(
    facts: dict[str, str], gpus: Gpus, is_set: bool
) -> None:
    wish = Wish(WISH.registry, ORIGINS, gpus=gpus)
    survey = Survey({**DOCKER.facts, **facts}, DOCKER.services)
    assert ("/etc/docker/daemon.json" in files(plan_node(survey, wish, "n1"))) is is_set


def test_a_file_that_is_not_understood_is_told_with_its_node() -> None:
    survey = Survey(DOCKER.facts, files={"/etc/docker/daemon.json": b"{"})
    with pytest.raises(UsageError, match=r"/etc/docker/daemon\.json on n1 is not JSON"):
        plan_node(survey, WISH, "n1")
