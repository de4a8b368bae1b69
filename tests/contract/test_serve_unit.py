"""`cube-install serve --install-unit` on hosts of a lab: systemd there is a stand-in, or is not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cube_airgap.signature import SigningKey
from tests.support.bundle_factory import tiny_bundle
from tests.support.image_factory import image
from tests.support.lab_site import PROGRAM, LabSite, running_site
from tests.support.signing_keys import key_pair

if TYPE_CHECKING:
    from collections.abc import Iterator
    from subprocess import CompletedProcess

pytestmark = pytest.mark.xdist_group("serve-unit")
UNIT = "/etc/systemd/system/cube-serve.service"


@pytest.fixture(scope="module")
def site() -> Iterator[LabSite]:
    with running_site("n1") as found:
        yield found


def installed(site: LabSite, *more: object) -> CompletedProcess[str]:
    node = site.nodes["n1"]
    bundle = site.directory / ".." / site.directory.name / "b.tar.zst"
    path = f"PATH={node.services.parent}:/usr/bin:/bin"
    command = ("serve", "--bundle", bundle, *more, "--install-unit")
    return node.host.run("env", "-C", "/", path, PROGRAM, *command, check=False)


def test_without_systemd_the_unit_is_only_shown(site: LabSite) -> None:
    done = installed(site)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("[Unit]\n")
    assert f"\nRequiresMountsFor={site.directory}/b.tar.zst\n" in done.stdout
    assert "no systemd runs here" in done.stderr
    assert site.nodes["n1"].host.run("ls", UNIT, check=False).returncode


def test_the_unit_says_whom_to_trust_from_wherever_it_is_started(site: LabSite) -> None:
    here = site.directory / "trust"
    here.mkdir()
    keys = key_pair(here, "outside")
    bundle = tiny_bundle({"quay.io/team/app:1": image()})
    bundle.signature = SigningKey.read(keys.private).sign(bundle.raw_catalogue)
    bundle.write(here / "b.tar.zst")
    options = ("--bundle", "b.tar.zst", "--trusted-key", "outside.pub", "--install-unit")

    done = site.nodes["n1"].host.run("env", "-C", here, PROGRAM, "serve", *options, check=False)

    assert done.returncode == 0, done.stderr
    assert f" --trusted-key {here}/outside.pub " in done.stdout


def test_the_service_serves(site: LabSite) -> None:
    node = site.nodes["n1"]
    node.provide("other", "sleep 1000")
    node.host.run("mkdir", "-p", "/run/systemd/system")
    done = installed(site, "--listen", ":5000")
    assert done.returncode == 0, done.stderr
    node.host.listens(5000, node.services / "cube-serve.service.log")
    asked = site.bastion.run("curl", "-s", "http://n1:5000/v2/_catalog")
    assert "cube-studio/docker.io/library/app" in asked.stdout
    assert node.calls()[-3:] == [
        "daemon-reload ",
        "enable cube-serve.service",
        "restart cube-serve.service",
    ]


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (("--listen", ":0"), "needs a port that stays the same"),
        (("--tls-cert", "/none.crt", "--tls-key", "/none.key"), "none"),
    ],
)
def test_what_could_not_be_served_is_told_before(
    site: LabSite, more: tuple[str, ...], words: str
) -> None:
    done = installed(site, *more)
    assert done.returncode
    assert words in done.stderr
