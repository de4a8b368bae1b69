"""Finding images in manifests: containers, custom resources, arguments, variables."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cube_scan.findings import Kind, Way
from tests.support.scan_tree import images, scanned, texts, the_one

if TYPE_CHECKING:
    from pathlib import Path

_POD = """\
apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  initContainers:
    - name: wait
      image: acme/wait:1
  containers:
    - name: web
      # image: acme/old:1
      image: acme/web:2  # or acme/web:3
      args: [--log-level=info]
"""


def test_containers_and_init_containers_are_found_with_their_lines(tmp_path: Path) -> None:
    report = scanned(tmp_path, {"pod.yaml": _POD})

    assert images(report) == {"acme/wait:1": ["pod.yaml:7"], "acme/web:2": ["pod.yaml:11"]}
    assert the_one(report, "acme/web:2").way is Way.CONTAINER
    assert the_one(report, "acme/web:2").place.field == "spec.containers[0].image"


def test_comments_do_not_count(tmp_path: Path) -> None:
    report = scanned(tmp_path, {"pod.yaml": _POD})

    assert all("old" not in finding.text for finding in report.findings)


def test_lines_are_those_of_the_file_in_a_later_document(tmp_path: Path) -> None:
    report = scanned(tmp_path, {"two.yaml": "kind: Service\n---\n" + _POD})

    assert images(report)["acme/web:2"] == ["two.yaml:13"]


@pytest.mark.parametrize(
    "kind", ["Deployment", "StatefulSet", "DaemonSet", "Job", "PyTorchJob", "SomethingNew"]
)
def test_pod_templates_are_found_in_any_kind(tmp_path: Path, kind: str) -> None:
    text = f"""\
apiVersion: example.com/v1
kind: {kind}
spec:
  anything:
    - template:
        spec:
          containers: [{{name: a, image: acme/a:1}}]
"""
    assert images(scanned(tmp_path, {"a.yaml": text})) == {"acme/a:1": ["a.yaml:7"]}


def test_a_field_of_a_custom_resource_named_for_an_image_is_one(tmp_path: Path) -> None:
    text = "apiVersion: example.com/v1\nkind: Thing\nspec:\n  initImage: acme/init:1\n"

    report = scanned(tmp_path, {"thing.yaml": text})

    assert the_one(report, "acme/init:1").way is Way.CRD_FIELD


def test_a_base_image_and_a_version_are_one_reference(tmp_path: Path) -> None:
    text = """\
apiVersion: monitoring.coreos.com/v1
kind: Alertmanager
spec:
  baseImage: quay.io/acme/alertmanager
  version: v0.20.0
"""
    found = the_one(scanned(tmp_path, {"am.yml": text}), "quay.io/acme/alertmanager:v0.20.0")

    assert (found.place.line, found.text) == (4, "quay.io/acme/alertmanager")


def test_a_resource_without_its_image_cannot_be_told(tmp_path: Path) -> None:
    text = "apiVersion: monitoring.coreos.com/v1\nkind: Prometheus\nspec: {replicas: 1}\n"

    (finding,) = scanned(tmp_path, {"p.yaml": text}).of_kind(Kind.UNKNOWN)

    assert "default compiled into it" in finding.note


def test_joined_and_paired_arguments_are_found(tmp_path: Path) -> None:
    text = """\
apiVersion: apps/v1
kind: Deployment
spec:
  template:
    spec:
      containers:
        - name: operator
          image: acme/operator:1
          args:
            - --prometheus-config-reloader=acme/reloader:0.46
            - --executor-image
            - acme/executor:3
            - -config-reloader
            - acme/watcher:4
            - --config=/etc/x.yaml
            - --side=quay.io/acme/side:2
"""
    report = scanned(tmp_path, {"op.yaml": text})

    assert the_one(report, "acme/reloader:0.46").way is Way.ARGUMENT
    assert the_one(report, "acme/executor:3").way is Way.ARGUMENT_PAIR
    assert the_one(report, "acme/executor:3").place.line == 12
    assert the_one(report, "acme/watcher:4").way is Way.ARGUMENT_PAIR
    assert the_one(report, "quay.io/acme/side:2").way is Way.ARGUMENT


def test_variables_of_a_container_are_found_by_their_name(tmp_path: Path) -> None:
    text = """\
apiVersion: v1
kind: Pod
spec:
  containers:
    - image: acme/a:1
      env:
        - name: WORKER_IMAGE
          value: acme/worker
        - name: KAFKA_IMAGES
          value: |
            3.2=acme/kafka:3.2
            3.3=acme/kafka:3.3
        - {name: IMAGE_PULL_POLICY, value: Always}
"""
    report = scanned(tmp_path, {"a.yaml": text})

    assert images(report) == {
        "acme/a:1": ["a.yaml:5"],
        "acme/kafka:3.2": ["a.yaml:11"],
        "acme/kafka:3.3": ["a.yaml:12"],
        "acme/worker:latest": ["a.yaml:8"],
    }
    assert not report.of_kind(Kind.INVALID)


def test_a_definition_asks_for_its_defaults_only(tmp_path: Path) -> None:
    text = """\
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
spec:
  schema:
    properties:
      image:
        description: such as quay.io/acme/example:1
        default: quay.io/acme/real:1
"""
    report = scanned(tmp_path, {"crd.yaml": text})

    assert images(report) == {"quay.io/acme/real:1": ["crd.yaml:8"]}


@pytest.mark.parametrize("text", ["auto", "{{ .ProxyImage }}", "$(IMAGE)", "${REGISTRY}/a:1", "xx"])
def test_placeholders_are_told_as_such(tmp_path: Path, text: str) -> None:
    report = scanned(tmp_path, {"a.yaml": f"containers:\n- image: '{text}'\n"})

    assert texts(report, Kind.PLACEHOLDER) == [text]
    assert not report.references


def test_taints_addresses_and_labels_are_no_images(tmp_path: Path) -> None:
    text = """\
apiVersion: v1
kind: ConfigMap
metadata: {labels: {app: "v1:2"}}
data:
  taint: node-role.kubernetes.io/master:NoSchedule
  address: mysql-service.infra:3306/kubeflow
  volume: kubeflow-user-workspace(pvc):/mnt
  port: redis:6379
"""
    report = scanned(tmp_path, {"a.yaml": text})

    assert report.findings == ()


def test_a_tag_that_yaml_takes_for_a_number_is_told(tmp_path: Path) -> None:
    (finding,) = scanned(tmp_path, {"v.yaml": "image: {pullPolicy: x, tag: 1.10}\n"}).findings

    assert finding.text == "1.10"
    assert "float" in finding.note


@pytest.mark.parametrize("text", ["1.10", "on", "0o17"])
def test_an_image_of_a_container_that_yaml_takes_for_no_text_is_told(
    text: str, tmp_path: Path
) -> None:
    (finding,) = scanned(tmp_path, {"p.yaml": f"containers:\n- image: {text}\n"}).findings

    assert (finding.text, finding.place.line) == (text, 2)
    assert finding.kind in {Kind.UNKNOWN, Kind.INVALID}


def test_a_value_that_is_a_whole_reference_is_found_under_any_name(tmp_path: Path) -> None:
    report = scanned(tmp_path, {"a.json": '[{"name": "registry.example.com/team/tool:4"}]'})

    assert the_one(report, "registry.example.com/team/tool:4").way is Way.VALUE


def test_what_only_looks_like_an_image_cannot_be_told(tmp_path: Path) -> None:
    report = scanned(tmp_path, {"a.json": '{"thing": "acme/tool:4"}'})

    assert texts(report, Kind.UNKNOWN) == ["acme/tool:4"]


def test_what_is_an_image_elsewhere_is_one_here(tmp_path: Path) -> None:
    report = scanned(
        tmp_path, {"a.json": '{"thing": "acme/tool:4"}', "b.json": '{"image": "acme/tool:5"}'}
    )

    assert images(report) == {"acme/tool:4": ["a.json:1"], "acme/tool:5": ["b.json:1"]}


def test_a_mapping_of_images_has_images_for_values_and_keys(tmp_path: Path) -> None:
    text = "system_images:\n  etcd: acme/etcd:3\nnotebook_images:\n  acme/nb:1: a notebook\n"

    report = scanned(tmp_path, {"rke.yaml": text})

    assert images(report) == {"acme/etcd:3": ["rke.yaml:2"], "acme/nb:1": ["rke.yaml:4"]}


def test_an_alias_is_looked_at_once(tmp_path: Path) -> None:
    layers = "a0: &a0 {image: acme/bomb:1}\n" + "".join(
        f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}, *a{n - 1}]\n" for n in range(1, 40)
    )
    assert list(images(scanned(tmp_path, {"bomb.yaml": layers}))) == ["acme/bomb:1"]
