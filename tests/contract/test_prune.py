"""`cube-install prune` with a Harbor: what it lists, what it deletes, and what it never does."""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import pytest
import yaml

from cube_install.database.question import NAME
from tests.contract.test_database_images import put_database
from tests.support import image_factory as make
from tests.support.bundle_factory import TinyBundle, tiny_bundle
from tests.support.command import Ran, run
from tests.support.harbor.double import running_double
from tests.support.harbor.harbors import HARBORS, open_harbor
from tests.support.harbor.pushing import Site
from tests.support.harbor.state import State
from tests.support.harbor.talk import push_image
from tests.support.kubernetes.fixtures import kube
from tests.support.kubernetes.later_starts import put_cron_workflow, put_revisions
from tests.support.real_registry import running_registry

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support.harbor.double import HarborDouble
    from tests.support.harbor.running import RunningHarbor
    from tests.support.kubernetes.double import KubernetesDouble

__all__ = ["kube"]

WEB, APP_1, APP_2, APP_3 = (
    make.image([make.layer({"own": name.encode()})]) for name in ("web", "app1", "app2", "app3")
)
WEB_NAME, APP_NAME = "quay.io/team/web:1", "quay.io/team/app"


@dataclass
class Place:
    """A project of its own in a Harbor, and a directory to run commands in."""

    harbor: RunningHarbor
    project: str
    directory: Path

    @property
    def options(self) -> list[str]:
        user = {"username": self.harbor.username, "password": self.harbor.password}
        login = {self.harbor.host: user}
        creds = self.directory / "creds.yaml"
        creds.write_text(json.dumps(login))
        creds.chmod(0o600)
        trust = ["--insecure", self.harbor.host]
        if not self.harbor.is_plain:
            trust = ["--ca-file", str(self.harbor.ca_file)]
        return ["--to", f"{self.harbor.host}/{self.project}", "--creds-file", str(creds), *trust]

    @property
    def site(self) -> Site:
        return Site(self.harbor, self.directory, self.project)

    def push(self, bundle: TinyBundle, *follows: TinyBundle, relocate: str = "") -> TinyBundle:
        if follows:
            bundle.catalogue["follows"] = [make.digest_of(one.raw_catalogue) for one in follows]
        bundle.write(self.directory / "b.tar.zst")
        more = ["--create-project", *(["--relocate", relocate] if relocate else [])]
        command = ("push", "--bundle", "b.tar.zst", *self.options, *more)
        done = run("cube-install", *command, cwd=self.directory)
        assert done.code == 0, done.err
        return bundle

    def prune(self, *more: object) -> Ran:
        # A real Harbor has projects of other tests too, with records that nobody can read: all
        # are passed over whose names do not begin as this one does.
        others = [f"{self.project[:at]}[!{one}]*" for at, one in enumerate(self.project)]
        skipped = [word for name in others for word in ("--skip-project", name)]
        return run("cube-install", "prune", *self.options, *skipped, *more, cwd=self.directory)

    def listed(self, *more: object) -> dict[str, str]:
        """The digests that are listed, each with what holds it."""
        done = self.prune(*more, "--output", "json")
        assert done.code == 0, done.err
        return {one["digest"]: one["held"] for one in done.json["images"]}

    def digests(self, repository: str) -> set[str]:
        name = repository.replace("/", "%252F")
        path = f"/api/v2.0/projects/{self.project}/repositories/{name}/artifacts"
        return {one["digest"] for one in self.site.ask("GET", path).json()}


@pytest.fixture(params=HARBORS)
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    (tmp_path / "here").mkdir()
    with open_harbor(request.param, tmp_path / "harbor") as harbor:
        yield Place(harbor, f"prune-{secrets.token_hex(4)}", tmp_path / "here")


@pytest.fixture
def refreshed(place: Place) -> Place:
    """The application was version 1, then 2: what is of version 1 alone can go."""
    return refresh(place)


@pytest.fixture
def double(tmp_path: Path) -> Iterator[HarborDouble]:
    (tmp_path / "here").mkdir()
    with running_double(tmp_path / "harbor", State(version=(2, 15, 2))) as double:
        yield double


@pytest.fixture
def one_place(double: HarborDouble, tmp_path: Path) -> Place:
    """A refreshed place of one double, for what is no Harbor's business."""
    return refresh(Place(double.running, "prune-it", tmp_path / "here"))


def refresh(place: Place) -> Place:
    first = place.push(tiny_bundle({WEB_NAME: WEB, f"{APP_NAME}:1": APP_1}))
    place.push(tiny_bundle({WEB_NAME: WEB, f"{APP_NAME}:2": APP_2}), first)
    return place


def test_what_the_refresh_no_longer_needs_is_listed_and_deleted_only_when_told_so(
    refreshed: Place,
) -> None:
    assert refreshed.listed() == {APP_1.digest: ""}
    shown = refreshed.prune()
    assert "1 image of" in shown.out
    assert "could be deleted with --confirm" in shown.out
    assert refreshed.digests("quay.io/team/app") == {APP_1.digest, APP_2.digest}

    done = refreshed.prune("--confirm", "--no-cluster")

    assert done.code == 0, done.err
    assert "1 image deleted" in done.out
    assert refreshed.digests("quay.io/team/app") == {APP_2.digest}
    assert refreshed.digests("quay.io/team/web") == {WEB.digest}
    again = refreshed.prune("--confirm", "--no-cluster")
    assert (again.code, "nothing to delete" in again.out) == (0, True)


def test_nobody_deletes_without_saying_whether_there_is_a_cluster(refreshed: Place) -> None:
    done = refreshed.prune("--confirm")
    assert done.code == 2
    assert "--no-cluster" in done.err
    assert refreshed.digests("quay.io/team/app") == {APP_1.digest, APP_2.digest}


def test_saying_that_there_is_no_cluster_wins_over_the_site_file(one_place: Place) -> None:
    site = "version: 1\ncluster: {kubeconfig: absent.conf}\n"
    (one_place.directory / "site.yaml").write_text(site)
    assert one_place.prune().code == 5
    assert "1 image of" in one_place.prune("--no-cluster").out
    both = one_place.prune("--no-cluster", "--kubeconfig", "absent.conf")
    assert (both.code, "leave one of them out" in both.err) == (2, True)


@pytest.mark.parametrize("command", ["prune", "have"])
def test_a_mistyped_project_is_not_taken_for_an_empty_one(one_place: Place, command: str) -> None:
    where, *more = one_place.options[1:]
    done = run("cube-install", command, "--to", f"{where}x", *more, cwd=one_place.directory)
    assert (done.code, f"has no project {one_place.project}x" in done.err) == (5, True)


def test_what_runs_in_the_cluster_is_never_deleted(
    refreshed: Place, kube: KubernetesDouble
) -> None:
    name = f"{refreshed.harbor.host}/{refreshed.project}/quay.io/team/app:1"
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "user-notebook", "namespace": "default"},
        "spec": {"containers": [{"name": "it", "image": name}]},
    }
    kube.put(pod)

    held = refreshed.listed("--kubeconfig", kube.kubeconfig)
    done = refreshed.prune("--kubeconfig", kube.kubeconfig, "--confirm")

    assert held == {APP_1.digest: "Pod default/user-notebook names it"}
    assert "nothing to delete; 1 more" in done.out
    assert refreshed.digests("quay.io/team/app") == {APP_1.digest, APP_2.digest}


def test_what_a_row_of_the_database_names_is_never_deleted(
    refreshed: Place, kube: KubernetesDouble
) -> None:
    """A user's job that does not run now, and that nothing in the cluster names."""
    name = f"{refreshed.harbor.host}/{refreshed.project}/quay.io/team/app:1"
    put_database(kube)
    kube.write_log("infra", NAME, f"task.args\t{name}\nlines\t1\n")
    cluster = ("--kubeconfig", kube.kubeconfig, "--with-database")

    held = refreshed.listed(*cluster)
    done = refreshed.prune(*cluster, "--confirm")

    assert held == {APP_1.digest: "the platform's database (task.args) names it"}
    assert "nothing to delete; 1 more" in done.out
    assert refreshed.digests("quay.io/team/app") == {APP_1.digest, APP_2.digest}


def test_what_a_custom_resource_will_start_is_never_deleted(
    one_place: Place, kube: KubernetesDouble
) -> None:
    name = f"{one_place.harbor.host}/{one_place.project}/quay.io/team/app:1"
    put_cron_workflow(kube, name)

    held = one_place.listed("--kubeconfig", kube.kubeconfig)

    assert held == {APP_1.digest: "CronWorkflow.argoproj.io pipeline/nightly names it"}


def test_what_a_rollback_can_go_back_to_is_never_deleted(
    one_place: Place, kube: KubernetesDouble
) -> None:
    put_revisions(
        kube, f"{one_place.harbor.host}/{one_place.project}/quay.io/team/app:1", "other:1"
    )

    held = one_place.listed("--kubeconfig", kube.kubeconfig)

    assert held == {APP_1.digest: "revision 1, kept for a rollback, names it"}


def test_nothing_is_deleted_that_a_kind_may_name_which_may_not_be_listed(
    one_place: Place, kube: KubernetesDouble
) -> None:
    put_cron_workflow(kube, "busybox:1")
    kube.withhold("list", "cronworkflows.argoproj.io")
    cluster = ("--kubeconfig", kube.kubeconfig)

    told = one_place.prune(*cluster)
    refused = one_place.prune(*cluster, "--confirm")
    assert (told.code, "warning: the cluster does not allow" in told.err) == (0, True)
    assert (refused.code, "list cronworkflows.argoproj.io" in refused.err) == (8, True)
    assert APP_1.digest in one_place.digests("quay.io/team/app")

    done = one_place.prune(*cluster, "--skip-kind", "cronworkflows.*", "--confirm")
    assert done.code == 0, done.err
    assert one_place.digests("quay.io/team/app") == {APP_2.digest}


def test_the_database_of_no_cluster_cannot_be_asked(refreshed: Place) -> None:
    done = refreshed.prune("--with-database", "--no-cluster", "--confirm")
    assert (done.code, "no cluster is named" in done.err) == (2, True)
    assert refreshed.digests("quay.io/team/app") == {APP_1.digest, APP_2.digest}


def test_what_a_job_template_of_the_bundle_or_a_file_names_is_kept(refreshed: Place) -> None:
    template = json.dumps({"job": {"image_name": f"{APP_NAME}:1"}}).encode()
    bundle = tiny_bundle({WEB_NAME: WEB}, more={"job-templates/one.json": template})
    bundle.write(refreshed.directory / "templates.tar.zst")
    listed = {"components": [{"images": [{"image": f"{APP_NAME}:1"}]}]}
    (refreshed.directory / "list.yaml").write_text(yaml.safe_dump(listed))

    by_template = refreshed.listed("--bundle", "templates.tar.zst")
    by_list = refreshed.listed("--used", "list.yaml")

    assert by_template == {APP_1.digest: "job-templates/one.json of the bundle names it"}
    assert by_list == {APP_1.digest: "list.yaml names it"}


def test_a_tag_of_somebody_else_keeps_an_image(refreshed: Place) -> None:
    path = f"/api/v2.0/projects/{refreshed.project}/repositories/quay.io%252Fteam%252Fapp"
    made = refreshed.site.ask("POST", f"{path}/artifacts/{APP_1.digest}/tags", {"name": "stable"})
    assert made.status_code == 201

    assert refreshed.listed() == {APP_1.digest: "somebody tagged it stable"}


def test_a_needed_tag_that_somebody_moved_keeps_what_it_shows(place: Place) -> None:
    first = place.push(tiny_bundle({f"{APP_NAME}:1": APP_1}))
    place.push(tiny_bundle({f"{APP_NAME}:1": APP_2}), first)
    push_image(place.harbor, f"{place.project}/quay.io/team/app", "1", APP_1)

    assert place.listed() == {APP_1.digest: "its tag 1 is needed: somebody moved it here"}


def test_as_many_versions_stay_as_the_bundle_says(place: Place) -> None:
    bundles: list[TinyBundle] = []
    for number, one in enumerate((APP_1, APP_2, APP_3), 1):
        bundle = tiny_bundle({f"{APP_NAME}:{number}": one})
        bundle.catalogue["images"][0]["keep"] = 2
        bundles.append(place.push(bundle, *reversed(bundles)))

    assert place.listed() == {APP_1.digest: ""}


def test_two_bundles_side_by_side_are_both_in_force(place: Place) -> None:
    place.push(tiny_bundle({WEB_NAME: WEB, f"{APP_NAME}:1": APP_1}))
    place.push(tiny_bundle({f"{APP_NAME}:2": APP_2}))

    assert place.listed() == {}


def test_the_old_digest_of_a_moved_tag_can_go_and_a_signed_one_takes_its_signature_along(
    place: Place,
) -> None:
    first = place.push(tiny_bundle({f"{APP_NAME}:1": APP_1}))
    place.push(tiny_bundle({f"{APP_NAME}:1": APP_2}), first)

    assert place.listed() == {APP_1.digest: ""}
    assert place.prune("--confirm", "--no-cluster").code == 0
    assert place.digests("quay.io/team/app") == {APP_2.digest}


def test_a_part_of_an_index_that_is_needed_is_kept(place: Place) -> None:
    index = make.index([APP_1, make.image(platform="linux/arm64")])
    first = place.push(tiny_bundle({f"{APP_NAME}:1": APP_1}))
    place.push(tiny_bundle({f"{APP_NAME}:2": index}), first)

    assert place.listed() == {APP_1.digest: f"it is a part of {index.digest}"}


def test_an_index_is_kept_whose_part_is_needed_and_has_no_tag(place: Place) -> None:
    """With the index Harbor would delete the part."""
    index = make.index([APP_1, make.image(platform="linux/arm64")])
    first = place.push(tiny_bundle({f"{APP_NAME}:1": index}))
    place.push(tiny_bundle({f"{APP_NAME}@{APP_1.digest}": APP_1}), first)

    assert place.listed() == {index.digest: f"{APP_1.digest} is needed, and a part of it"}


def test_an_index_and_a_part_of_it_with_a_tag_go_together(place: Place) -> None:
    index = make.index([APP_1, make.image(platform="linux/arm64")])
    first = place.push(tiny_bundle({f"{APP_NAME}:0": APP_1, f"{APP_NAME}:1": index}))
    place.push(tiny_bundle({f"{APP_NAME}:2": APP_2}), first)

    done = place.prune("--confirm", "--no-cluster")

    assert (done.code, "2 images deleted" in done.out) == (0, True)
    assert place.digests("quay.io/team/app") == {APP_2.digest}


def test_what_a_record_of_another_path_of_the_project_has_is_kept(refreshed: Place) -> None:
    other = Place(refreshed.harbor, f"{refreshed.project}/site-b", refreshed.directory)
    other.push(
        tiny_bundle({f"{APP_NAME}:1": APP_1}),
        relocate=f"quay.io/team={refreshed.project}/quay.io/team",
    )

    assert refreshed.listed() == {}


def test_what_a_record_of_another_project_has_is_kept(refreshed: Place) -> None:
    """A bundle of another project put the old version where this one has it, by a rule."""
    other = Place(refreshed.harbor, f"{refreshed.project}-b", refreshed.directory)
    other.site.create()
    other.push(
        tiny_bundle({f"{APP_NAME}:1": APP_1}),
        relocate=f"quay.io/team={refreshed.project}/quay.io/team",
    )

    assert refreshed.listed() == {}
    assert refreshed.listed("--skip-project", "*") == {APP_1.digest: ""}


def test_an_unreadable_record_keeps_everything(refreshed: Place) -> None:
    strange = tiny_bundle({"quay.io/team/record:0009-aaaaaaaaaaaa": WEB})
    refreshed.push(strange, relocate=f"quay.io/team={refreshed.project}/cube-airgap")

    done = refreshed.prune("--confirm", "--no-cluster")

    assert done.code == 6
    assert "0009-aaaaaaaaaaaa" in done.err
    assert refreshed.digests("quay.io/team/app") == {APP_1.digest, APP_2.digest}


def test_a_login_that_harbor_refuses_is_told(one_place: Place) -> None:
    """It would show such a login less, and say nothing."""
    wrong = replace(one_place, harbor=replace(one_place.harbor, password="wrong"))
    assert wrong.prune().code == 4


def test_a_project_that_is_not_there_is_told(one_place: Place) -> None:
    assert replace(one_place, project="prune-nothing").prune().code == 5


def test_harbor_is_asked_once_for_a_token_and_once_for_where_records_are(
    double: HarborDouble, one_place: Place
) -> None:
    double.asked.clear()

    assert one_place.listed() == {APP_1.digest: ""}

    paths = [one.path.partition("?")[0] for one in double.asked]
    assert paths.count("/service/token") == 1
    assert paths.count("/api/v2.0/repositories") == 1
    read = [path for path in paths if "/record/manifests/" in path]
    assert len(read) == len(set(read)) == 2


def test_a_registry_that_is_no_harbor_is_left_alone(tmp_path: Path) -> None:
    with running_registry(tmp_path / "registry") as registry:
        to = ("--to", f"{registry.host}/site", "--insecure", registry.host)
        done = run("cube-install", "prune", *to, cwd=tmp_path)
    assert done.code == 2
    assert "is no Harbor" in done.err
