from __future__ import annotations

from dataclasses import dataclass

import pytest

from cube_airgap.errors import Interrupted, NetworkError
from cube_airgap.registry.access import Patience
from cube_airgap.registry.retries import Retries
from cube_harbor.execution import Deadline, wait_until_finished

SOON = Deadline(60, 0.0001, 0.001)


@dataclass
class Run:
    status: str

    @property
    def is_finished(self) -> bool:
        return self.status != "Running"


def test_it_is_asked_until_it_is_finished() -> None:
    told = iter(["Running", "Running", "Error"])
    run = wait_until_finished(lambda: Run(next(told)), SOON, Retries(Patience()), "the run")
    assert run.status == "Error"


def test_time_that_is_over_is_an_error_with_the_last_status() -> None:
    with pytest.raises(NetworkError, match="the run is not finished after 0 s; it is Running"):
        wait_until_finished(lambda: Run("Running"), Deadline(0), Retries(Patience()), "the run")


def test_stopping_ends_the_waiting() -> None:
    retries = Retries(Patience())
    retries.stop()
    with pytest.raises(Interrupted, match="waiting for the run was stopped"):
        wait_until_finished(lambda: Run("Running"), Deadline(60), retries, "the run")
