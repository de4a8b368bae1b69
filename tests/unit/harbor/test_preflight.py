"""What a look at a Harbor brings to light, each thing alone and all of them together."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from cube_airgap.digest import Digest
from cube_airgap.errors import NetworkError
from cube_install.harbor.finding import Finding, Severity
from cube_install.harbor.planned_load import PlannedLoad, PlannedTag
from cube_install.harbor.preflight import look_before_load
from tests.support import image_factory as make
from tests.support.harbor.faults import Fault

if TYPE_CHECKING:
    from cube_harbor.api import HarborApi
    from tests.support.harbor.double import HarborDouble
    from tests.support.harbor.site import Site

IMAGE = make.image()
OTHER = Digest.parse(f"sha256:{'1' * 64}")
LOAD = PlannedLoad("cube", 5_000_000)
RULE = {
    "tag_selectors": [{"kind": "doublestar", "decoration": "matches", "pattern": "**"}],
    "scope_selectors": {},
}


def look(site: Site, load: PlannedLoad = LOAD, *login: str) -> list[Finding]:
    found = look_before_load(lambda: site.api(*login), load)
    # That the double speaks plain HTTP is told each time.
    return [one for one in found if "spoken to without TLS" not in one.what]


def errors(found: list[Finding]) -> list[str]:
    return [one.what for one in found if one.severity is Severity.ERROR]


def only(found: list[Finding], severity: Severity, text: str) -> Finding:
    assert [one.severity for one in found] == [severity], found
    assert text in found[0].what
    return found[0]


@pytest.fixture(autouse=True)
def project(double: HarborDouble) -> None:
    double.state.make_project("cube", {})


def test_nothing_is_found_where_nothing_is_wrong(site: Site) -> None:
    assert look(site) == []


def test_nothing_is_changed(site: Site, double: HarborDouble) -> None:
    look(site)
    assert {one.method for one in double.asked} <= {"GET", "HEAD"}


def test_plain_http_is_warned_of(site: Site) -> None:
    (found,) = look_before_load(site.api, LOAD)
    assert found.severity is Severity.WARNING
    assert "passwords go in the clear" in found.what


def test_a_harbor_that_is_not_reached_is_the_only_finding() -> None:
    def find() -> HarborApi | None:
        raise NetworkError("harbor.example does not answer", remedy="check the name")

    (found,) = look_before_load(find, LOAD)
    assert found == Finding(Severity.ERROR, "harbor.example does not answer", "check the name")


def test_another_registry_is_noted() -> None:
    (found,) = look_before_load(lambda: None, LOAD)
    assert found.severity is Severity.NOTE


def test_a_wrong_password_is_found(site: Site) -> None:
    found = look(site, LOAD, "admin", "wrong")
    only(found, Severity.ERROR, "does not accept the credentials of admin")


def test_read_only_mode_is_found(site: Site, double: HarborDouble) -> None:
    double.state.settings["read_only"] = True
    only(look(site), Severity.ERROR, "read-only mode")


def test_an_old_version_is_warned_of(site: Site, double: HarborDouble) -> None:
    double.state.version = (2, 4, 1)
    only(look(site), Severity.WARNING, "2.4.1")


def test_another_external_address_is_warned_of(site: Site, double: HarborDouble) -> None:
    double.state.external_url = "https://harbor.inside"
    only(look(site), Severity.WARNING, "https://harbor.inside")


@pytest.mark.parametrize(
    ("service", "severity"),
    [("registry", Severity.ERROR), ("jobservice", Severity.WARNING)],
)
def test_a_service_that_is_down_is_found(
    site: Site, double: HarborDouble, service: str, severity: Severity
) -> None:
    double.state.sick[service] = "connection refused"
    only(look(site), severity, f"service {service} is not healthy (connection refused)")


def test_harbors_web_pages_may_be_down(site: Site, double: HarborDouble) -> None:
    double.state.sick["portal"] = "gone"
    assert look(site) == []


def test_a_missing_project_will_be_made(site: Site, double: HarborDouble) -> None:
    del double.state.projects["cube"]
    only(look(site), Severity.NOTE, "it will be made")


def test_a_missing_project_that_is_not_to_be_made_is_an_error(
    site: Site, double: HarborDouble
) -> None:
    del double.state.projects["cube"]
    found = look(site, replace(LOAD, makes_project=False))
    only(found, Severity.ERROR, "has no project cube")


def test_a_missing_project_that_may_not_be_made_is_an_error(
    site: Site, double: HarborDouble
) -> None:
    del double.state.projects["cube"]
    double.state.users["ann"] = "a"
    double.state.settings["project_creation_restriction"] = "adminonly"
    only(look(site, LOAD, "ann", "a"), Severity.ERROR, "only administrators may make one")


def test_missing_rights_are_found(site: Site, double: HarborDouble) -> None:
    double.state.users["ann"] = "a"
    assert "ann may not push or pull in the project cube" in errors(look(site, LOAD, "ann", "a"))


def test_a_quota_that_is_too_small_is_found_with_what_is_lacking(
    site: Site, double: HarborDouble
) -> None:
    project = double.state.projects["cube"]
    project.limit = 3_000_000
    project.blobs["x"] = 1_000_000
    found = only(look(site), Severity.ERROR, "room for 2.00 MB")
    assert "3.00 MB too much" in found.what
    assert "6000000 bytes" in found.remedy


def test_a_quota_that_suffices_is_no_finding(site: Site, double: HarborDouble) -> None:
    double.state.projects["cube"].limit = 5_000_000
    assert look(site) == []


def test_a_full_disk_is_found(site: Site, double: HarborDouble) -> None:
    double.state.volumes = [{"free": 1_000_000, "total": 9_000_000}]
    only(look(site), Severity.ERROR, "1.00 MB free")


def test_an_immutable_tag_that_would_be_moved_is_found(site: Site, double: HarborDouble) -> None:
    site.push("cube/a/b", "1", IMAGE)
    double.state.projects["cube"].immutability.append(RULE)
    moved = PlannedTag("a/b", "1", OTHER)
    same = PlannedTag("a/b", "1", Digest.parse(IMAGE.digest))
    new = PlannedTag("a/b", "2", OTHER)
    found = look(site, replace(LOAD, tags=(moved, new)))
    only(found, Severity.ERROR, "1 immutable tag in cube would have to be moved: a/b:1")
    assert look(site, replace(LOAD, tags=(same, new))) == []


@pytest.mark.parametrize(
    ("metadata", "text"),
    [
        ({"enable_content_trust_cosign": "true"}, "signed images only"),
        ({"prevent_vul": "true", "severity": "high"}, "severity high"),
    ],
)
def test_rules_against_pulling_are_warned_of(
    site: Site, double: HarborDouble, metadata: dict[str, str], text: str
) -> None:
    double.state.projects["cube"].metadata |= metadata
    only(look(site), Severity.WARNING, text)


def test_scheduled_retention_is_warned_of(site: Site, double: HarborDouble) -> None:
    double.state.projects["cube"].metadata["retention_id"] = "1"
    trigger = {"settings": {"cron": "0 0 3 * * *"}}
    double.state.retentions[1] = {"id": 1, "rules": [{"disabled": False}], "trigger": trigger}
    only(look(site), Severity.WARNING, "retention policy (0 0 3 * * *)")


def test_a_garbage_collection_that_runs_is_warned_of(site: Site, double: HarborDouble) -> None:
    double.state.collections.append({"id": 1, "job_status": "Running"})
    only(look(site), Severity.WARNING, "collecting garbage now")


def test_a_scheduled_garbage_collection_is_noted(site: Site, double: HarborDouble) -> None:
    plan = {"cron": "0 0 0 * * *", "next_scheduled_time": "2026-01-02T00:00:00Z"}
    double.state.collection_schedule = {"schedule": plan}
    only(look(site), Severity.NOTE, "next at 2026-01-02")


def test_a_look_that_fails_does_not_hide_the_others(site: Site, double: HarborDouble) -> None:
    double.faults.plan(Fault("GET .*/summary", 504, times=9))
    double.state.projects["cube"].metadata["prevent_vul"] = "true"
    double.state.sick["registry"] = "down"
    found = look(site)
    assert [one.severity for one in found] == [Severity.ERROR] * 2 + [Severity.WARNING]
    assert "fails with status 504" in " ".join(errors(found))
