"""What survey.sh tells of a node."""

from __future__ import annotations

import base64
import subprocess
from typing import TYPE_CHECKING

import pytest

from cube_airgap.errors import IntegrityError
from cube_airgap.platforms import Platform
from cube_install.nodes.survey import Survey, survey_script

if TYPE_CHECKING:
    from pathlib import Path

FILE = base64.b64encode("größe\n".encode()).decode()
OUTPUT = f"""\
Welcome to n1!
survey\t1
user\t0
time\t1700000000
architecture\taarch64
containerd\tv1.7.13
docker\t
service containerd\tactive
disk /var/lib/containerd\t2048
file /etc/containerd/config.toml\t{FILE}
end\t1
"""


def survey(**facts: str) -> Survey:
    return Survey(facts)


def test_everything_is_read_behind_what_a_login_shell_says() -> None:
    found = Survey.parse(OUTPUT, "n1")
    assert found.is_root
    assert found.platform == Platform("linux", "arm64")
    assert found.version("containerd") == (1, 7, 13)
    assert found.version("docker") is None
    assert found.services == {"containerd"}
    assert found.disks == {"/var/lib/containerd": 2 << 20}
    assert found.text("/etc/containerd/config.toml", "n1") == "größe\n"
    assert found.text("/etc/docker/daemon.json", "n1") == ""


@pytest.mark.parametrize(
    "output",
    [
        "",
        "bash: line 1: sudo: not found",
        OUTPUT.replace("end\t1\n", ""),
        OUTPUT.replace("survey\t1", "survey\t2"),
        OUTPUT.replace(FILE, "?"),
        OUTPUT.replace("2048", "many"),
    ],
)
def test_an_answer_that_is_not_whole_is_told(output: str) -> None:
    with pytest.raises(IntegrityError, match="n1"):
        Survey.parse(output, "n1")


def test_a_file_that_is_no_text_is_told() -> None:
    found = Survey(files={"/etc/docker/daemon.json": b"\xff"})
    with pytest.raises(IntegrityError, match=r"daemon\.json on n1"):
        found.text("/etc/docker/daemon.json", "n1")


@pytest.mark.parametrize(
    ("service", "rancher"),
    [
        ("rke2-agent", ("rke2", "rke2-agent")),
        ("k3s", ("k3s", "k3s")),
        ("docker", None),
    ],
)
def test_rancher_s_distributions_are_known_by_their_services(
    service: str, rancher: tuple[str, str] | None
) -> None:
    assert Survey(services=frozenset({service})).rancher == rancher


def test_a_gpu_is_known_without_its_driver() -> None:
    assert survey(gpus="2").has_gpu
    assert not survey(gpus="0").has_gpu
    assert survey(**{"gpus": "0", "gpu-driver": "535.1"}).has_gpu


def test_this_machine_can_be_surveyed(tmp_path: Path) -> None:
    program = tmp_path / "survey.sh"
    program.write_text(survey_script())
    done = subprocess.run(["sh", program], capture_output=True, text=True, check=True)
    found = Survey.parse(done.stdout, "this machine")
    assert (found.facts["user"], found.number("time") > 0) == ("0", True)
    assert found.version("containerd") is not None
    assert done.stderr == ""
