"""cube-install harbor on a host with a real Docker, from a stand-in for Harbor's installer."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import trustme
import yaml

from cube_airgap.signature import SigningKey
from tests.support.bundled_files import bundle_of_files
from tests.support.command import run
from tests.support.harbor_installer.archive import Installer
from tests.support.harbor_installer.host import HOSTNAME, HarborPlace, harbor_place
from tests.support.harbor_installer.services import SICK
from tests.support.real_docker import RealDocker, running_docker
from tests.support.signing_keys import key_pair

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.xdist_group("harbor-host")

OLD, NEW = "v2.9.5", "v2.11.1"
NAME = f"harbor/harbor-offline-installer-{NEW}.tgz"
ENCODED = Installer(NEW).encode()


@pytest.fixture(scope="module")
def docker() -> Iterator[RealDocker]:
    with running_docker() as running:
        yield running


@pytest.fixture
def host(docker: RealDocker, tmp_path: Path) -> Iterator[HarborPlace]:
    with harbor_place(docker, tmp_path) as place:
        yield place


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    path = tmp_path / "harbor-offline-installer.tgz"
    path.write_bytes(ENCODED)
    return path


def settings(host: HarborPlace, version: str = NEW) -> dict[str, object]:
    found: dict[str, object] = yaml.safe_load((host.installed(version) / "harbor.yml").read_text())
    return found


def files_of(host: HarborPlace) -> dict[str, int]:
    """All that is there, by when it was written last."""
    found = [path for path in host.place.rglob("*") if path.is_file()]
    ours = [path for path in found if not {"stand-in", "data"} & set(path.parts)]
    return {str(path): path.stat().st_mtime_ns for path in ours}


def test_it_comes_up_from_a_bundle_and_the_bundle_goes_into_it(host: HarborPlace) -> None:
    keys = key_pair(host.place, "outside")
    bundle = bundle_of_files({NAME: ("bootstrap: the registry", ENCODED)})
    bundle.signature = SigningKey.read(keys.private).sign(bundle.raw_catalogue)
    bundle.write(host.place / "b.tar.zst")

    ran = host.harbor("--bundle=b.tar.zst", "--trusted-key=outside.pub", *host.usual)

    assert ran.code == 0, ran.err
    assert "\ntrusted_keys: [outside.pub]" in (host.place / "site.yaml").read_text()
    assert (
        f"Harbor {NEW} is well at https://{HOSTNAME}:{host.https_port}: it was installed" in ran.out
    )
    assert ran.out.endswith("next: cube-install preflight\n")
    assert host.events == ["down", "up"]
    # Its name is known on the host that it is to have, which this machine is not.
    hosts = host.place / "hosts"
    hosts.write_text(f"127.0.0.1 {HOSTNAME}\n")
    entered = ["unshare", "--mount", "sh", "-c", 'mount --bind "$1" /etc/hosts; exec "$2" install']
    pushed = subprocess.run(
        [*entered, "sh", str(hosts), Path(sys.executable).parent / "cube-install"],
        cwd=host.place,
        env={**os.environ, "HOME": str(host.place)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert pushed.returncode == 0, pushed.stderr
    assert "1 image: 1 pushed" in pushed.stdout


def test_what_is_needed_to_log_in_is_for_its_owner_alone(host: HarborPlace, archive: Path) -> None:
    host.harbor(f"--archive={archive}", *host.usual)

    secret = (host.place / "harbor-password", host.installed(NEW) / "harbor.yml")
    assert [stat.S_IMODE(path.stat().st_mode) for path in secret] == [0o600, 0o600]
    password = secret[0].read_text().strip()
    assert settings(host)["harbor_admin_password"] == password
    shown = (host.directory / "install.log").read_text() + (host.place / "site.yaml").read_text()
    assert password not in shown


def test_a_second_run_changes_and_restarts_nothing(host: HarborPlace, archive: Path) -> None:
    first = host.harbor(f"--archive={archive}", *host.usual)
    before = files_of(host)

    second = host.harbor(f"--archive={archive}", *host.usual)
    third = host.harbor(f"--dir={host.directory}")

    assert (first.code, second.code, third.code) == (0, 0, 0)
    assert "nothing was to be done" in second.out
    assert "nothing was to be done" in third.out
    assert files_of(host) == before
    assert host.events == ["down", "up"]


def test_a_dry_run_tells_the_steps_and_does_none(host: HarborPlace, archive: Path) -> None:
    before = files_of(host)

    ran = host.harbor(f"--archive={archive}", *host.usual, "--dry-run")
    plan = host.harbor(f"--archive={archive}", *host.usual, "--dry-run", "--output=json").json

    assert ran.code == 0, ran.err
    assert f"install: Harbor {NEW} at https://{HOSTNAME}" in ran.out
    assert "1. make a certificate" in ran.out
    assert (plan["action"], plan["version"], len(plan["steps"])) == ("install", NEW, 6)
    assert files_of(host) == before
    assert host.events == []


def test_what_stopped_is_started_and_nothing_else(host: HarborPlace, archive: Path) -> None:
    host.harbor(f"--archive={archive}", *host.usual)
    host.stop()

    ran = host.harbor(f"--dir={host.directory}")

    assert "it was started" in ran.out
    assert host.events == ["down", "up", "up"]


def test_changed_settings_are_taken_and_what_people_wrote_is_kept(
    host: HarborPlace, archive: Path
) -> None:
    host.harbor(f"--archive={archive}", *host.usual)
    path = host.installed(NEW) / "harbor.yml"
    path.write_text(path.read_text().replace("  level: info", "  level: debug  # ours"))

    changed = host.harbor(f"--dir={host.directory}", "--san=10.0.0.5", "--trivy")
    after = host.events
    again = host.harbor(f"--dir={host.directory}", "--san=10.0.0.5")

    assert "its settings were changed" in changed.out
    assert "  level: debug  # ours" in path.read_text()
    assert after == ["down", "up", "down", "up"]
    assert "trivy-adapter" in (host.installed(NEW) / "docker-compose.yml").read_text()
    assert "nothing was to be done" in again.out


def test_a_certificate_that_was_renewed_in_its_place_is_taken(
    host: HarborPlace, archive: Path
) -> None:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(host.place / "site-ca.pem")
    options = ("--certificate=site.crt", "--private-key=site.key", "--ca-file=site-ca.pem")

    def issue() -> None:
        issued = authority.issue_cert(HOSTNAME)
        issued.cert_chain_pems[0].write_to_path(host.place / "site.crt")
        issued.private_key_pem.write_to_path(host.place / "site.key")

    issue()
    first = host.harbor(f"--archive={archive}", *host.usual, *options)
    issue()
    second = host.harbor(f"--dir={host.directory}")

    assert first.code == 0, first.err
    assert "its settings were changed" in second.out
    assert (host.data / "secret/cert/server.crt").read_bytes() == (
        host.place / "site.crt"
    ).read_bytes()
    assert not (host.directory / "certificates").exists()


def test_plain_http_is_there_for_who_wants_it(host: HarborPlace, archive: Path) -> None:
    ran = host.harbor(f"--archive={archive}", *host.usual, "--plain-http")

    assert ran.code == 0, ran.err
    assert f"http://{HOSTNAME}:{host.http_port}" in ran.out
    assert "passwords can be read on the way" in ran.out
    assert "insecure: true" in (host.place / "site.yaml").read_text().replace("# insecure", "#")


def test_an_upgrade_translates_the_settings_and_keeps_the_database(
    host: HarborPlace, archive: Path
) -> None:
    older = Installer(OLD).write(host.place / "old.tgz")
    host.harbor(f"--archive={older}", *host.usual)
    before = settings(host, OLD)
    (host.data / "database/of-the-old-one").write_text("kept")

    ran = host.harbor(f"--archive={archive}", f"--dir={host.directory}")

    assert ran.code == 0, ran.err
    assert f"Harbor {NEW} is well" in ran.out
    assert "it was upgraded" in ran.out
    after = settings(host)
    assert (before["_version"], after["_version"]) == ("2.9.0", "2.11.0")
    assert after["database"] == before["database"]
    path = host.installed(NEW) / "harbor.yml"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    kept = host.directory / NEW / "before"
    assert (kept / "database/of-the-old-one").read_text() == "kept"
    assert (kept / "secret/keys/secretkey").exists()
    assert stat.S_IMODE(kept.stat().st_mode) == 0o700
    assert host.installed(OLD).exists()
    assert host.events == ["down", "up", "down", "down", "up"]


def test_there_is_no_way_back_and_nothing_is_stopped_for_it(
    host: HarborPlace, archive: Path
) -> None:
    host.harbor(f"--archive={archive}", *host.usual)
    older = Installer(OLD).write(host.place / "old.tgz")

    ran = host.harbor(f"--archive={older}", f"--dir={host.directory}")

    assert ran.code == 2
    assert f"Harbor {NEW} is on this host, and {OLD} is older" in ran.err
    assert host.events == ["down", "up"]


def test_a_harbor_installed_by_hand_is_left_alone_or_taken_over(
    host: HarborPlace, archive: Path
) -> None:
    by_hand = host.place / "root"
    subprocess.run(["tar", "-xzf", archive, "-C", host.place], check=True)
    shutil.move(host.place / "harbor", by_hand / "harbor")
    text = (by_hand / "harbor/harbor.yml.tmpl").read_text()
    for old, new in (
        ("reg.mydomain.com", HOSTNAME),
        ("port: 80", f"port: {host.http_port}"),
        ("https:", "# https:"),
        ("  port: 443", "# port: 443"),
        ("  certificate:", "# certificate:"),
        ("  private_key:", "# private_key:"),
        ("data_volume: /data", f"data_volume: {host.data}"),
        ("Harbor12345", "By-hand-1"),
    ):
        text = text.replace(old, new, 1)
    (by_hand / "harbor/harbor.yml").write_text(text)
    environment = {**os.environ, **host.environment}
    subprocess.run([by_hand / "harbor/install.sh"], env=environment, check=True)
    (host.place / "harbor-password").write_text("By-hand-1")
    (host.place / "harbor-password").chmod(0o600)

    options = (f"--archive={archive}", f"--dir={host.directory}")
    refused = host.harbor(*options)
    taken = host.harbor(*options, "--take-over")

    assert refused.code == 2
    assert f"a Harbor is on this host already, installed in {by_hand}/harbor" in refused.err
    assert taken.code == 0, taken.err
    assert "it was taken over" in taken.out
    assert settings(host)["harbor_admin_password"] == "By-hand-1"
    assert (host.directory / NEW / "before/database").is_dir()
    assert "nothing was to be done" in host.harbor(f"--dir={host.directory}").out


def test_what_does_not_get_well_is_told_with_where_to_look(
    host: HarborPlace, archive: Path
) -> None:
    host.data.mkdir()
    (host.data / SICK).write_text(json.dumps({"database": "no space left"}))

    ran = host.harbor(f"--archive={archive}", *host.usual, "--wait=3")
    (host.data / SICK).unlink()
    host.stop()
    again = host.harbor(f"--archive={archive}", *host.usual)

    assert ran.code == 3
    assert "Harbor is not well after 3 s: database is down (no space left)" in ran.err
    assert "docker logs harbor-db" in ran.err
    assert again.code == 0, again.err


def test_another_password_than_the_first_is_told(host: HarborPlace, archive: Path) -> None:
    host.harbor(f"--archive={archive}", *host.usual)
    (host.place / "harbor-password").write_text("Another-one-1")

    ran = host.harbor(f"--dir={host.directory}")

    assert ran.code == 4
    assert "does not take the password of admin" in ran.err
    assert "Another-one-1" not in ran.err


def test_an_installer_that_fails_is_told_with_its_last_words(
    host: HarborPlace, archive: Path
) -> None:
    shutil.rmtree(host.place / ".docker/cli-plugins")
    (host.place / ".docker/cli-plugins").mkdir()
    plugin = Path(__file__).parents[1] / "support/harbor_installer/compose.sh"
    text = plugin.read_text().replace("up() {", 'up() { echo "disk quota exceeded" >&2; exit 1')
    (host.place / ".docker/cli-plugins/docker-compose").write_text(text)
    (host.place / ".docker/cli-plugins/docker-compose").chmod(0o755)

    ran = host.harbor(f"--archive={archive}", *host.usual)

    assert ran.code == 1
    assert "./install.sh failed: " in ran.err
    assert "disk quota exceeded" in ran.err
    assert f"{host.directory}/install.log" in ran.err


def test_a_host_that_lacks_everything_is_told_at_once(host: HarborPlace, archive: Path) -> None:
    with socket.create_server(("127.0.0.1", host.https_port)):
        shutil.rmtree(host.place / ".docker/cli-plugins")
        ran = host.harbor(f"--archive={archive}", *host.usual)

    assert ran.code == 5
    assert "no compose plugin" in ran.err
    assert f"port {host.https_port} is taken by " in ran.err
    assert f"(process {os.getpid()})" in ran.err
    assert "2 things failed" in ran.err
    assert not host.directory.exists()


def test_a_daemon_that_does_not_run_is_told(host: HarborPlace, archive: Path) -> None:
    nowhere = {"DOCKER_HOST": "unix:///nowhere.sock"}

    ran = host.harbor(f"--archive={archive}", *host.usual, **nowhere)

    assert ran.code == 2
    assert "Docker's daemon does not answer" in ran.err


def test_a_host_without_docker_is_told(host: HarborPlace, archive: Path) -> None:
    ran = host.harbor(f"--archive={archive}", *host.usual, PATH=str(host.place))

    assert ran.code == 5
    assert "Docker is not installed on this host" in ran.err


def test_an_installer_for_another_architecture_is_told(host: HarborPlace) -> None:
    arm = Installer(NEW, architecture="s390x").write(host.place / "other.tgz")

    ran = host.harbor(f"--archive={arm}", *host.usual)

    assert ran.code == 2
    assert "is for s390x machines, and this host is" in ran.err


def test_an_authority_would_overwrite_nothing(host: HarborPlace, archive: Path) -> None:
    (host.place / "harbor-ca.crt").write_text("somebody else's")

    ran = host.harbor(f"--archive={archive}", *host.usual)

    assert ran.code == 2
    assert "harbor-ca.crt is there, and is not the certificate" in ran.err
    assert (host.place / "harbor-ca.crt").read_text() == "somebody else's"
    assert host.events == []


def test_the_database_of_another_harbor_is_not_touched(host: HarborPlace, archive: Path) -> None:
    (host.data / "database").mkdir(parents=True)

    ran = host.harbor(f"--archive={archive}", *host.usual)

    assert ran.code == 5
    assert "has the database of another Harbor" in ran.err


def test_settings_come_from_the_site_file(host: HarborPlace, archive: Path) -> None:
    site = {
        "version": 1,
        "registry": {"host": f"{HOSTNAME}:{host.https_port}", "password_file": "secret"},
        "harbor": {
            "archive": archive.name,
            "directory": "opt",
            "data_volume": str(host.data),
            "http_port": host.http_port,
            "san": ["10.0.0.5"],
        },
    }
    site["registry"]["username"] = "admin"  # type: ignore[index]
    (host.place / "site.yaml").write_text(yaml.safe_dump(site))

    ran = host.harbor("--wait=60")

    assert ran.code == 0, ran.err
    assert f"is well at https://{HOSTNAME}:{host.https_port}" in ran.out
    assert "ca_file: harbor-ca.crt" in ran.out
    assert "username" not in ran.out
    assert (host.place / "secret").exists()


@pytest.mark.parametrize("stage", ["unpacking", "loading and starting"])
def test_killed_at_any_stage_the_next_run_goes_on(
    host: HarborPlace, archive: Path, stage: str
) -> None:
    kill_at(host, stage, f"--archive={archive}", *host.usual)

    ran = host.harbor(f"--archive={archive}", *host.usual)

    assert ran.code == 0, ran.err
    assert "is well" in ran.out


@pytest.mark.parametrize("stage", ["translating", "keeping", "loading and starting"])
def test_an_upgrade_killed_at_any_stage_is_gone_on_with(
    host: HarborPlace, archive: Path, stage: str
) -> None:
    older = Installer(OLD).write(host.place / "old.tgz")
    host.harbor(f"--archive={older}", *host.usual)
    (host.data / "database/of-the-old-one").write_text("kept")
    options = (f"--archive={archive}", f"--dir={host.directory}")
    kill_at(host, stage, *options)

    ran = host.harbor(*options)

    assert ran.code == 0, ran.err
    assert f"Harbor {NEW} is well" in ran.out
    assert settings(host)["_version"] == "2.11.0"
    assert (host.directory / NEW / "before/database/of-the-old-one").read_text() == "kept"


def kill_at(host: HarborPlace, stage: str, *options: str) -> None:
    """Run the command, and kill it as soon as it says that it begins with `stage`."""
    with subprocess.Popen(
        [Path(sys.executable).parent / "cube-install", "harbor", *options],
        cwd=host.place,
        env={**os.environ, **host.environment, "HOME": str(host.place)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as running:
        assert running.stderr
        said = next((line for line in running.stderr if stage in line), None)
        assert said, f"it never said {stage}"
        os.killpg(running.pid, signal.SIGKILL)


def test_of_two_runs_at_once_one_is_told(host: HarborPlace, archive: Path) -> None:
    program = Path(sys.executable).parent / "cube-install"
    with subprocess.Popen(
        [program, "harbor", f"--archive={archive}", *host.usual],
        cwd=host.place,
        env={**os.environ, **host.environment, "HOME": str(host.place)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    ) as first:
        assert first.stderr
        next(line for line in first.stderr if "unpacking" in line)
        second = host.harbor(f"--archive={archive}", *host.usual)
        first.stderr.read()

    assert first.returncode == 0
    assert second.code == 2
    assert "another cube-install harbor works on" in second.err


def test_an_operators_command_line_is_all_that_it_takes(host: HarborPlace, archive: Path) -> None:
    ran = run("cube-install", "harbor", "--archive", archive, cwd=host.place, env=host.environment)

    assert ran.code == 2
    assert "nothing says how this Harbor is called" in ran.err
    assert "--hostname" in ran.err
