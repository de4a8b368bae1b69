"""Pushing into Harbor: the double of two versions, and the real one that is named."""

from __future__ import annotations

import re
import secrets
from typing import TYPE_CHECKING, Any

import pytest

from cube_airgap.errors import (
    AuthenticationError,
    MissingError,
    SeveralErrors,
    SpaceError,
    UsageError,
)
from cube_push.checks import Missing
from cube_push.outcome import Outcome, State
from tests.support import image_factory as make
from tests.support.bundle_factory import tiny_bundle
from tests.support.harbor.double import running_double
from tests.support.harbor.faults import Fault
from tests.support.harbor.harbors import HARBORS, open_harbor
from tests.support.harbor.pushing import Site
from tests.support.memory_source import noise
from tests.support.pushing import with_referrers, without

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support.harbor.double import HarborDouble
    from tests.support.harbor.running import RunningHarbor

BIG = make.layer({"big": noise(300_000, 1)}, "none")
WEB = make.image([BIG], labels={"name": "web"})
JOB = make.image([BIG], labels={"name": "job"}, docker=True)
BOTH = {"docker.io/library/web:1": WEB, "quay.io/team/job:2": JOB}
_ACCEPT = {"Accept": ", ".join([make.OCI_INDEX, make.OCI_MANIFEST, make.DOCKER_MANIFEST])}


@pytest.fixture(scope="module", params=HARBORS)
def harbor(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RunningHarbor]:
    with open_harbor(request.param, tmp_path_factory.mktemp("harbor")) as running:
        yield running


@pytest.fixture
def site(harbor: RunningHarbor, tmp_path: Path) -> Site:
    return Site(harbor, tmp_path, f"push-{secrets.token_hex(6)}")


def states(outcome: Outcome) -> list[State]:
    assert outcome.errors == ()
    return [one.state for one in outcome.images]


def test_images_are_there_and_a_second_push_finds_them(site: Site) -> None:
    first = site.push(tiny_bundle(BOTH))
    assert states(first) == [State.PUSHED] * 2
    assert (first.traffic.blobs, first.traffic.mounted) == (3, 1)
    assert site.digest("docker.io/library/web", "1") == WEB.digest
    assert site.digest("quay.io/team/job", "2") == JOB.digest
    assert states(site.push(tiny_bundle(BOTH), Missing.REFUSED)) == [State.THERE] * 2


def test_a_project_that_is_made_is_private(site: Site) -> None:
    site.push(tiny_bundle(BOTH))
    made = site.ask("GET", f"/api/v2.0/projects/{site.project}").json()
    assert made["metadata"]["public"] == "false"


def test_a_project_that_is_not_there_is_told_with_what_to_do(site: Site) -> None:
    with pytest.raises(MissingError, match=f"has no project {site.project}") as caught:
        site.push(tiny_bundle(BOTH), Missing.REFUSED)
    assert "--create-project" in caught.value.remedy


def test_a_wrong_password_is_told_as_such(site: Site) -> None:
    site.create()
    with pytest.raises(AuthenticationError, match="the credentials of admin"):
        site.push(tiny_bundle(BOTH), Missing.REFUSED, site.login[0], "wrong")


def test_a_sparse_index_is_narrowed_since_harbor_takes_none(site: Site) -> None:
    arm = make.image(platform="linux/arm64")
    bundle = without(tiny_bundle({"quay.io/team/app:1": make.index([WEB, arm])}), [arm])
    outcome = site.push(bundle)
    assert states(outcome) == [State.PUSHED]
    assert site.digest("quay.io/team/app", "1") == WEB.digest
    assert str(outcome.images[0].digest) == WEB.digest


def test_signatures_become_accessories(site: Site) -> None:
    sbom, signature = make.artifact(WEB), make.artifact(payload=b"signed")
    tag = make.cosign_tag(WEB)
    bundle = with_referrers(
        {"quay.io/team/app:1": WEB}, {"quay.io/team/app:1": [(sbom, ""), (signature, tag)]}
    )
    assert states(site.push(bundle)) == [State.PUSHED]
    assert site.digest("quay.io/team/app", tag) == signature.digest
    found = site.ask("GET", f"/v2/{site.project}/quay.io/team/app/referrers/{WEB.digest}").json()
    assert sbom.digest in {one["digest"] for one in found["manifests"]}
    # Harbor keeps referrers by itself, so there is no index under a tag of ours.
    fallback = f"/v2/{site.project}/quay.io/team/app/manifests/{tag.removesuffix('.sig')}"
    assert site.ask("GET", fallback).status_code == 404


def test_a_quota_that_is_too_small_is_told_before_anything_is_sent(site: Site) -> None:
    site.create(limit=200_000)
    with pytest.raises(SpaceError, match=f"the quota of project {site.project} leaves 200,000"):
        site.push(tiny_bundle(BOTH))
    repositories = site.ask("GET", f"/api/v2.0/projects/{site.project}/repositories").json()
    assert repositories == []


def test_blobs_that_the_project_has_do_not_count_for_its_quota(site: Site) -> None:
    site.create(limit=320_000)
    assert states(site.push(tiny_bundle({"quay.io/team/one:1": WEB}))) == [State.PUSHED]
    assert states(site.push(tiny_bundle({"quay.io/team/one:1": WEB, "quay.io/team/two:1": JOB})))


def immutable(site: Site) -> None:
    rule = {
        "disabled": False,
        "action": "immutable",
        "template": "immutable_template",
        "tag_selectors": [{"kind": "doublestar", "decoration": "matches", "pattern": "**"}],
        "scope_selectors": {
            "repository": [{"kind": "doublestar", "decoration": "repoMatches", "pattern": "**"}]
        },
    }
    path = f"/api/v2.0/projects/{site.project}/immutabletagrules"
    assert site.ask("POST", path, rule).status_code == 201


def let_nobody_pull(site: Site) -> None:
    trusting = {"metadata": {"enable_content_trust_cosign": "true"}}
    assert site.ask("PUT", f"/api/v2.0/projects/{site.project}", trusting).status_code == 200


def plain_robot(site: Site) -> tuple[str, str]:
    """A robot that may push and pull, and nothing else."""
    access = [{"resource": "repository", "action": action} for action in ("push", "pull")]
    permission = {"kind": "project", "namespace": site.project, "access": access}
    body = {"name": "plain", "level": "project", "duration": -1, "permissions": [permission]}
    made = site.ask("POST", "/api/v2.0/robots", body).json()
    return made["name"], made["secret"]


def test_an_immutable_tag_with_the_same_digest_is_as_it_should_be(site: Site) -> None:
    site.push(tiny_bundle(BOTH))
    immutable(site)
    assert states(site.push(tiny_bundle(BOTH))) == [State.THERE] * 2


def test_immutable_tags_that_nobody_may_pull_are_found_too(site: Site) -> None:
    site.push(tiny_bundle(BOTH))
    immutable(site)
    let_nobody_pull(site)
    assert states(site.push(tiny_bundle(BOTH))) == [State.THERE] * 2


def test_a_login_that_may_not_look_at_hidden_tags_is_told_why_it_cannot_push(site: Site) -> None:
    site.push(tiny_bundle(BOTH))
    immutable(site)
    let_nobody_pull(site)
    outcome = site.push(tiny_bundle(BOTH), Missing.REFUSED, *plain_robot(site))
    assert [one.state for one in outcome.images] == [State.FAILED] * 2
    assert all("unless a rule" in error.remedy for error in outcome.errors)


def test_an_immutable_tag_with_another_digest_is_told_before_anything_is_sent(site: Site) -> None:
    site.push(tiny_bundle({"quay.io/team/app:1": WEB}))
    immutable(site)
    with pytest.raises(UsageError, match=f"team/app:1 is immutable and is there as {WEB.digest}"):
        site.push(tiny_bundle({"quay.io/team/app:1": JOB}))


def test_new_tags_under_an_immutability_rule_are_pushed(site: Site) -> None:
    site.create()
    immutable(site)
    assert states(site.push(tiny_bundle(BOTH))) == [State.PUSHED] * 2


@pytest.fixture
def double(tmp_path: Path) -> Iterator[HarborDouble]:
    with running_double(tmp_path / "double") as running:
        yield running


@pytest.fixture
def doubled(double: HarborDouble, tmp_path: Path) -> Site:
    return Site(double.running, tmp_path, "push")


def test_everything_that_is_in_the_way_is_told_at_once(double: HarborDouble, doubled: Site) -> None:
    doubled.push(tiny_bundle({"quay.io/team/app:1": WEB}))
    immutable(doubled)
    double.state.projects["push"].limit = 310_000
    double.state.settings["read_only"] = True
    other = make.image([make.layer({"other": noise(50_000, 3)}, "none")])
    with pytest.raises(SeveralErrors) as caught:
        doubled.push(tiny_bundle({"quay.io/team/app:1": other}))
    told = " ".join(str(error) for error in caught.value.errors)
    assert len(caught.value.errors) == 3
    assert all(word in told for word in ("read-only", "quota", "immutable"))


def test_one_token_does_for_the_whole_project(double: HarborDouble, doubled: Site) -> None:
    doubled.push(tiny_bundle(BOTH))
    assert sum(one.path.startswith("/service/token") for one in double.asked) == 1


def test_a_second_push_only_asks(double: HarborDouble, doubled: Site) -> None:
    doubled.push(tiny_bundle(BOTH))
    double.asked.clear()
    doubled.push(tiny_bundle(BOTH))
    assert {one.method for one in double.asked} == {"GET", "HEAD"}
    assert len([one for one in double.asked if "/manifests/" in one.path]) == len(BOTH)


def test_tokens_that_stop_being_valid_midway_are_renewed(
    double: HarborDouble, doubled: Site
) -> None:
    doubled.create()
    doubled.jobs = 1  # a token that expires twice in a row would be refused rightly
    answer, moments = double.answer, ["PUT /v2/.*/blobs/uploads/", "PUT /v2/.*/manifests/"]

    def answer_and_expire(request: Any) -> Any:  # noqa: ANN401 - the double's own
        for moment in [*moments]:
            if re.match(moment, f"{request.method} {request.path}"):
                moments.remove(moment)
                double.expire_tokens()
        return answer(request)

    double.answer = answer_and_expire  # type: ignore[method-assign]
    assert states(doubled.push(tiny_bundle(BOTH))) == [State.PUSHED] * 2
    assert not moments


@pytest.mark.parametrize(
    "fault",
    [
        Fault("PUT .*/blobs/uploads/", 502),
        Fault("PUT .*/blobs/uploads/", None, after_bytes=1000),
        Fault("POST .*/blobs/uploads/", 502),
        Fault("PUT .*/manifests/", 504),
    ],
    ids=["gateway", "reset", "gateway at first", "gateway at last"],
)
def test_faults_on_the_way_are_got_over(double: HarborDouble, doubled: Site, fault: Fault) -> None:
    double.faults.plan(fault)
    big = make.image([make.layer({"big": noise(3_000_000, 2)}, "none")])
    assert states(doubled.push(tiny_bundle({"quay.io/team/big:1": big}))) == [State.PUSHED]
    assert doubled.digest("quay.io/team/big", "1") == big.digest
