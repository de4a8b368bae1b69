"""`cube-install nodes --ssh` with real sshds on hosts of a lab, and what can be wrong there."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from tests.support.lab_site import LabSite, running_site, start_harbor

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.real_node import Node

pytestmark = pytest.mark.xdist_group("nodes-ssh")
REGISTRIES = "/etc/rancher/k3s/registries.yaml"
RUNS = "sleep 1000"
# A k3s that does not start with what we write.
FALLS = f"sh -c 'if grep -q harbor {REGISTRIES}; then exit 1; fi; exec sleep 1000'"
USERS = "mirrors:\n  ghcr.io:\n    endpoint: ['https://nexus.site']\n"


@pytest.fixture(scope="module")
def lab() -> Iterator[LabSite]:
    with running_site("n1", "n2", "n3") as site:
        start_harbor(site)
        for node in site.nodes.values():
            node.serve_ssh()
        yield site


@pytest.fixture
def site(lab: LabSite) -> LabSite:
    """Three nodes with k3s agents that have a setting of the user's."""
    for node in lab.nodes.values():
        node.stop()
        shutil.rmtree(node.services, ignore_errors=True)
        node.host.run("rm", "-rf", "/etc/rancher", "/etc/docker")
        node.host.write(REGISTRIES, USERS)
        node.provide("k3s-agent", RUNS)
    return lab


def outcome(site: LabSite, *more: object, hosts: str = "") -> tuple[int, dict[str, Any]]:
    """The exit code, and every node's entry by its name."""
    done = site.set_up_nodes("--output", "json", *more, hosts=hosts)
    assert done.stdout, done.stderr
    return done.returncode, {one["name"]: one for one in json.loads(done.stdout)["nodes"]}


def states(nodes: dict[str, Any]) -> list[str]:
    return [one["state"] for one in nodes.values()]


def registries(node: Node) -> Any:  # noqa: ANN401 - YAML
    return yaml.safe_load(node.host.read(REGISTRIES))


def errors(entry: dict[str, Any]) -> str:
    return " ".join(one["what"] for one in entry["findings"] if one["severity"] == "error")


def test_every_node_gets_its_files_and_is_restarted(site: LabSite) -> None:
    code, nodes = outcome(site)
    assert (code, states(nodes)) == (0, ["changed"] * 3)
    for node in site.nodes.values():
        assert registries(node)["mirrors"]["ghcr.io"] == {"endpoint": ["https://nexus.site"]}
        assert "harbor.site" in registries(node)["configs"]
        assert node.calls() == ["start k3s-agent", "restart k3s-agent"]


def test_a_file_that_gets_a_login_is_for_root_alone_from_then_on(site: LabSite) -> None:
    host = site.nodes["n1"].host
    host.run("chmod", "644", REGISTRIES)

    outcome(site, hosts="root@n1\n")

    assert "harbor.site" in registries(site.nodes["n1"])["configs"]
    assert host.run("stat", "-c", "%a", REGISTRIES).stdout.strip() == "600"


def test_a_look_changes_nothing(site: LabSite) -> None:
    code, nodes = outcome(site, "--check")
    assert (code, states(nodes)) == (0, ["to change"] * 3)
    for node in site.nodes.values():
        assert node.host.read(REGISTRIES) == USERS
        assert node.calls() == ["start k3s-agent"]


def test_a_node_that_does_not_come_back_is_taken_back_and_is_the_last(site: LabSite) -> None:
    site.nodes["n2"].provide("k3s-agent", FALLS)
    code, nodes = outcome(site)
    assert (code, states(nodes)) == (1, ["changed", "failed", "left alone"])
    assert "did not come back" in errors(nodes["n2"])
    assert "has its old ones again" in errors(nodes["n2"])
    assert site.nodes["n2"].host.read(REGISTRIES) == USERS
    assert site.nodes["n2"].host.run("ls", "/etc/rancher/k3s").stdout.split() == ["registries.yaml"]
    assert site.nodes["n3"].host.read(REGISTRIES) == USERS
    site.nodes["n2"].systemctl("is-active", "k3s-agent")


def test_a_service_that_stays_down_is_told(site: LabSite) -> None:
    (site.nodes["n1"].services / "k3s-agent.broken").touch()
    code, nodes = outcome(site, hosts="root@n1\n")
    assert (code, states(nodes)) == (1, ["failed"])
    assert "nor with its old ones" in errors(nodes["n1"])
    assert site.nodes["n1"].host.read(REGISTRIES) == USERS


def test_what_was_there_is_kept_and_can_be_put_back(site: LabSite) -> None:
    outcome(site, hosts="root@n1\n")
    host = site.nodes["n1"].host
    kept = host.run("sh", "-c", "ls -d /var/lib/cube-airgap/nodes/*").stdout.split()
    texts = [host.read(f"{one}/old{REGISTRIES}") for one in kept]
    assert USERS in texts


def test_half_of_the_nodes_may_be_away(site: LabSite) -> None:
    hosts = "root@n1\nroot@n9.site\nroot@n2\nroot@10.77.0.1:2222\n"
    code, nodes = outcome(site, hosts=hosts)
    assert code == 1
    assert states(nodes) == ["changed", "not reached", "changed", "not reached"]
    assert "n9.site" in errors(nodes["n9.site"])
    assert errors(nodes["10.77.0.1:2222"]).endswith("over SSH: connection refused")


@pytest.mark.parametrize("option", ["--ssh-identity", "--ssh-password-file", "--pull-login"])
def test_a_file_of_ours_that_is_absent_is_no_fault_of_the_nodes(site: LabSite, option: str) -> None:
    done = site.set_up_nodes("--check", option, "absent")
    assert (done.returncode, "'absent' does not exist" in done.stderr) == (2, True)


def test_a_host_key_that_changed_is_refused(site: LabSite) -> None:
    site.set_up_nodes("--check")
    path = site.directory / "known_hosts"
    other = path.read_text().replace("n2 ssh", "n3 ssh").replace("n1 ssh", "n2 ssh")
    path.write_text(other)
    done = site.run(
        *("nodes", "--ssh", "hosts.txt", "--ssh-known-hosts", "known_hosts"),
        *("--ssh-identity", "key", "--output", "json"),
    )
    nodes = {one["name"]: one for one in json.loads(done.stdout)["nodes"]}
    assert nodes["n2"]["state"] == "not reached"
    assert "the host key of n2 is not the one in known_hosts" in errors(nodes["n2"])
    assert "the host key of n1 is not in known_hosts" in errors(nodes["n1"])
    assert site.nodes["n2"].host.read(REGISTRIES) == USERS


def test_a_key_that_is_not_let_in_is_told(site: LabSite) -> None:
    code, nodes = outcome(site, "--ssh-identity", "tls.key", hosts="root@n1\n")
    assert (code, states(nodes)) == (1, ["not reached"])
    assert "n1 does not let us in" in errors(nodes["n1"])


def test_a_file_that_is_not_understood_stays_and_is_told(site: LabSite) -> None:
    site.nodes["n1"].host.write(REGISTRIES, "mirrors: [")
    code, nodes = outcome(site)
    assert (code, states(nodes)) == (1, ["failed", "changed", "changed"])
    assert f"{REGISTRIES} on n1 is not YAML" in errors(nodes["n1"])
    assert site.nodes["n1"].host.read(REGISTRIES) == "mirrors: ["


def add_user(node: Node, rule: str) -> None:
    """A user `ops` with the password `pw`, whom `rule` lets run things."""
    host = node.host
    host.run("sh", "-c", "id ops >/dev/null 2>&1 || useradd --shell /bin/sh --no-create-home ops")
    host.run("chpasswd", input="ops:pw\n")
    host.write("/etc/sudoers.d/ops", f"{rule}\n" if rule else "", 0o440)


def test_a_user_who_may_use_sudo_is_enough(site: LabSite) -> None:
    add_user(site.nodes["n1"], "ops ALL=(ALL) NOPASSWD: ALL")
    code, nodes = outcome(site, "--check", hosts="ops@n1\n")
    assert (code, states(nodes)) == (0, ["to change"])


def test_sudo_s_password_comes_from_a_file(site: LabSite) -> None:
    add_user(site.nodes["n1"], "ops ALL=(ALL) ALL")
    path = site.directory / "sudo-password"
    path.write_text("pw\n")
    path.chmod(0o600)
    code, nodes = outcome(site, "--check", "--ssh-password-file", path.name, hosts="ops@n1\n")
    assert (code, states(nodes)) == (0, ["to change"])


def test_a_user_who_may_not_use_sudo_is_told(site: LabSite) -> None:
    add_user(site.nodes["n1"], "")
    code, nodes = outcome(site, "--check", hosts="ops@n1\n")
    assert (code, states(nodes)) == (1, ["not reached"])
    assert "may not use sudo" in errors(nodes["n1"])


def test_a_mistake_in_the_hosts_file_is_told_with_its_line(site: LabSite) -> None:
    done = site.set_up_nodes(hosts="n1\nn2 n3\n")
    assert (done.returncode, "hosts.txt:2" in done.stderr) == (2, True)


def test_surveys_taken_by_hand_give_programs_to_be_run_by_hand(site: LabSite) -> None:
    done = site.run("nodes", "--print", "new")
    assert done.returncode == 0, done.stderr
    host = site.nodes["n3"].host
    survey = host.run("env", f"PATH={site.nodes['n3'].services.parent}:/usr/bin:/bin", "sh",
                      site.directory / "new/survey.sh")  # fmt: skip
    (site.directory / "surveys").mkdir()
    (site.directory / "surveys/n3").write_text(survey.stdout)
    done = site.run("nodes", "--print", "out", "--surveys", "surveys")
    assert done.returncode == 0, done.stderr
    program = site.directory / "out/n3/apply.sh"
    path = f"PATH={site.nodes['n3'].services.parent}:/usr/bin:/bin"
    host.run("env", path, "sh", program)
    assert "harbor.site" in registries(site.nodes["n3"])["configs"]
    again = host.run("env", path, "sh", program, check=False)
    assert (again.returncode, "survey it again" in again.stdout) == (10, True)
    host.run("env", path, "sh", program, "restore", check=False)
    assert host.read(REGISTRIES) == USERS
