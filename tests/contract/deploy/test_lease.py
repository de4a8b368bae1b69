"""One run at a time changes a cluster; the same tests hold real ones to it."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from typing import TYPE_CHECKING

import pytest

from cube_airgap.errors import ClusterError, NetworkError
from cube_install.deploy.lease import KEY, Holder, Lease
from cube_install.deploy.record.record import NAMESPACE
from cube_install.deploy.uninstallation import Extent, Uninstallation
from tests.support.deploying import OTHER, others_lease
from tests.support.made_stack import namespace
from tests.support.noting_progress import NotingProgress

if TYPE_CHECKING:
    from tests.support.deploying import Lab

KILLED = """
import os, signal, sys
from pathlib import Path
from cube_airgap.progress import Silent
from cube_install.deploy.lease import Lease
from cube_install.kubernetes.cluster import Cluster

with Lease(Cluster.connect(Path(sys.argv[1])), Silent()).held():
    os.kill(os.getpid(), signal.SIGKILL)
"""


def waited(lab: Lab) -> bool:
    return any("waiting for a sign of life" in note for note in lab.progress.notes)


def test_a_second_run_is_told_who_is_at_work(lab: Lab) -> None:
    with Lease(lab.cluster, lab.progress, renewal=0.05).held():
        holder = Holder.of(lab.body(KEY))
        with pytest.raises(ClusterError) as caught:
            lab.deploy(lab.site.stack())
    assert caught.value.what.startswith(f"{holder.name} changes this cluster's stack since ")
    assert "or stop it with Ctrl-C where it runs" in caught.value.remedy
    assert lab.record.revisions == ()


def test_what_is_at_work_is_not_taken_away(lab: Lab) -> None:
    lab.deployed(lab.site.stack())
    before = lab.versions(lab.site.stack())
    with Lease(lab.cluster, lab.progress, renewal=0.05).held(), pytest.raises(ClusterError):
        Uninstallation(lab.cluster, Extent()).run(NotingProgress())
    assert lab.versions(lab.site.stack()) == before


def test_what_was_deployed_since_somebody_confirmed_is_not_taken_away(lab: Lab) -> None:
    lab.deployed(lab.site.stack())
    confirmed = Uninstallation(lab.cluster, Extent())
    lab.deployed(lab.site.stack("2"))
    with pytest.raises(ClusterError, match="nothing was deleted"):
        confirmed.run(NotingProgress())


def test_the_lease_is_given_back(lab: Lab) -> None:
    lab.deployed(lab.site.stack())
    assert Holder.read(lab.cluster) is None


def test_a_run_that_gives_no_sign_of_life_is_taken_over(lab: Lab) -> None:
    lab.cluster.apply(namespace(NAMESPACE))
    lab.cluster.create(others_lease())
    lab.deployed(lab.site.stack())
    assert waited(lab)
    assert Holder.read(lab.cluster) is None


def test_a_process_that_was_killed_here_keeps_nobody_waiting(lab: Lab) -> None:
    subprocess.run([sys.executable, "-c", KILLED, str(lab.kubeconfig)], check=False)
    assert Holder.of(lab.body(KEY)).has_ended
    lab.deployed(lab.site.stack())
    assert not waited(lab)


def test_whoever_lost_the_lease_knows_and_leaves_it_to_the_other(lab: Lab) -> None:
    stop = threading.Event()
    lease = Lease(lab.cluster, lab.progress, stop, renewal=0.01)
    with lease.held():
        lab.cluster.delete(KEY)
        lab.cluster.create(others_lease())
        assert stop.wait(30)
        with pytest.raises(ClusterError, match="another run has taken over"):
            lease.check()
    assert Holder.of(lab.body(KEY)).name == OTHER


def test_a_process_of_another_user_s_is_at_work(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    with Lease(lab.cluster, lab.progress).held():
        holder = Holder.of(lab.body(KEY))

    def refused(*_: object) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "kill", refused)
    assert not holder.has_ended


def test_a_run_that_lost_the_cluster_leaves_its_lease_to_its_end(lab: Lab) -> None:
    with pytest.raises(NetworkError), Lease(lab.cluster, lab.progress).held():
        raise NetworkError("the API server is away", remedy="wait")
    assert Holder.read(lab.cluster) is not None
    assert lab.cluster.delete(KEY)


def test_who_came_after_the_one_that_was_looked_at_is_looked_at_anew(lab: Lab) -> None:
    class Meanwhile(threading.Event):
        def wait(self, timeout: float | None = None) -> bool:
            if not self.is_set():
                self.set()
                lab.cluster.delete(KEY)
                third = others_lease()
                third["spec"]["renewTime"] = third["spec"]["renewTime"].replace("000Z", "001Z")
                lab.cluster.create(third)
            return super().wait(timeout)

    lab.cluster.apply(namespace(NAMESPACE))
    lab.cluster.create(others_lease())
    with Lease(lab.cluster, lab.progress, Meanwhile()).held():
        assert Holder.of(lab.body(KEY)).name != OTHER
