"""What a registry holds, asked of real ones and of one that does not tell."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

import pytest

from cube_airgap.digest import Digest
from cube_airgap.errors import UsageError
from cube_airgap.have_list import HaveList
from cube_airgap.registry.registries import Registries
from cube_push.checks import harbor_at
from cube_push.inventory import Inventory
from tests.support import image_factory as make
from tests.support.faulty_registry import Reply, scripted_registry
from tests.support.harbor.double import running_double
from tests.support.harbor.state import State
from tests.support.harbor.talk import push_image
from tests.support.noting_progress import NotingProgress
from tests.support.registry_access import plain_access, with_login

if TYPE_CHECKING:
    from pathlib import Path

    from cube_push.inventory import Holdings
    from tests.support.harbor.double import HarborDouble
    from tests.support.real_registry import RealRegistry

INDEX = make.multi_arch("linux/amd64", "linux/arm64", name="inventory")


def have(host: str, *projects: str, progress: NotingProgress | None = None) -> HaveList:
    with Registries(plain_access(host)) as registries:
        destination = registries.destination(host)
        shown = progress or NotingProgress()
        found = Inventory(destination, 3, lambda *_: shown).of_registry(projects)
    return HaveList.of(host, found)


def layers(one: make.ImageBlobs) -> list[Digest]:
    manifests = {one.digest, *(child["digest"] for child in one.body["manifests"])}
    return [Digest.parse(digest) for digest in one.blobs if digest not in manifests]


def test_the_manifests_and_blobs_of_all_platforms_are_found(registry: RealRegistry) -> None:
    project = f"inventory-{secrets.token_hex(4)}"
    registry.push(f"{project}/app", "1", INDEX)
    found = have(registry.host, project)
    assert {found.holder(one) for one in layers(INDEX)} == {f"{project}/app"}
    manifests = [INDEX.digest, *(child["digest"] for child in INDEX.body["manifests"])]
    assert all(found.has(Digest.parse(one)) for one in manifests)
    assert len(found) == len(layers(INDEX)) + len(manifests)


def test_other_projects_are_left_out(registry: RealRegistry) -> None:
    project = f"inventory-{secrets.token_hex(4)}"
    registry.push(f"{project}-other/app", "1", INDEX)
    assert len(have(registry.host, project)) == 0


def test_a_blob_that_nothing_but_its_own_address_has_is_left_out(registry: RealRegistry) -> None:
    project = f"inventory-{secrets.token_hex(4)}"
    image = make.with_foreign_layer(make.image(), "https://layers.example/one")
    registry.push(f"{project}/app", "1", image)
    listed = {Digest.parse(one["digest"]) for one in image.body["layers"]}
    found = have(registry.host, project)
    assert [found.holder(one) is None for one in sorted(listed)].count(True) == 1


def test_a_registry_that_lists_nothing_is_told_with_what_helps() -> None:
    with scripted_registry() as registry:
        registry.always("/v2/_catalog", Reply(404, b"{}"))
        with pytest.raises(UsageError, match="does not list its repositories") as caught:
            have(registry.host, "team")
    assert "--since" in caught.value.remedy


@pytest.mark.parametrize(("version", "lists"), [((2, 9, 5), 1 + 3), ((2, 15, 2), 1)])
def test_a_harbor_is_asked_for_one_token_and_for_no_more_lists_than_it_takes(
    tmp_path: Path, version: tuple[int, int, int], lists: int
) -> None:
    """Newer ones list a project as a whole; to older ones that call is nothing."""
    progress = NotingProgress()
    with running_double(tmp_path, State(version=version)) as harbor:
        harbor.state.make_project("team", {})
        for name in ("a", "b", "c/d"):
            push_image(harbor.running, f"team/{name}", "1", INDEX)
        harbor.asked.clear()
        found = have_of(harbor, progress)
    assert {name for name, _ in found} == {"team/a", "team/b", "team/c/d"}
    assert {digest for _, digest in found} >= {Digest.parse(INDEX.digest), *layers(INDEX)}
    paths = [one.path.partition("?")[0] for one in harbor.asked]
    assert paths.count("/service/token") == 1
    assert len([one for one in paths if one.endswith("/artifacts")]) == lists
    assert len([one for one in progress.items if "sha256:" in one]) == 3


def have_of(harbor: HarborDouble, progress: NotingProgress) -> Holdings:
    access = with_login(plain_access(harbor.host), harbor.host, *harbor.state.admin)
    with Registries(access) as registries:
        destination = registries.destination(harbor.host)
        api = harbor_at(destination)
        assert api
        return Inventory(destination, 3, lambda *_: progress).of_harbor(api, ["team", "absent"])


def test_what_may_not_be_pulled_is_left_out_and_told() -> None:
    refusal = b'{"errors": [{"code": "PROJECTPOLICYVIOLATION", "message": "not signed"}]}'
    progress = NotingProgress()
    with scripted_registry() as registry:
        registry.always("/v2/_catalog", Reply(body=b'{"repositories": ["team/app"]}'))
        registry.always("/v2/team/app/tags/list", Reply(body=b'{"tags": ["1"]}'))
        registry.always("/v2/team/app/manifests/1", Reply(412, refusal))
        assert len(have(registry.host, "team", progress=progress)) == 0
    assert any("team/app:1 is left out" in note for note in progress.notes)
