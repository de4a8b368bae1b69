"""cube-bundle as a user runs it, against a real registry."""

from __future__ import annotations

import gzip
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.support import image_factory as make
from tests.support.command import Ran, cube_bundle
from tests.support.real_registry import free_port

if TYPE_CHECKING:
    from tests.support.real_registry import RealRegistry

LIST = """\
version: 1
profile: site
components:
  - name: web
    images:
      - {{image: "{web}", why: serves pages}}
  - name: base
    images:
      - {{image: "{base}"}}
"""


@pytest.fixture(scope="module")
def web(registry: RealRegistry) -> str:
    return registry.push("commands/web", "1", make.multi_arch("linux/amd64", "linux/arm64"))


@pytest.fixture(scope="module")
def base(registry: RealRegistry) -> str:
    return registry.push("commands/base", "1", make.image())


def build(registry: RealRegistry, cwd: Path, *arguments: object) -> Ran:
    return cube_bundle("build", *arguments, "--insecure", registry.host, cwd=cwd)


def test_builds_verifies_inspects_and_extracts(
    registry: RealRegistry, web: str, base: str, tmp_path: Path
) -> None:
    built = build(registry, tmp_path, web, base, "-o", "site.tar.zst")
    assert (built.code, built.err.count("error")) == (0, 0), built.err
    assert built.out.startswith("site.tar.zst written: 2 images, ")
    verified = cube_bundle("verify", "site.tar.zst", cwd=tmp_path)
    assert (verified.code, verified.out.splitlines()[0]) == (
        0,
        "site.tar.zst is whole: 2 images, 11 members",
    )
    tree = cube_bundle("inspect", "site.tar.zst", cwd=tmp_path).out
    assert f"{registry.host}/commands/web:1" in tree
    assert "without linux/arm64" in tree
    extracted = cube_bundle("extract", "site.tar.zst", "layout", cwd=tmp_path)
    assert extracted.code == 0
    assert (tmp_path / "layout" / "oci-layout").is_file()


def test_a_list_names_the_bundle_and_files_the_images(
    registry: RealRegistry, web: str, base: str, tmp_path: Path
) -> None:
    (tmp_path / "site.yaml").write_text(LIST.format(web=web, base=base))
    assert build(registry, tmp_path, "--list", "site.yaml").code == 0
    found = cube_bundle("inspect", "site.tar.zst", "--output", "json", cwd=tmp_path).json
    assert {one["component"]: one["why"] for one in found["images"]} == {
        "web": "deployed: serves pages",
        "base": "deployed",
    }


def test_a_dry_run_shows_the_plan_and_writes_nothing(
    registry: RealRegistry, web: str, tmp_path: Path
) -> None:
    shown = build(registry, tmp_path, web, "--dry-run", "--output", "json", "-o", "x.tar.zst")
    (image,) = shown.json["images"]
    assert (image["reference"], image["platforms"]) == (web, ["linux/amd64"])
    assert shown.json["downloadSize"] > 0
    assert list(tmp_path.iterdir()) == []


def test_a_dry_run_leaves_nothing_that_it_had_to_stage(packed: str, tmp_path: Path) -> None:
    before = sorted(tmp_path.iterdir())
    shown = cube_bundle("build", packed, "--dry-run", cwd=tmp_path)
    assert (shown.code, "1 image" in shown.out) == (0, True)
    assert sorted(tmp_path.iterdir()) == before


def test_a_lock_gives_the_same_bundle_after_the_tag_moved(
    registry: RealRegistry, tmp_path: Path
) -> None:
    name = registry.push("commands/moving", "1", make.image(labels={"v": "1"}))
    locked = cube_bundle(
        "lock", name, "-o", "a.lock.yaml", "--insecure", registry.host, cwd=tmp_path
    )
    assert locked.code == 0
    assert build(registry, tmp_path, "--lock", "a.lock.yaml").code == 0
    registry.push("commands/moving", "1", make.image(labels={"v": "2"}))
    assert build(registry, tmp_path, "--lock", "a.lock.yaml", "-o", "b.tar.zst").code == 0
    assert build(registry, tmp_path, name, "-o", "c.tar.zst").code == 0
    first, again, new = ((tmp_path / f"{x}.tar.zst").read_bytes() for x in "abc")
    assert first == again
    assert first != new
    assert (tmp_path / "a.lock.yaml").read_bytes() == (tmp_path / "b.lock.yaml").read_bytes()


def test_a_second_build_of_the_same_finds_it_there(
    registry: RealRegistry, web: str, tmp_path: Path
) -> None:
    build(registry, tmp_path, web, "-o", "x.tar.zst")
    again = build(registry, tmp_path, web, "-o", "x.tar.zst")
    assert (again.code, again.out.split(":")[0]) == (0, "x.tar.zst is there already")


def test_an_output_that_holds_something_else_is_left_alone(
    registry: RealRegistry, web: str, tmp_path: Path
) -> None:
    (tmp_path / "x.tar.zst").write_text("mine")
    refused = build(registry, tmp_path, web, "-o", "x.tar.zst")
    assert refused.code == 2
    assert "exists and holds something else" in refused.err
    assert (tmp_path / "x.tar.zst").read_text() == "mine"


@pytest.fixture
def packed(tmp_path: Path) -> str:
    """An image that has to be unpacked before it can be looked into."""
    make.write_docker_archive(tmp_path / "saved.tar", {"reg.example/app:1": make.image()})
    saved = gzip.compress((tmp_path / "saved.tar").read_bytes())
    (tmp_path / "saved.tar.gz").write_bytes(saved)
    (tmp_path / "saved.tar").unlink()
    return "reg.example/app:1=docker-archive:saved.tar.gz"


@pytest.mark.parametrize(
    "options",
    [
        ("-o", "other.tar.zst"),
        ("-o", "unfinished.tar.zst"),
        ("-o", "new.tar.zst", "--volume-size", "1"),
        ("-o", "new.tar.zst", "--platform", "linux/s390x"),
    ],
)
def test_a_refusal_leaves_nothing_behind(
    options: tuple[str, ...], registry: RealRegistry, web: str, packed: str, tmp_path: Path
) -> None:
    assert build(registry, tmp_path, web, "-o", "other.tar.zst").code == 0
    (tmp_path / "unfinished.tar.zst.part").touch()
    before = sorted(tmp_path.iterdir())
    assert cube_bundle("build", packed, *options, cwd=tmp_path).code in {2, 5}
    assert sorted(tmp_path.iterdir()) == before


def test_what_is_no_bundle_is_told_of_before_anything_is_asked(tmp_path: Path) -> None:
    (tmp_path / "x.tar.zst").write_text("mine")
    refused = cube_bundle("build", f"127.0.0.1:{free_port()}/a:1", "-o", "x.tar.zst", cwd=tmp_path)
    assert (refused.code, "holds something else" in refused.err) == (2, True)


def test_a_name_that_is_too_long_for_what_lies_beside_the_bundle_is_told(
    packed: str, tmp_path: Path
) -> None:
    refused = cube_bundle("build", packed, "-o", f"{'n' * 240}.tar.zst", cwd=tmp_path)
    assert (refused.code, "choose a shorter name" in refused.err) == (7, True)


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (["{host}/commands/web:9"], 5, "commands/web"),
        (["{host}/commands/none:1"], 5, "commands/none"),
        (["{web}", "--platform", "linux/s390x"], 5, "it has linux/amd64, linux/arm64"),
        (["{web}", "--platform", "arm"], 2, "'arm' is not a platform"),
        (["Nginx:1"], 2, "upper-case"),
        (["{web}", "--list", "none"], 5, "no image list 'none'"),
        (["{web}", "-o", "x.zip"], 2, ".tar.zst"),
        (["{web}", "-o", "none/x.tar.zst"], 2, "no directory"),
        (["{web}", "--volume-size", "lots"], 2, "not a size"),
        (["127.0.0.1:{port}/x:1"], 3, "127.0.0.1:{port}"),
        (["{web}", "--lock", "/dev/null"], 2, "lock"),
        (["docker-archive:none.tar"], 5, "none.tar"),
    ],
)
def test_what_cannot_be_done_is_told_with_a_remedy(
    arguments: list[str], code: int, told: str, registry: RealRegistry, web: str, tmp_path: Path
) -> None:
    names = {"host": registry.host, "web": web, "port": free_port()}
    given = [one.format(**names) for one in arguments]
    refused = build(registry, tmp_path, *given)
    assert refused.code == code, refused.err
    assert told.format(**names) in refused.err
    assert "what to do: " in refused.err
    assert not list(tmp_path.glob("*.tar.zst"))


def test_plain_http_needs_the_users_word(web: str, tmp_path: Path) -> None:
    refused = cube_bundle("build", web, "-o", "x.tar.zst", cwd=tmp_path)
    assert refused.code == 3
    assert "--insecure" in refused.err


def test_verify_of_a_damaged_bundle_tells_every_finding(
    registry: RealRegistry, web: str, tmp_path: Path
) -> None:
    build(registry, tmp_path, web, "-o", "x.tar.zst")
    path = tmp_path / "x.tar.zst"
    raw = bytearray(path.read_bytes())
    raw[-600] ^= 1
    path.write_bytes(raw)
    found = cube_bundle("verify", "x.tar.zst", cwd=tmp_path)
    assert found.code == 6, found.out + found.err
    assert "what to do: " in found.err


def test_a_bundle_is_read_from_a_pipe(registry: RealRegistry, web: str, tmp_path: Path) -> None:
    build(registry, tmp_path, web, "-o", "x.tar.zst")
    with (tmp_path / "x.tar.zst").open("rb") as pipe:
        done = subprocess.run(
            [str(Path(sys.executable).with_name("cube-bundle")), "verify", "-"],
            stdin=pipe,
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_a_stop_says_what_is_kept_and_the_next_run_goes_on(
    how: signal.Signals, registry: RealRegistry, tmp_path: Path
) -> None:
    name = registry.push(
        "commands/slow", "1", make.image([make.layer({"big": os.urandom(64 << 20)})])
    )
    arguments = ["build", name, "-o", "x.tar.zst", "--insecure", registry.host]
    process = subprocess.Popen(
        [str(Path(sys.executable).with_name("cube-bundle")), *arguments],
        cwd=tmp_path,
        stderr=subprocess.PIPE,
        text=True,
    )
    part = tmp_path / "x.tar.zst.part"
    while not part.exists():
        assert process.poll() is None
        time.sleep(0.001)
    process.send_signal(how)
    _, told = process.communicate(timeout=30)
    assert process.returncode == 130, told
    assert "run the same command again" in told
    assert "Traceback" not in told
    assert part.exists()
    assert build(registry, tmp_path, name, "-o", "x.tar.zst").code == 0
    assert cube_bundle("verify", "x.tar.zst", cwd=tmp_path).code == 0
