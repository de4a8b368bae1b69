"""What is to be done to which Harbor, by what is there."""

from __future__ import annotations

from pathlib import Path

import pytest

from cube_airgap.errors import MissingError, UsageError
from cube_install.harbor_host.installer_archive import Contents, Unpacked
from cube_install.harbor_host.plan import Action, There, check_foreign, choose


def unpacked(version: str) -> Unpacked:
    return Unpacked(Path("/opt/cube-harbor", version, "harbor"), version)


OLD, NEW = unpacked("v2.9.5"), unpacked("v2.11.1")
WANTED = Contents("v2.11.1", "amd64")


def test_a_host_without_a_harbor_gets_one() -> None:
    assert choose(There(), WANTED).action is Action.INSTALL


def test_the_version_that_is_there_is_left_alone() -> None:
    assert choose(There(started=NEW, begun=NEW), WANTED).action is Action.NONE


def test_an_older_one_is_upgraded() -> None:
    choice = choose(There(started=OLD, begun=OLD), WANTED)

    assert (choice.action, choice.previous, choice.version) == (Action.UPGRADE, OLD, "v2.11.1")


def test_an_upgrade_that_was_stopped_goes_on() -> None:
    choice = choose(There(started=OLD, begun=NEW), WANTED)

    assert (choice.action, choice.previous) == (Action.UPGRADE, OLD)


def test_an_installation_that_was_stopped_goes_on() -> None:
    assert choose(There(begun=NEW), WANTED).action is Action.INSTALL


@pytest.mark.parametrize("there", [There(started=NEW), There(begun=NEW), There(foreign=NEW)])
def test_there_is_no_way_back(there: There) -> None:
    with pytest.raises(UsageError, match=r"v2\.11\.1 is on this host, and v2\.9\.5 is older"):
        choose(there, Contents("v2.9.5", "amd64"))


def test_versions_are_compared_by_their_numbers() -> None:
    assert choose(There(started=unpacked("v2.9.10")), Contents("v2.10.0", "")).installs


def test_somebody_elses_is_taken_over_also_in_the_same_version() -> None:
    choice = choose(There(foreign=NEW), WANTED)

    assert (choice.action, choice.previous) == (Action.TAKE_OVER, NEW)


def test_without_an_installer_what_is_there_is_looked_after() -> None:
    choice = choose(There(started=OLD, begun=OLD), None)

    assert (choice.action, choice.version) == (Action.NONE, "v2.9.5")


def test_without_an_installer_nothing_can_be_gone_on_with() -> None:
    with pytest.raises(MissingError, match="stopped in the middle"):
        choose(There(started=OLD, begun=NEW), None)


def test_without_anything_an_installer_is_asked_for() -> None:
    with pytest.raises(MissingError, match="no installer") as caught:
        choose(There(), None)

    assert "--archive" in caught.value.remedy


def test_somebody_elses_is_not_touched_unasked() -> None:
    with pytest.raises(UsageError, match="/root/harbor") as caught:
        check_foreign(Path("/root/harbor"), Path("/opt/cube-harbor"))

    assert "--take-over" in caught.value.remedy
