"""A stack rendered for a site: values, settings and references, as they are applied."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from cube_airgap.errors import AirgapError, SeveralErrors, UsageError
from cube_airgap.stack_values import Wishes
from cube_install.kubernetes.object_key import ObjectKey
from cube_install.render.render import render
from tests.support.rendering import REGISTRY, object_in, rendered, source, wishes

_HUB = "harbor.example/cube-studio/docker.io"


def test_containers_and_arguments_get_the_registrys_images_and_the_sites_values() -> None:
    web = object_in(rendered(), "Deployment", "web").body
    (container,) = web["spec"]["template"]["spec"]["containers"]
    assert container["image"] == f"{_HUB}/library/nginx:1.27"
    assert container["args"] == [f"--helper-image={_HUB}/library/busybox:1", "--listen=10.0.0.1"]


def test_parts_join_to_the_registrys_image() -> None:
    values = json.loads(object_in(rendered(), "ConfigMap", "sidecar").body["data"]["values"])
    assert values == {
        "hub": f"{_HUB}/istio",
        "proxy": {"image": "proxyv2"},
        "tag": "1.15.0",
    }


def test_settings_are_set_and_all_else_of_the_file_is_left() -> None:
    text = object_in(rendered(), "ConfigMap", "web-config").body["data"]["settings.py"]
    assert text == (
        "# What the pages need.\n"
        "HOSTS = ['10.0.0.1']  # set by the installer\n"
        "GPU = False\n"
        "PREFIX = 'harbor.example/cube-studio/'\n"
        "USER_IMAGE = PREFIX + 'notebook:1'\n"
        f"NOTEBOOK_IMAGES = [['{_HUB}/library/python:3.9', 'Python']]\n"
    )


def test_files_that_are_no_text_travel_as_they_are() -> None:
    body = object_in(rendered(), "ConfigMap", "web-config").body
    assert body["binaryData"] == {"logo.bin": "iQD/"}


def test_seed_data_gets_the_registrys_images_and_the_addresses_of_carried_assets() -> None:
    seeds = object_in(rendered(), "ConfigMap", "web-seeds").body["data"]
    assert json.loads(seeds["init-job-template.json"]) == {
        "train": {
            "image_name": f"{_HUB}/library/python:3.9",
            "workdir": "wget http://assets.10.0.0.1.example/zoo/net-v1.onnx && cp x y",
        }
    }


def test_objects_are_labelled_and_know_where_they_are_from() -> None:
    web = object_in(rendered(), "Deployment", "web")
    assert web.body["metadata"]["labels"] == {
        "app.kubernetes.io/managed-by": "cube-airgap",
        "cube-airgap/component": "web",
    }
    assert web.origin == "stack/web/web.yaml:1"
    assert object_in(rendered(), "ConfigMap", "sidecar").origin == "stack/web/web.yaml:16"


def test_pods_pull_with_the_stacks_secret() -> None:
    web = object_in(rendered(), "Deployment", "web").body
    assert web["spec"]["template"]["spec"]["imagePullSecrets"] == [{"name": "hubsecret"}]


def test_components_that_are_off_are_left_out() -> None:
    with_gpu = render(source(), REGISTRY, wishes(gpu=True))
    assert [one.name for one in rendered().components] == ["namespaces", "web"]
    assert [one.name for one in with_gpu.components] == ["namespaces", "web", "plugin"]


def test_secrets_and_awaited_objects_are_handed_on() -> None:
    stack = rendered()
    (secret,) = stack.secrets
    assert secret.keys["user"].text == "at 10.0.0.1"
    assert secret.keys["key"].length == 24
    awaited = ObjectKey("apps", "StatefulSet", "infra", "made-by-others")
    assert stack.components[1].awaited == (awaited,)
    assert stack.namespaces == ("infra",)
    assert (stack.registry, stack.platform) == ("harbor.example/cube-studio", "2026.03.01")
    assert stack.values == {"entry.address": "10.0.0.1", "gpu": False}


def test_the_same_input_gives_the_same_stack() -> None:
    assert rendered() == rendered()


def test_changed_settings_change_the_pods_that_use_them() -> None:
    other = render(source(), REGISTRY, wishes(**{"entry.address": "10.0.0.2"}))
    templates = [
        object_in(stack, "Deployment", "web").body["spec"]["template"]["metadata"]["annotations"]
        for stack in (rendered(), rendered(), other)
    ]
    assert templates[0] == templates[1] != templates[2]


def test_missing_values_stop_it() -> None:
    with pytest.raises(UsageError, match=r"says nothing of entry\.address"):
        render(source(), REGISTRY, Wishes())


def told(error: AirgapError) -> list[str]:
    return [one.what for one in (error.errors if isinstance(error, SeveralErrors) else (error,))]


def test_a_reference_that_the_bundle_lacks_is_told_with_its_place_and_way() -> None:
    pod = b"apiVersion: v1\nkind: Pod\nmetadata: {name: p, namespace: infra}\n"
    more = pod + b"spec:\n  containers:\n    - {name: a, image: quay.io/other/tool:3}\n"
    with pytest.raises(UsageError) as caught:
        rendered({"namespaces/pod.yaml": more})
    assert caught.value.what == (
        "stack/namespaces/pod.yaml:6: quay.io/other/tool:3 is not in the bundle (container image)"
    )
    assert "image list" in caught.value.remedy


def test_two_objects_of_one_name_are_told() -> None:
    space = b"apiVersion: v1\nkind: Namespace\nmetadata: {name: infra}\n"
    with pytest.raises(UsageError, match=r"b\.yaml:1: Namespace infra is there already, in .*all"):
        rendered({"namespaces/b.yaml": space})


def test_an_object_without_its_namespace_is_told() -> None:
    body = b"apiVersion: v1\nkind: Service\nmetadata: {name: web}\n"
    with pytest.raises(UsageError, match="does not say in which namespace"):
        rendered({"web/service.yaml": body})


@pytest.mark.parametrize(
    ("host", "told"), [("harbor", "a name on Docker Hub"), ("[fd00::1]:443", "is an IPv6 address")]
)
def test_a_registry_that_no_image_can_name_is_told(host: str, told: str) -> None:
    with pytest.raises(UsageError, match=told):
        render(source(), replace(REGISTRY, host=host), wishes())


@pytest.mark.parametrize("host", ["10.0.0.5:5000", "localhost", "harbor:443"])
def test_a_registry_may_have_any_name_that_nodes_take_for_one(host: str) -> None:
    stack = render(source(), replace(REGISTRY, host=host), wishes())
    web = object_in(stack, "Deployment", "web").body["spec"]["template"]["spec"]
    image = web["containers"][0]["image"]
    assert image == f"{host}/cube-studio/docker.io/library/nginx:1.27"
