"""What a person is told who has just started the registry."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

from cube_airgap.catalogue import Catalogue
from cube_airgap.relocation import default_relocation
from cube_install.serve.listener import Address
from cube_install.serve.pull_guide import PullGuide
from tests.support.bundle_factory import tiny_bundle
from tests.support.image_factory import image

if TYPE_CHECKING:
    from collections.abc import Sequence


def guide(*names: str, host: str = "127.0.0.1", has_tls: bool = False) -> PullGuide:
    tiny = tiny_bundle({name: image() for name in names})
    catalogue = Catalogue.parse(tiny.raw_catalogue)
    return PullGuide(catalogue, default_relocation(), Address(host, 5000), has_tls=has_tls)


def lines(found: PullGuide) -> Sequence[str]:
    return [line.strip() for line in found.text().splitlines()]


def test_each_client_has_its_command() -> None:
    said = guide("quay.io/team/app:1").text()
    target = "127.0.0.1:5000/cube-studio/quay.io/team/app:1"
    assert f"docker pull {target}\n" in said
    assert f"skopeo copy --src-tls-verify=false docker://{target} oci:image\n" in said
    assert "ctr images pull --hosts-dir /etc/containerd/certs.d quay.io/team/app:1\n" in said
    assert "/etc/containerd/certs.d/quay.io/hosts.toml:" in said
    assert '[host."http://127.0.0.1:5000"]' in said


def test_with_tls_nothing_is_left_unverified() -> None:
    said = guide("quay.io/team/app:1", host="registry.example", has_tls=True).text()
    assert "--src-tls-verify" not in said
    assert "insecure-registries" not in said
    assert '[host."https://registry.example:5000"]' in said


def test_docker_on_another_machine_has_to_be_set_up_for_plain_http() -> None:
    said = guide("quay.io/team/app:1", host="10.0.0.5")
    assert '"insecure-registries": ["10.0.0.5:5000"]' in said.text()
    assert len(list(said.warnings())) == 1


def test_nobody_is_warned_where_only_this_machine_reaches_it() -> None:
    assert list(guide("quay.io/team/app:1").warnings()) == []


def test_for_every_address_the_name_of_this_machine_is_told() -> None:
    assert guide("quay.io/team/app:1", host="").host == f"{socket.gethostname()}:5000"


def test_an_empty_bundle_has_nothing_to_pull() -> None:
    assert lines(guide()) == ["the bundle has no image: there is nothing to pull"]
