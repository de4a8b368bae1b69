"""Deployments that are killed at random moments: the next run ends in the same state.

CUBE_SOAK says how many kills there are (8 without it; `make soak` has 100).
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from cube_install.deploy.record.record import Record
from cube_install.deploy.record.revision import State
from tests.support.deployable import deployable_bundle, write_site
from tests.support.deploying import meant
from tests.support.kubernetes.double import KubernetesDouble, running_double
from tests.support.web_page import answering

if TYPE_CHECKING:
    from collections.abc import Iterator

KILLS = int(os.environ.get("CUBE_SOAK", "8"))
LONGEST = 3.0
MORE = "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: only-in-1, namespace: infra}\n"
KINDS = ("Namespace", "ConfigMap", "Secret", "Service", "PersistentVolume", "PersistentVolumeClaim",
         "CustomResourceDefinition", "Deployment", "Job", "Queue")  # fmt: skip


@pytest.fixture
def port() -> Iterator[int]:
    with answering() as one:
        yield one


def start(place: Path) -> subprocess.Popen[bytes]:
    command = [str(Path(sys.executable).with_name("cube-install")), "deploy"]
    with (place / "log").open("wb") as log:
        return subprocess.Popen(command, cwd=place, stdout=log, stderr=log)


def deploy_until_done(place: Path, waits: Iterator[float]) -> int:
    """Deploy until it ends by itself; how often it was killed before."""
    kills = 0
    while True:
        with start(place) as process:
            with suppress(subprocess.TimeoutExpired):
                process.wait(next(waits, None))
            process.kill()
        assert process.returncode in {0, -9}, (place / "log").read_text()
        if process.returncode == 0:
            return kills
        kills += 1


def state_of(kube: KubernetesDouble) -> dict[str, Any]:
    """All that is there, without counters, secrets' contents, and the record."""
    found = {}
    for kind in KINDS:
        for body in kube.all(kind):
            metadata = body["metadata"]
            if "cube-airgap" in {metadata.get("namespace"), metadata["name"]}:
                continue
            name = f"{kind} {metadata.get('namespace')}/{metadata['name']}"
            found[name] = comparable(meant(body))
    return found


def comparable(body: dict[str, Any]) -> dict[str, Any]:
    """Without what is made by chance, and which claim of that name a volume belongs to."""
    if body["kind"] == "Secret":
        return body | {"data": sorted(body["data"])}
    if body["kind"] == "PersistentVolume":
        spec = {key: one for key, one in body["spec"].items() if key != "claimRef"}
        return body | {"spec": spec}
    return body


def in_steps(place: Path, kube: KubernetesDouble, port: int, waits: Iterator[float]) -> int:
    """Deploy one bundle and then a newer one; how often that was killed."""
    write_site(place, kube.kubeconfig, port)
    kube.add_node("node-2", {"mysql": "true"})
    kills = 0
    for tag in ("1", "2"):
        (place / "site.tar.zst").unlink(missing_ok=True)
        deployable_bundle(place / "site.tar.zst", tag, more=MORE if tag == "1" else "")
        kills += deploy_until_done(place, waits)
    return kills


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_killed_deployments_end_in_the_same_state(tmp_path: Path, port: int) -> None:
    undisturbed = tmp_path / "undisturbed"
    undisturbed.mkdir()
    with running_double(undisturbed) as kube:
        assert in_steps(undisturbed, kube, port, iter(())) == 0
        wanted = state_of(kube)
    assert "ConfigMap infra/only-in-1" not in wanted
    chance = random.Random(KILLS)
    kills = rounds = 0
    while kills < KILLS:
        waits = iter([chance.uniform(0.4, LONGEST) for _ in range(KILLS - kills)])
        place = tmp_path / str(rounds)
        place.mkdir()
        with running_double(place) as kube:
            kills += in_steps(place, kube, port, waits)
            assert state_of(kube) == wanted
            record = Record.read(kube.connect())
            assert [one.state for one in record.revisions][-1] is State.DONE
            chunks = [one["metadata"]["name"] for one in kube.all("Secret", "cube-airgap")]
            assert len(chunks) == sum(one.chunks for one in record.revisions)
        rounds += 1
    print(f"{kills} kills in {rounds} rounds")  # noqa: T201
