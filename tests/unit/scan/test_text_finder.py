"""Texts inside values: ConfigMaps, templates, commands, Dockerfiles in a string."""

from __future__ import annotations

import json
import textwrap
from typing import TYPE_CHECKING

from cube_scan.findings import Kind, Way
from tests.support.scan_tree import images, scanned, texts, the_one

if TYPE_CHECKING:
    from pathlib import Path


def config_map(key: str, text: str) -> str:
    """A ConfigMap whose text begins in line 5."""
    indented = "".join(f"    {line}\n" for line in text.splitlines())
    return f"apiVersion: v1\nkind: ConfigMap\ndata:\n  {key}: |\n{indented}"


def test_yaml_in_a_config_map_is_read_as_yaml(tmp_path: Path) -> None:
    text = config_map("job.yaml", "spec:\n  containers:\n  - image: acme/job:1\n")

    found = the_one(scanned(tmp_path, {"cm.yaml": text}), "acme/job:1")

    assert (found.way, found.place.line) == (Way.EMBEDDED, 7)
    assert found.place.field == 'data["job.yaml"] > spec.containers[0].image'


def test_a_template_that_is_no_yaml_is_searched_line_by_line(tmp_path: Path) -> None:
    template = (
        "containers:\n"
        "{{- if .Values.sidecar }}\n"
        "- image: acme/literal:1\n"
        '- image: "{{ .Values.image }}"\n'
        "{{- end }}\n"
        "# image: acme/comment:1\n"
    )
    report = scanned(tmp_path, {"cm.yaml": config_map("template", template)})

    assert images(report) == {"acme/literal:1": ["cm.yaml:7"]}
    assert texts(report, Kind.PLACEHOLDER) == ["{{ .Values.image }}"]


def test_json_without_a_blank_in_a_config_map_is_read_as_json(tmp_path: Path) -> None:
    text = """\
        kind: ConfigMap
        data:
          servers: '{"rest":{"image":"acme/server"}}'
          list: |-
            [{"image":"acme/other:1"}]
        """
    report = scanned(tmp_path, {"cm.yaml": textwrap.dedent(text)})

    assert images(report) == {"acme/other:1": ["cm.yaml:5"], "acme/server:latest": ["cm.yaml:3"]}


def test_what_was_applied_before_asks_for_nothing(tmp_path: Path) -> None:
    text = """\
        kind: Pod
        metadata:
          annotations:
            kubectl.kubernetes.io/last-applied-configuration: |
              {"kind":"Pod","spec":{"containers":[{"image":"quay.io/acme/old:1"}]}}
        """
    assert scanned(tmp_path, {"pod.yaml": textwrap.dedent(text)}).findings == ()


def test_a_call_under_the_name_of_an_image_is_no_image(tmp_path: Path) -> None:
    report = scanned(
        tmp_path, {"old.py": "print 'two'\nimage = np.fromstring(file.read(), 'u8')\n"}
    )

    assert report.findings == ()


def test_python_in_a_config_map_is_read_as_python(tmp_path: Path) -> None:
    code = "ORG = 'quay.io/acme/'\nUSER_IMAGE = ORG + 'user:1'\n"

    report = scanned(tmp_path, {"cm.yaml": config_map("config.py", code)})

    assert images(report) == {"quay.io/acme/user:1": ["cm.yaml:6"]}


def test_a_script_in_a_config_map_is_read_as_a_script(tmp_path: Path) -> None:
    script = "V=2\ndocker pull acme/tool:$V\n"

    report = scanned(tmp_path, {"cm.yaml": config_map("start.sh", script)})

    assert images(report) == {"acme/tool:2": ["cm.yaml:6"]}


def test_a_config_map_inside_a_config_map_is_read(tmp_path: Path) -> None:
    inner = config_map("inner.json", json.dumps({"image": "acme/deep:1"}))

    report = scanned(tmp_path, {"cm.yaml": config_map("outer.yaml", inner)})

    assert images(report) == {"acme/deep:1": ["cm.yaml:9"]}


def test_lines_of_settings_are_read_by_their_names(tmp_path: Path) -> None:
    text = "debug = on\nsidecar_image = acme/side:1\nother=quay.io/acme/full:2\n"

    report = scanned(tmp_path, {"cm.yaml": config_map("app.ini", text)})

    assert images(report) == {"acme/side:1": ["cm.yaml:6"], "quay.io/acme/full:2": ["cm.yaml:7"]}


def test_a_dockerfile_in_a_string_asks_for_its_base(tmp_path: Path) -> None:
    document = {"dockerfile": "# FROM acme/no:1\nFROM acme/base:3\nRUN true"}

    report = scanned(tmp_path, {"image.json": json.dumps([document], indent=1)})

    assert the_one(report, "acme/base:3").way is Way.DOCKERFILE
    assert images(report) == {"acme/base:3": ["image.json:3"]}


def test_commands_ask_for_what_they_pull(tmp_path: Path) -> None:
    document = {"command": "cd /x && docker run --rm -v /a:/b acme/run:1 sh -c 'true'"}

    assert list(images(scanned(tmp_path, {"a.json": json.dumps(document)}))) == ["acme/run:1"]


def test_text_for_people_asks_for_nothing(tmp_path: Path) -> None:
    document = {"describe": "build it FROM quay.io/acme/x:1", "label": "acme/x:2"}

    assert scanned(tmp_path, {"a.json": json.dumps(document)}).findings == ()


def test_defaults_of_image_arguments_are_found(tmp_path: Path) -> None:
    document = {"args": {"--image": {"type": "str", "default": "acme/arg:1"}}}

    report = scanned(tmp_path, {"a.json": json.dumps(document)})

    assert the_one(report, "acme/arg:1").way is Way.ARGUMENT_DEFAULT


def test_secrets_are_opened_to_look_for_images_only(tmp_path: Path) -> None:
    text = """\
apiVersion: v1
kind: Secret
data:
  config: aW1hZ2U6IGFjbWUvaW5zaWRlOjEKcGFzc3dvcmQ6IGh1bnRlcjIK
  key: //79
stringData:
  other.yaml: "image: acme/plain:1"
"""
    report = scanned(tmp_path, {"s.yaml": text})

    assert images(report) == {"acme/inside:1": ["s.yaml:4"], "acme/plain:1": ["s.yaml:7"]}
    assert "hunter2" not in repr(report)


def test_comments_of_settings_do_not_count(tmp_path: Path) -> None:
    text = "; image = acme/a:1\n// image = acme/b:1\n# image = acme/c:1\n"

    assert scanned(tmp_path, {"cm.yaml": config_map("app.ini", text)}).findings == ()
