"""What our client makes of a Harbor: doubles of two versions, and a real one if it is named."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cube_airgap.digest import Digest
from cube_airgap.errors import AuthenticationError, MissingError, NetworkError, UsageError
from cube_airgap.registry.login import Login
from cube_harbor import artifacts, identity, preheat, projects, replication, robots
from cube_harbor.artifacts import HarborRepository
from cube_harbor.execution import Deadline
from cube_harbor.garbage_collection import read_garbage_collection
from cube_harbor.identity import Kind
from cube_harbor.recognition import HarborVersion, read_health, read_system_info
from cube_harbor.secret import Secret
from cube_harbor.tag_rules import read_immutability, read_retention
from cube_harbor.volumes import free_space
from tests.support import image_factory as make
from tests.support.harbor.harbors import HARBORS, open_harbor
from tests.support.harbor.site import Site

if TYPE_CHECKING:
    from collections.abc import Iterator

ONE = make.image(labels={"name": "one"})
TWO = make.image(labels={"name": "two"}, platform="linux/arm64")
BOTH = make.index([ONE, TWO])


@pytest.fixture(scope="module", params=HARBORS)
def site(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Site]:
    with open_harbor(request.param, tmp_path_factory.mktemp("harbor")) as harbor:
        site = Site(harbor)
        yield site
        site.close()


@pytest.fixture
def project(site: Site) -> str:
    return site.new_project()


def test_a_harbor_is_recognised_and_tells_of_itself(site: Site) -> None:
    info = read_system_info(site.api())
    assert info.version == HarborVersion.parse(site.harbor.version)
    assert info.external_url is not None
    assert info.read_only is False


def test_without_a_valid_login_it_tells_less(site: Site) -> None:
    info = read_system_info(site.api("cube-nobody", "wrong"))
    assert (info.external_url, info.read_only, info.creation) == (None, None, None)


def test_its_services_are_told(site: Site) -> None:
    health = {one.name: one.is_healthy for one in read_health(site.api())}
    assert health["core"]
    assert health["registry"]


def test_an_administrator_is_known(site: Site) -> None:
    known = identity.check_login(site.api())
    assert known == identity.Identity(site.harbor.username, Kind.USER, is_admin=True)


def test_a_wrong_password_is_an_error_that_names_the_account(site: Site) -> None:
    with pytest.raises(AuthenticationError, match="credentials of cube-nobody from the test"):
        identity.check_login(site.api("cube-nobody", "wrong"))


def test_no_login_is_an_error(site: Site) -> None:
    api = site.find(None)
    assert api
    with pytest.raises(UsageError, match="no login is known"):
        identity.check_login(api)


def test_an_identity_token_cannot_be_used(site: Site) -> None:
    api = site.find(Login("the test", identity_token="secret-token"))
    assert api
    with pytest.raises(UsageError, match="identity token") as caught:
        identity.check_login(api)
    assert "secret-token" not in f"{caught.value}{caught.value.remedy}"


def test_a_project_is_made_once_and_is_private(site: Site) -> None:
    wish = projects.ProjectWish(site.new_name())
    assert not projects.project_exists(site.api(), wish.name)
    assert projects.make_project(site.api(), wish)
    assert not projects.make_project(site.api(), wish)
    assert projects.project_exists(site.api(), wish.name)
    assert not projects.read_project(site.api(), wish.name).is_public


def test_a_project_may_be_public(site: Site) -> None:
    wish = projects.ProjectWish(site.new_name(), projects.Visibility.PUBLIC)
    projects.make_project(site.api(), wish)
    assert projects.read_project(site.api(), wish.name).is_public


def test_a_project_named_with_digits_is_found_by_its_name(site: Site) -> None:
    name = str(int(site.new_name().removeprefix("cube-"), 16))
    projects.make_project(site.api(), projects.ProjectWish(name))
    assert projects.read_project(site.api(), name).name == name
    assert projects.read_usage(site.api(), name) == projects.Usage(0, None)


def test_a_missing_project_is_named(site: Site) -> None:
    with pytest.raises(MissingError, match="nobody-made-this"):
        projects.read_project(site.api(), "nobody-made-this")


def test_the_limit_and_what_is_used_are_told(site: Site) -> None:
    project = site.new_project(limit=1_000_000)
    site.push(f"{project}/app", "1", ONE)
    usage = projects.read_usage(site.api(), project)
    assert usage
    blobs = sum(len(data) for data in ONE.blobs.values())
    whole = blobs if ONE.digest in ONE.blobs else blobs + len(ONE.root)
    assert usage == projects.Usage(whole, 1_000_000)


def test_rights_are_those_of_the_account(site: Site, project: str) -> None:
    assert identity.read_rights(site.api(), project) >= {"push", "pull"}
    anonymous = site.find(None)
    assert anonymous
    assert identity.read_rights(anonymous, project) == frozenset()
    assert identity.read_rights(site.api(), "nobody-made-this") == frozenset()


@pytest.mark.parametrize("level", robots.Level)
def test_a_robot_for_loading_may_load_and_not_more(
    site: Site, project: str, level: robots.Level
) -> None:
    other = site.new_project()
    wish = robots.RobotWish(site.new_name(), level, (project,), robots.LOADING)
    made = robots.make_robot(site.api(), wish)
    api = site.api(made.robot.name, made.secret.reveal())
    assert identity.check_login(api).kind is Kind.ROBOT
    assert identity.read_rights(api, project) == {"push", "pull"}
    assert identity.read_rights(api, other) == frozenset()
    assert list(artifacts.list_repositories(api, project)) == []
    with pytest.raises(AuthenticationError, match="does not allow"):
        projects.read_project(api, other)


def test_a_robot_for_pulling_may_pull_only(site: Site, project: str) -> None:
    wish = robots.RobotWish(site.new_name(), robots.Level.PROJECT, (project,))
    made = robots.make_robot(site.api(), wish)
    api = site.api(made.robot.name, made.secret.reveal())
    assert identity.read_rights(api, project) == {"pull"}


def test_what_a_robot_may_not_know_is_none(site: Site, project: str) -> None:
    wish = robots.RobotWish(site.new_name(), robots.Level.PROJECT, (project,), robots.LOADING)
    made = robots.make_robot(site.api(), wish)
    api = site.api(made.robot.name, made.secret.reveal())
    assert projects.read_usage(api, project) is None
    assert read_immutability(api, project) is None
    assert read_garbage_collection(api) is None
    assert free_space(api) is None


@pytest.mark.parametrize("level", robots.Level)
def test_a_robot_is_found_renewed_and_deleted(
    site: Site, project: str, level: robots.Level
) -> None:
    of = project if level is robots.Level.PROJECT else None
    wish = robots.RobotWish(site.new_name(), level, (project,), days=3)
    made = robots.make_robot(site.api(), wish)
    assert made.robot.expires_at is not None
    with pytest.raises(UsageError, match=f"robot account {wish.name} already"):
        robots.make_robot(site.api(), wish)
    found = robots.find_robot(site.api(), wish.name, of)
    assert found
    assert (found.number, found.name) == (made.robot.number, made.robot.name)
    renewed = robots.renew_secret(site.api(), found)
    assert identity.check_login(site.api(found.name, renewed.reveal())).kind is Kind.ROBOT
    with pytest.raises(AuthenticationError):
        identity.check_login(site.api(found.name, made.secret.reveal()))
    robots.delete_robot(site.api(), found)
    robots.delete_robot(site.api(), found)
    assert robots.find_robot(site.api(), wish.name, of) is None


def test_a_robot_of_a_project_cannot_make_one(site: Site, project: str) -> None:
    wish = robots.RobotWish(site.new_name(), robots.Level.PROJECT, (project,), robots.LOADING)
    made = robots.make_robot(site.api(), wish)
    api = site.api(made.robot.name, made.secret.reveal())
    with pytest.raises(AuthenticationError, match="system level robot"):
        projects.make_project(api, projects.ProjectWish(site.new_name()))


def test_an_artifact_is_found_by_tag_and_by_digest(site: Site, project: str) -> None:
    deep = HarborRepository(project, "a/b/app")
    site.push(str(deep), "1", BOTH)
    by_tag = artifacts.find_artifact(site.api(), deep, "1")
    assert by_tag
    assert (str(by_tag.digest), by_tag.tags) == (BOTH.digest, ("1",))
    assert [str(one) for one in by_tag.children] == [ONE.digest, TWO.digest]
    assert artifacts.find_artifact(site.api(), deep, BOTH.digest) == by_tag
    assert artifacts.find_artifact(site.api(), deep, "2") is None
    absent = HarborRepository(project, "no/such")
    assert artifacts.find_artifact(site.api(), absent, "1") is None


def test_repositories_and_artifacts_are_listed(site: Site, project: str) -> None:
    deep, flat = HarborRepository(project, "a/b"), HarborRepository(project, "c")
    site.push(str(deep), "1", ONE)
    site.push(str(flat), "2", TWO)
    assert set(artifacts.list_repositories(site.api(), project)) == {deep, flat}
    listed = [one.digest for one in artifacts.list_artifacts(site.api(), deep)]
    assert listed == [Digest.parse(ONE.digest)]
    assert list(artifacts.list_artifacts(site.api(), HarborRepository(project, "no/such"))) == []


def test_repositories_of_all_projects_are_found_by_a_part_of_their_name(site: Site) -> None:
    name, first, second = site.new_name(), site.new_project(), site.new_project()
    for project in (first, second):
        site.push(f"{project}/{name}/app", "1", ONE)
        site.push(f"{project}/other", "1", ONE)
    found = list(artifacts.find_repositories(site.api(), f"{name}/"))
    assert set(found) == {HarborRepository(one, f"{name}/app") for one in (first, second)}


def test_nobody_finds_repositories_that_he_may_not_see(site: Site) -> None:
    name, project = site.new_name(), site.new_project()
    site.push(f"{project}/{name}", "1", ONE)
    anonymous = site.find(None)
    assert anonymous
    assert list(artifacts.find_repositories(anonymous, name)) == []


def test_a_project_is_listed_as_a_whole_by_newer_ones(site: Site, project: str) -> None:
    for image in (ONE, TWO):
        site.push(f"{project}/app", image.digest, image)
    site.push(f"{project}/app", "1", BOTH)
    site.push(f"{project}/a/b", "2", ONE)
    found = artifacts.list_project(site.api(), project)
    if site.harbor.version.startswith("2.9."):
        assert found is None
        return
    assert found
    assert {name: [one.tags for one in ones] for name, ones in found.items()} == {
        f"{project}/app": [("1",)],
        f"{project}/a/b": [("2",)],
    }
    (app,) = found[f"{project}/app"]
    assert [str(one) for one in app.children] == [ONE.digest, TWO.digest]


def test_a_project_that_is_not_there_is_not_listed(site: Site) -> None:
    assert artifacts.list_project(site.api(), "nobody-made-this") is None


def test_rules_of_a_project_are_read(site: Site, project: str) -> None:
    assert read_immutability(site.api(), project) == ()
    rule = {
        "action": "immutable",
        "template": "immutable_template",
        "tag_selectors": [{"kind": "doublestar", "decoration": "matches", "pattern": "v*"}],
        "scope_selectors": {
            "repository": [
                {"kind": "doublestar", "decoration": "repoExcludes", "pattern": "tmp/**"}
            ]
        },
    }
    with site.talk() as talk:
        made = talk.quietly(f"POST /api/v2.0/projects/{project}/immutabletagrules", body=rule)
    assert made.status == 201
    rules = read_immutability(site.api(), project)
    assert rules
    assert rules[0].covers("a/b", "v1")
    assert not rules[0].covers("a/b", "1")
    assert not rules[0].covers("tmp/b", "v1")


def test_retention_is_read(site: Site, project: str) -> None:
    everything = [{"kind": "doublestar", "decoration": "repoMatches", "pattern": "**"}]
    policy = {
        "algorithm": "or",
        "rules": [
            {
                "action": "retain",
                "template": "latestPushedK",
                "params": {"latestPushedK": 3},
                "tag_selectors": [{"kind": "doublestar", "decoration": "matches", "pattern": "**"}],
                "scope_selectors": {"repository": everything},
            }
        ],
        "scope": {"level": "project", "ref": projects.read_project(site.api(), project).number},
        "trigger": {"kind": "Schedule", "settings": {"cron": "0 0 3 * * *"}, "references": {}},
    }
    with site.talk() as talk:
        assert talk.quietly("POST /api/v2.0/retentions", body=policy).status == 201
    number = projects.read_project(site.api(), project).retention_number
    assert number is not None
    retention = read_retention(site.api(), number)
    assert retention
    assert (retention.rule_count, retention.schedule) == (1, "0 0 3 * * *")


def test_what_a_project_prescribes_for_pulls_is_read(site: Site, project: str) -> None:
    rules = {"enable_content_trust_cosign": "true", "prevent_vul": "true", "severity": "high"}
    with site.talk() as talk:
        changed = talk.quietly(f"PUT /api/v2.0/projects/{project}", body={"metadata": rules})
    assert changed.status == 200
    known = projects.read_project(site.api(), project)
    assert (known.wants_signatures, known.prevented_severity) == (True, "high")


def test_free_space_is_told_where_harbor_knows_it(site: Site) -> None:
    free = free_space(site.api())
    assert free is None or free > 0


def test_garbage_collection_is_read(site: Site) -> None:
    state = read_garbage_collection(site.api())
    assert state
    assert state.next_at == "" or state.schedule


def test_a_project_is_replicated(site: Site, project: str) -> None:
    site.push(f"{project}/app", "1", ONE)
    harbor, target = site.harbor, site.new_project()
    secret = Secret(harbor.password)
    other = replication.OtherHarbor(site.new_name(), harbor.own_url, harbor.username, secret, True)
    registry = replication.register(site.api(), other)
    assert replication.register(site.api(), other) == registry
    rule = replication.ReplicationRule(site.new_name(), registry, project, target)
    number = replication.make_rule(site.api(), rule)
    assert replication.make_rule(site.api(), rule) == number
    run = replication.start_replication(site.api(), number)
    ended = replication.wait_for_replication(site.api(), run, Deadline(120, 0.2, 1))
    assert ended.is_success
    assert (ended.total, ended.failed) == (1, 0)
    assert list(replication.failed_tasks(site.api(), run)) == []


def test_a_harbor_that_is_not_reached_is_told_as_such(site: Site) -> None:
    gone = replication.OtherHarbor(site.new_name(), "http://127.0.0.1:1", "a", Secret("hidden-one"))
    with pytest.raises(NetworkError, match="cannot reach http") as caught:
        replication.register(site.api(), gone)
    assert "hidden-one" not in f"{caught.value}{caught.value.remedy}"


def test_a_p2p_engine_and_its_policy_are_made_once(site: Site, project: str) -> None:
    name = site.new_name()
    engine = preheat.Engine(name, f"http://127.0.0.1:1/{name}")
    assert preheat.make_engine(site.api(), engine)
    assert not preheat.make_engine(site.api(), engine)
    policy = preheat.PreheatPolicy("warm", project, name)
    assert preheat.make_preheat_policy(site.api(), policy)
    assert not preheat.make_preheat_policy(site.api(), policy)
    with pytest.raises(NetworkError, match="fails to run the preheat policy warm"):
        preheat.start_preheat(site.api(), policy)


def test_a_p2p_engine_under_another_name_is_told(site: Site) -> None:
    name = site.new_name()
    preheat.make_engine(site.api(), preheat.Engine(name, f"http://127.0.0.1:1/{name}"))
    again = preheat.Engine(site.new_name(), f"http://127.0.0.1:1/{name}")
    with pytest.raises(UsageError, match=f"as {name}"):
        preheat.make_engine(site.api(), again)
