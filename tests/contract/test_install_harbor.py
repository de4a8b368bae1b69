"""cube-install into Harbor, as an operator runs it: doubles of two versions, and a real one."""

from __future__ import annotations

import base64
import contextlib
import json
import os
import secrets
import stat
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
import requests
import yaml

from cube_airgap.digest import Digest
from cube_airgap.have_list import HaveList
from tests.support import image_factory as make
from tests.support.bundle_factory import tiny_bundle
from tests.support.command import Ran, run
from tests.support.harbor.harbors import HARBORS, open_harbor

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.harbor.running import RunningHarbor

WEB = make.multi_arch("linux/amd64", name="web")
REDIS = make.image()
BOTH = {"ccr.ccs.tencentyun.com/cube-studio/web:1": WEB, "docker.io/library/redis:7.4": REDIS}


@dataclass
class Site:
    """A directory with a bundle and a site file for a project of its own; `ran` is all that ran."""

    harbor: RunningHarbor
    place: Path
    project: str
    ran: list[Ran] = field(default_factory=list)

    def run(self, *arguments: object, **environment: str) -> Ran:
        done = run("cube-install", *arguments, cwd=self.place, env=environment)
        self.ran.append(done)
        return done

    def ask(self, path: str, login: tuple[str, str] | None = None, method: str = "GET") -> Any:  # noqa: ANN401 - JSON
        answer = requests.request(
            method,
            f"{self.harbor.base}{path}",
            auth=login or (self.harbor.username, self.harbor.password),
            headers={"Accept": make.OCI_INDEX if path.startswith("/v2/") else "application/json"},
            verify=self.harbor.ca_file or True,
            timeout=30,
        )
        return answer.status_code, answer.content

    def send(self, path: str, body: dict[str, Any]) -> int:
        return requests.post(
            f"{self.harbor.base}{path}",
            json=body,
            auth=(self.harbor.username, self.harbor.password),
            verify=self.harbor.ca_file or True,
            timeout=30,
        ).status_code

    def pulling(self, file: str = "hubsecret.yaml") -> tuple[str, str]:
        """The login in the Kubernetes secret."""
        manifest = yaml.safe_load((self.place / file).read_text())
        config = json.loads(base64.b64decode(manifest["data"][".dockerconfigjson"]))
        entry = config["auths"][self.harbor.host]
        return entry["username"], entry["password"]

    def loading(self) -> tuple[str, str]:
        entry = json.loads((self.place / "harbor-load.yaml").read_text())[self.harbor.host]
        return entry["username"], entry["password"]


@pytest.fixture(scope="module", params=HARBORS)
def harbor(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RunningHarbor]:
    with open_harbor(request.param, tmp_path_factory.mktemp("harbor")) as running:
        yield running


@pytest.fixture
def site(harbor: RunningHarbor, tmp_path: Path) -> Site:
    tiny_bundle(BOTH).write(tmp_path / "site.tar.zst")
    project = f"site-{secrets.token_hex(4)}"
    password = tmp_path / "password"
    password.write_text(harbor.password)
    password.chmod(0o600)
    registry: dict[str, Any] = {
        "host": harbor.host,
        "project": project,
        "username": harbor.username,
        "password_file": "password",
        "create_project": True,
        "insecure": harbor.is_plain,
    }
    if harbor.ca_file:
        registry["ca_file"] = str(Path(harbor.ca_file).absolute())
    text = yaml.safe_dump({"version": 1, "bundle": "site.tar.zst", "registry": registry})
    (tmp_path / "site.yaml").write_text(text)
    return Site(harbor, tmp_path, project)


def test_everything_is_made_and_a_second_run_makes_nothing(site: Site) -> None:
    first = site.run("install")
    assert first.code == 0, first.err
    for phase in ("verify", "preflight", "project", "robots", "push", "record"):
        assert f"\n{phase}: " in f"\n{first.err}"
    second = site.run("install", "--output", "json")
    assert second.code == 0, second.err
    assert {one["state"] for one in second.json["images"]} == {"already there"}
    assert (second.json["record"], second.json["uploadedSize"]) == (None, 0)
    assert second.err.count("there already, and its login works") == 2
    assert "2 of 2" in site.run("status").out


def test_preflight_finds_a_missing_project_and_changes_nothing(site: Site) -> None:
    (site.place / "site.yaml").write_text(
        (site.place / "site.yaml").read_text().replace("create_project: true\n", "public: false\n")
    )
    done = site.run("preflight", "--output", "json")
    assert done.code == 1
    errors = [one for one in done.json["findings"] if one["severity"] == "error"]
    assert [f"has no project {site.project}" in one["what"] for one in errors] == [True]
    again = site.run("preflight", "--create-project", "--output", "json")
    assert (again.code, again.json["ready"]) == (0, True)
    assert site.ask(f"/api/v2.0/projects?project_name={site.project}", method="HEAD")[0] == 404


def test_a_wrong_password_is_told_once_and_nothing_is_sent(site: Site) -> None:
    done = site.run(
        "install", "--password-env", "WRONG", "--username", site.harbor.username, WRONG="wrong one"
    )
    assert done.code == 1
    assert done.err.count("error: ") == 1
    assert "does not accept the credentials" in done.err
    assert "wrong one" not in done.err


def test_a_quota_that_is_too_small_is_found_before_anything_is_sent(site: Site) -> None:
    body = {"project_name": site.project, "metadata": {"public": "false"}, "storage_limit": 100}
    assert site.send("/api/v2.0/projects", body) == 201
    done = site.run("install", "--output", "json")
    assert (done.code, done.json["ready"]) == (1, False)
    (error,) = [one for one in done.json["findings"] if one["severity"] == "error"]
    assert f"the quota of {site.project} has room for" in error["what"]
    assert "raised" in error["remedy"]
    assert site.ask(f"/v2/{site.project}/web/manifests/1", method="HEAD")[0] == 404
    assert not (site.place / "hubsecret.yaml").exists()


def test_the_project_is_copied_to_another_harbor_afterwards(site: Site) -> None:
    """Which is the same one, under another name; what is copied is Harbor's business."""
    copy = f"{site.project}-copy"
    assert site.send("/api/v2.0/projects", {"project_name": copy, "metadata": {}}) == 201
    own = json.loads(site.ask("/api/v2.0/systeminfo")[1])["external_url"]
    login = {"username": site.harbor.username, "password": site.harbor.password}
    (site.place / "logins.yaml").write_text(yaml.safe_dump({urlsplit(own).netloc: login}))
    (site.place / "logins.yaml").chmod(0o600)
    options = ["--creds-file", "logins.yaml", "--insecure", urlsplit(own).netloc]
    options += ["--insecure", site.harbor.host]
    done = site.run("install", "--replicate", f"hall-{copy}={own}/{copy}", *options)
    assert done.code == 0, done.err
    assert f"\nreplicate: to hall-{copy}" in done.err
    path = f"/api/v2.0/replication/policies?q=name%3Dcube-airgap-hall-{copy}-{site.project}"
    assert len(json.loads(site.ask(path)[1])) == 1


def test_a_p2p_engine_that_is_not_there_is_told_after_the_push(site: Site) -> None:
    """Two sites may name one engine, which Harbor knows once only."""
    for _ in range(2):
        done = site.run("install", "--preheat", "dragonfly=http://127.0.0.1:1")
        assert done.code == 3
        assert "fails to run the preheat policy cube-airgap-dragonfly-127.0.0.1-1" in done.err
        assert "2 images: 2 " in done.out


def test_robots_may_do_what_they_are_for_and_no_more(site: Site) -> None:
    assert site.run("install").code == 0
    manifest = f"/v2/{site.project}/web/manifests/1"
    upload = f"/v2/{site.project}/web/blobs/uploads/"
    assert site.ask(manifest, site.pulling(), method="HEAD")[0] == 200
    assert site.ask(upload, site.pulling(), method="POST")[0] == 401
    assert site.ask(upload, site.loading(), method="POST")[0] == 202
    assert site.ask("/api/v2.0/robots", site.loading())[0] in {401, 403}


def test_secrets_are_in_files_of_their_owner_and_are_never_shown(site: Site) -> None:
    assert site.run("install").code == 0
    kept = (site.pulling(), site.loading())
    assert site.run("robots", "--output", "json").code == 0
    assert (site.pulling(), site.loading()) == kept
    assert site.run("robots", "--renew-robots").code == 0
    told = "".join(one.out + one.err for one in site.ran)
    found = (*kept, site.pulling(), site.loading())
    for _, secret in found:
        assert secret not in told
    assert len({secret for _, secret in found}) == 4
    for name in ("hubsecret.yaml", "harbor-load.yaml"):
        assert stat.S_IMODE((site.place / name).stat().st_mode) == 0o600
    assert site.harbor.password not in told


def test_no_secret_is_in_the_list_of_processes(site: Site) -> None:
    program = Path(sys.executable).with_name("cube-install")
    seen: set[bytes] = set()
    with subprocess.Popen(
        [program, "install"],
        cwd=site.place,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={"PATH": os.environ["PATH"], "HOME": str(site.place)},
    ) as process:
        while process.poll() is None:
            seen |= set(processes_of(process.pid))
    assert process.returncode == 0
    told = b"\n".join(seen)
    assert b"install" in told
    for secret in (site.harbor.password, site.pulling()[1], site.loading()[1]):
        assert secret.encode() not in told


def processes_of(parent: int) -> Iterator[bytes]:
    """The arguments and environments of a process that runs, and of its children."""
    children = Path(f"/proc/{parent}/task/{parent}/children")
    with contextlib.suppress(OSError):
        for pid in (parent, *(int(text) for text in children.read_text().split())):
            for name in ("cmdline", "environ"):
                yield Path(f"/proc/{pid}/{name}").read_bytes()


def test_a_robot_whose_secret_is_elsewhere_is_left_alone(site: Site) -> None:
    assert site.run("install").code == 0
    before = site.pulling()
    other = site.run("install", "--load-login", "l.yaml", "--pull-secret", "p.yaml")
    assert other.code == 0, other.err
    assert other.err.count("its secret is not here") == 2
    assert not (site.place / "p.yaml").exists()
    assert site.ask(f"/v2/{site.project}/web/manifests/1", before, method="HEAD")[0] == 200


def test_a_robot_whose_secret_cannot_be_written_is_not_left_behind(site: Site) -> None:
    assert site.run("push").code == 0
    failed = site.run("robots", "--load-login", "no-such-directory/load.yaml")
    assert (failed.code, "no-such-directory" in failed.err) == (7, True)
    assert site.run("robots").out.count("is made") == 2


@pytest.mark.parametrize("option", ["--load-login", "--pull-secret"])
def test_a_file_that_holds_something_else_is_not_overwritten(site: Site, option: str) -> None:
    assert site.run("push").code == 0
    (site.place / "logins.yaml").write_text("other.example: {username: u, password: p}\n")
    refused = site.run("robots", option, "logins.yaml")
    assert (refused.code, f"another file with {option}" in refused.err) == (2, True)
    assert "other.example" in (site.place / "logins.yaml").read_text()
    assert site.run("robots").code == 0


def test_the_login_of_another_project_s_robot_is_not_overwritten(site: Site) -> None:
    assert site.run("install").code == 0
    kept = site.loading()
    other = f"{site.harbor.host}/other-{secrets.token_hex(4)}"
    assert site.run("push", "--to", other).code == 0
    assert site.run("robots", "--to", other).code == 2
    assert site.run("robots", "--to", other, "--renew-robots").code == 2
    assert site.loading() == kept


def test_the_loading_robot_alone_can_install(site: Site) -> None:
    assert site.run("install").code == 0
    tiny_bundle({"quay.io/team/app:3": make.image(labels={"a": "b"})}).write(
        site.place / "second.tar.zst"
    )
    (site.place / "site.yaml").unlink()
    harbor = site.harbor
    options = ["--to", f"{harbor.host}/{site.project}", "--creds-file", "harbor-load.yaml"]
    options += ["--insecure", harbor.host] if harbor.is_plain else []
    options += ["--ca-file", str(Path(harbor.ca_file).absolute())] if harbor.ca_file else []
    done = site.run("--bundle", "second.tar.zst", *options)
    assert done.code == 0, done.err
    assert "robots:" not in done.err
    assert "2 records" in site.run("status", *options).out


@pytest.mark.parametrize(
    "command", [("status",), ("status", "--bundle", "site.tar.zst"), ("have",)]
)
def test_who_looks_into_a_project_that_is_not_there_is_told(
    site: Site, command: tuple[str, ...]
) -> None:
    done = site.run(*command)
    assert (done.code, f"has no project {site.project}" in done.err) == (5, True), done.err


def test_a_have_list_comes_from_the_artifacts(site: Site) -> None:
    assert site.run("install").code == 0
    found = HaveList.parse(site.run("have").out.encode(), where="stdout")
    layers = {one["digest"] for one in REDIS.body["layers"]}
    held = {found.holder(Digest.parse(one)) for one in layers}
    assert held == {f"{site.project}/docker.io/library/redis"}


def test_a_project_may_be_made_public(site: Site) -> None:
    assert site.run("push", "--public").code == 0
    code, body = site.ask(f"/api/v2.0/projects/{site.project}")
    assert (code, json.loads(body)["metadata"]["public"]) == (200, "true")


def test_public_is_about_a_project_that_is_made(site: Site) -> None:
    text = (site.place / "site.yaml").read_text()
    (site.place / "site.yaml").write_text(text.replace("create_project: true\n", "public: true\n"))
    done = site.run("push")
    assert (done.code, "--create-project" in done.err) == (2, True)
