"""Image lists: by component in YAML, or a line an image in text."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cube_airgap.errors import MissingError, SeveralErrors, UsageError
from cube_airgap.platforms import Platform
from cube_bundle.image_list import Need, default_lists, read_list, read_lists, shipped_lists

if TYPE_CHECKING:
    from pathlib import Path

_LIST = """\
version: 1
profile: web
description: What serves pages
components:
  - name: nginx
    namespace: infra
    images:
      - image: nginx:1.27
        need: runtime
        why: the gateway starts it
        platforms: [linux/amd64, linux/arm64]
  - name: redis
    images:
      - image: redis:7
        optional: true
"""


def written(directory: Path, text: str, name: str = "web.yaml") -> str:
    path = directory / name
    path.write_text(text)
    return str(path)


def test_reads_every_field(tmp_path: Path) -> None:
    found = read_list(written(tmp_path, _LIST))
    nginx, redis = found.images
    assert (found.profile, found.description) == ("web", "What serves pages")
    assert str(nginx.origin.reference) == "docker.io/library/nginx:1.27"
    assert (nginx.component, nginx.namespace, nginx.need) == ("nginx", "infra", Need.RUNTIME)
    assert nginx.platforms == (Platform("linux", "amd64"), Platform("linux", "arm64"))
    assert nginx.where == f"{tmp_path / 'web.yaml'}:8"
    assert (redis.need, redis.optional, redis.platforms) == (Need.DEPLOYED, True, ())


def test_a_request_says_why_the_image_is_needed(tmp_path: Path) -> None:
    found = read_list(written(tmp_path, _LIST))
    assert found.images[0].request.why == "runtime: the gateway starts it"


def test_text_has_an_image_a_line(tmp_path: Path) -> None:
    text = "# what we run\nnginx:1.27  # the gateway\n\nreg.example/app:2=oci:dir:app\n"
    found = read_list(written(tmp_path, text, "site.txt"))
    assert [str(one.origin.reference) for one in found.images] == [
        "docker.io/library/nginx:1.27",
        "reg.example/app:2",
    ]
    assert {one.component for one in found.images} == {"site"}


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (("image: redis:7", "image: Redis:7"), "web.yaml:14) is not an image reference"),
        (("image: redis:7", "image: 7"), ":14: components.images.image: 7 is not of type"),
        (("need: runtime", "need: sometimes"), ":9: components.images.need: 'sometimes'"),
        (("profile: web", "profil: web"), "'profile' is a required property"),
        (("image: redis:7", "image: library/nginx:1.27"), "listed already at"),
        (("linux/arm64", "arm64"), ":11: "),
        (("version: 1", "version: 2"), ":1: version: 1 was expected"),
    ],
)
def test_errors_name_file_and_line(tmp_path: Path, change: tuple[str, str], told: str) -> None:
    name = written(tmp_path, _LIST.replace(*change))
    with pytest.raises(UsageError) as caught:
        read_list(name)
    assert name in caught.value.what
    assert told in caught.value.what


def test_a_bad_line_of_text_is_told_with_its_number(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"site.txt:2"):
        read_list(written(tmp_path, "nginx:1\nNginx:1\n", "site.txt"))


def test_text_that_is_not_utf_8_is_told_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "site.txt"
    path.write_bytes(b"nginx:1\nredis:\xff\n")
    with pytest.raises(UsageError, match=r"site.txt:2: this is not UTF-8"):
        read_list(str(path))


def test_an_unknown_name_tells_the_profiles_there_are() -> None:
    with pytest.raises(MissingError) as caught:
        read_list("no-such-profile")
    assert "core" in caught.value.remedy


def test_every_shipped_list_is_of_the_profile_that_its_name_says() -> None:
    assert {name: read_list(name).profile for name in shipped_lists()} == {
        name: name for name in shipped_lists()
    }


def test_what_older_versions_need_is_not_carried_unless_asked_for() -> None:
    assert "core" in default_lists()
    assert "legacy" in shipped_lists()
    assert "legacy" not in default_lists()


def test_a_list_brings_those_that_it_includes_from_beside_it_or_by_profile(tmp_path: Path) -> None:
    (tmp_path / "teams").mkdir()
    written(tmp_path / "teams", "redis:7\n", "b.txt")
    written(tmp_path / "teams", "version: 1\nprofile: a\nincludes: [b.txt, kit]\n", "a.yaml")
    everything = "version: 1\nprofile: all\nincludes: [teams/a.yaml, gpu, kit]\n"

    found = read_lists([written(tmp_path, everything), "gpu"])

    assert [one.profile for one in found] == ["all", "a", "b", "kit", "gpu"]


def test_lists_that_include_each_other_are_taken_once(tmp_path: Path) -> None:
    written(tmp_path, "version: 1\nprofile: b\nincludes: [x/a.yaml]\n", "b.yaml")
    (tmp_path / "x").mkdir()
    name = written(tmp_path / "x", "version: 1\nprofile: a\nincludes: [../b.yaml]\n", "a.yaml")

    assert [one.profile for one in read_lists([name, name])] == ["a", "b"]


def test_a_list_that_is_not_there_is_told_with_the_one_that_includes_it(tmp_path: Path) -> None:
    name = written(tmp_path, "version: 1\nprofile: a\nincludes: [kit, none.yaml]\n")

    with pytest.raises(MissingError, match=rf"no image list 'none.yaml' that {name} includes"):
        read_lists([name])


def test_a_list_says_whether_the_stack_travels_with_it() -> None:
    assert [one.profile for one in read_lists(["bare-metal"]) if one.carries_stack] == [
        "cube-studio"
    ]


_ASSETS = """\
version: 1
profile: models
job-templates: true
components:
  - name: net
    assets:
      - name: models/net.onnx
        url: https://h.example/net.onnx
        why: the demo fetches it
        digest: sha256:{digest}
        size: 7
        platforms: [linux/amd64]
      - url: https://h.example/a/b.zip
        need: bootstrap
        optional: true
""".format(digest="0" * 64)


def test_a_component_can_have_files_alone(tmp_path: Path) -> None:
    found = read_list(written(tmp_path, _ASSETS))
    net, other = found.assets

    assert (found.images, found.carries_templates) == ((), True)
    assert (net.name, net.url, net.component) == (
        "models/net.onnx",
        "https://h.example/net.onnx",
        "net",
    )
    assert (net.why, str(net.digest), net.size) == (
        "runtime: the demo fetches it",
        f"sha256:{'0' * 64}",
        7,
    )
    assert net.where.endswith("web.yaml:7")
    assert (other.name, other.why, other.optional) == ("h.example/a/b.zip", "bootstrap", True)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (("https://h.example/net.onnx", "ftp://h/x"), ":8: components.assets.url"),
        (("name: models/net.onnx", "name: ../x"), ":7: '../x' is not a path"),
        (("digest: sha256:", "digest: md5:"), ":10: components.assets.digest"),
        (("size: 7", "size: 7M"), ":11: components.assets.size"),
        (("    assets:\n", "    files:\n"), ":5: "),
    ],
)
def test_mistakes_in_files_name_file_and_line(
    change: tuple[str, str], told: str, tmp_path: Path
) -> None:
    with pytest.raises(UsageError) as caught:
        read_list(written(tmp_path, _ASSETS.replace(*change)))
    assert f"web.yaml{told}" in caught.value.what


def test_every_shipped_file_has_a_name_and_a_reason() -> None:
    for name in shipped_lists():
        for asset in read_list(name).assets:
            assert not asset.name.startswith(asset.url.split("/")[2]), asset.where
            assert ": " in asset.why, asset.where


def test_every_bad_line_of_text_is_told(tmp_path: Path) -> None:
    with pytest.raises(SeveralErrors) as caught:
        read_list(written(tmp_path, "Nginx:1\nredis:7\n../x\n", "site.txt"))
    assert [one.what.count("site.txt:1") for one in caught.value.errors] == [1, 0]
    assert "site.txt:3" in caught.value.errors[1].what


def test_a_text_without_images_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"site.txt names no image"):
        read_list(written(tmp_path, "# later\n\n", "site.txt"))


def test_a_text_that_is_too_large_is_not_cut(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="larger than 16 MiB"):
        read_list(written(tmp_path, "nginx:1\n" * (3 << 20), "site.txt"))


def test_a_file_that_cannot_be_looked_at_is_told_of() -> None:
    with pytest.raises(MissingError, match="File name too long"):
        read_list("x" * 300)
