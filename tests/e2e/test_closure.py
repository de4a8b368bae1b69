"""From a checkout to a bundle that has all that it can ask for, or says why not."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from cube_airgap.assets_artifact import ARTIFACT
from tests.support import image_factory as make
from tests.support.command import Ran, cube_bundle
from tests.support.faulty_registry import Ending, Reply, Seen, ranged, scripted_registry
from tests.support.made_checkout import DATA, IMAGES, LAUNCHER, MODEL, WEB, WORKER, checkout
from tests.support.memory_source import noise
from tests.support.stand_ins import StandIns

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.support.real_registry import RealRegistry

NET, NUMBERS = noise(5 << 20, seed=1), b"numbers" * 100
SITE = """\
version: 1
profile: site
components:
  - {name: base, images: [{image: quay.io/site/base:1}]}
"""
SHARED = Path(__file__).parents[3] / "shared" / "data" / "cube-studio"


@pytest.fixture
def hosts(registry: RealRegistry, tmp_path: Path) -> Iterator[StandIns]:
    """All that the small checkout asks for, and a list beside it of one more image."""
    with scripted_registry() as files:
        stand_ins = StandIns(registry, files, f"closure/{tmp_path.name.replace('_', '-')}")
        stand_ins.hold([*IMAGES, "quay.io/site/base:1"])
        stand_ins.serve(MODEL, NET)
        stand_ins.serve(DATA, NUMBERS)
        (tmp_path / "site.yaml").write_text(SITE)
        yield stand_ins


def build(hosts: StandIns, cwd: Path, *arguments: object) -> Ran:
    return cube_bundle("build", *arguments, *hosts.options(), cwd=cwd)


def inspected(cwd: Path, bundle: str = "x.tar.zst") -> Any:  # noqa: ANN401 - any JSON
    assert cube_bundle("verify", bundle, cwd=cwd).code == 0
    return cube_bundle("inspect", bundle, "--output", "json", cwd=cwd).json


FROM_CHECKOUT = ("--checkout", "co", "--list", "site.yaml", "-o", "x.tar.zst")


def test_a_checkout_becomes_a_bundle_of_all_that_it_has_in_use(
    hosts: StandIns, tmp_path: Path
) -> None:
    checkout(tmp_path / "co")

    built = build(hosts, tmp_path, *FROM_CHECKOUT)

    assert built.code == 0, built.err
    assert built.out.startswith("x.tar.zst written: 5 images, 2 files, ")
    found = inspected(tmp_path)
    assert {one["reference"]: one["component"] for one in found["images"]} == {
        WEB: "web",
        LAUNCHER: "job-template",
        WORKER: "job-template",
        "quay.io/site/base:1": "base",
        str(ARTIFACT): "assets",
    }
    assert "applied: container image in install/kubernetes/web/deploy.yaml:9" in [
        one["why"] for one in found["images"]
    ]
    assert {one["name"]: one["component"] for one in found["assets"]} == {
        "data.invalid/sets/numbers.zip": "inference",
        "models.invalid/zoo/net.onnx": "inference",
    }
    assert found["jobTemplates"] == ["train"]
    assert found["allowed"] == []


def test_what_it_downloads_and_seeds_comes_out_as_it_was(hosts: StandIns, tmp_path: Path) -> None:
    checkout(tmp_path / "co")
    build(hosts, tmp_path, *FROM_CHECKOUT)

    assert cube_bundle("extract", "x.tar.zst", "out", cwd=tmp_path).code == 0

    for data in (NET, NUMBERS):
        assert make.blob_path(tmp_path / "out", make.digest_of(data)).read_bytes() == data
    seeds = tmp_path / "co" / "myapp" / "init"
    carried = {
        "job-templates/init-job-template.json": "init-job-template.json",
        "init-data/init-inference.json": "init-inference.json",
    }
    for path, seed in carried.items():
        assert (tmp_path / "out" / path).read_bytes() == (seeds / seed).read_bytes()
    assert list(tmp_path.glob("*.staging")) == []


def test_each_file_is_fetched_once(hosts: StandIns, tmp_path: Path) -> None:
    checkout(tmp_path / "co")
    build(hosts, tmp_path, *FROM_CHECKOUT)

    ranges = [seen.headers.get("range") for seen in hosts.files.requests(hosts.path_of(MODEL))]

    assert ranges == ["bytes=0-0", None]


def test_the_same_checkout_gives_the_same_bytes_by_its_lock(
    hosts: StandIns, tmp_path: Path
) -> None:
    checkout(tmp_path / "co")
    build(hosts, tmp_path, *FROM_CHECKOUT)
    lock = ("--checkout", "co", "--list", "site.yaml", "-o", "y.lock.yaml", *hosts.options())
    assert cube_bundle("lock", *lock, cwd=tmp_path).code == 0
    assert (tmp_path / "y.lock.yaml").read_text() == (tmp_path / "x.lock.yaml").read_text()

    again = build(hosts, tmp_path, "--lock", "y.lock.yaml", "--checkout", "co", "-o", "y.tar.zst")

    assert again.code == 0, again.err
    assert (tmp_path / "y.tar.zst").read_bytes() == (tmp_path / "x.tar.zst").read_bytes()


def test_an_older_bundle_gives_the_files_of_a_lock_without_their_hosts(
    hosts: StandIns, tmp_path: Path
) -> None:
    checkout(tmp_path / "co")
    build(hosts, tmp_path, *FROM_CHECKOUT)
    hosts.files.seen.clear()

    again = ("--lock", "x.lock.yaml", "--checkout", "co", "--reuse", "x.tar.zst", "-o", "y.tar.zst")
    assert build(hosts, tmp_path, *again).code == 0

    assert hosts.files.seen == []
    assert (tmp_path / "y.tar.zst").read_bytes() == (tmp_path / "x.tar.zst").read_bytes()


def test_a_lock_of_a_checkout_wants_the_same_checkout(hosts: StandIns, tmp_path: Path) -> None:
    checkout(tmp_path / "co")
    build(hosts, tmp_path, *FROM_CHECKOUT)
    alone = build(hosts, tmp_path, "--lock", "x.lock.yaml", "-o", "y.tar.zst")
    assert (alone.code, "--checkout" in alone.err) == (2, True)

    checkout(tmp_path / "co", more=WORKER)
    changed = build(hosts, tmp_path, "--lock", "x.lock.yaml", "--checkout", "co", "-o", "y.tar.zst")

    assert changed.code == 2
    assert "job-templates/init-job-template.json changed since the lock was made" in changed.err


def test_the_gate_stops_what_would_be_missing_before_anything_is_asked_for(
    tmp_path: Path,
) -> None:
    checkout(tmp_path / "co", typo="pyhton3.9", gpu="nvcr.io/nvidia/k8s-device-plugin:v0.17.1")
    (tmp_path / "site.yaml").write_text(SITE)

    refused = cube_bundle("build", *FROM_CHECKOUT, cwd=tmp_path)

    assert refused.code == 5
    assert "2 things in use would be missing on the far side" in refused.err
    assert "take it:           --list gpu" in refused.err
    assert "image nvcr.io/nvidia/k8s-device-plugin:v0.17.1" in refused.err
    assert "asked for at     myapp/init/init-job-template.json:34" in refused.err
    assert 'line to add      - {text: "pyhton3.9", reason: WHY}' in refused.err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["co", "site.yaml"]


def test_the_gate_tells_a_machine_too(tmp_path: Path) -> None:
    checkout(tmp_path / "co", typo="pyhton3.9")
    (tmp_path / "site.yaml").write_text(SITE)

    (hole,) = cube_bundle("build", *FROM_CHECKOUT, "--output", "json", cwd=tmp_path).json["holes"]

    assert (hole["kind"], hole["text"]) == ("text", "pyhton3.9")
    assert hole["where"] == "myapp/init/init-job-template.json:19"


def test_the_gate_opens_for_reasons_which_the_bundle_keeps(hosts: StandIns, tmp_path: Path) -> None:
    checkout(tmp_path / "co", typo="pyhton3.9", gpu="nvcr.io/nvidia/k8s-device-plugin:v0.17.1")
    (tmp_path / "allow.yaml").write_text(
        "version: 1\nallow:\n"
        '  - {text: "pyhton3.9", reason: a typo of a template that nobody runs}\n'
        "  - {profile: gpu, reason: no node has a GPU}\n"
        "  - {image: quay.io/never/*, reason: not here}\n"
    )

    built = build(hosts, tmp_path, *FROM_CHECKOUT, "--allow", "allow.yaml")

    assert built.code == 0, built.err
    assert "note: allow.yaml:5: image quay.io/never/* allows nothing here" in built.err
    assert "   a typo of a template that nobody runs:\n      text pyhton3.9" in built.out
    allowed = {one["text"]: (one["kind"], one["reason"]) for one in inspected(tmp_path)["allowed"]}
    assert allowed == {
        "nvcr.io/nvidia/k8s-device-plugin:v0.17.1": ("image", "no node has a GPU"),
        "pyhton3.9": ("text", "a typo of a template that nobody runs"),
    }


def test_a_file_that_cannot_be_read_is_a_hole_until_it_is_excluded(
    hosts: StandIns, tmp_path: Path
) -> None:
    checkout(tmp_path / "co")
    (tmp_path / "co" / "myapp" / "broken.yaml").write_text("a: [1\nb: {")

    refused = build(hosts, tmp_path, *FROM_CHECKOUT)

    assert refused.code == 5
    assert "file myapp/broken.yaml" in refused.err
    assert build(hosts, tmp_path, *FROM_CHECKOUT, "--exclude", "myapp/broken*").code == 0


def test_all_that_is_wrong_with_files_is_told_at_once(hosts: StandIns, tmp_path: Path) -> None:
    checkout(tmp_path / "co")
    hosts.files.always(hosts.path_of(MODEL), Reply(404))
    page = Reply(body=b"<p>log in", headers={"Content-Type": "text/html"})
    hosts.files.always(hosts.path_of(DATA), page)
    origin = [
        "--mirror",
        "models.invalid=127.0.0.1:1",
        "--mirror",
        "data.invalid=127.0.0.1:1",
    ]

    refused = build(hosts, tmp_path, *FROM_CHECKOUT, *origin)

    assert refused.code == 3
    assert "asset models.invalid/zoo/net.onnx: " in refused.err
    assert "answers with a web page" in refused.err
    assert "--skip-asset 'data.invalid/sets/numbers.zip=REASON'" in refused.err
    assert not (tmp_path / "x.tar.zst").exists()


def test_a_file_can_be_left_out_with_a_reason(hosts: StandIns, tmp_path: Path) -> None:
    checkout(tmp_path / "co")
    hosts.files.always(hosts.path_of(MODEL), Reply(404))

    built = build(hosts, tmp_path, *FROM_CHECKOUT, "--skip-asset", "models.*=nobody serves models")

    assert built.code == 0, built.err
    found = inspected(tmp_path)
    assert [one["name"] for one in found["assets"]] == ["data.invalid/sets/numbers.zip"]
    (allowed,) = found["allowed"]
    assert (allowed["kind"], allowed["text"], allowed["reason"]) == (
        "asset",
        MODEL,
        "nobody serves models",
    )
    assert allowed["where"].endswith("myapp/init/init-inference.json:4")


def test_a_file_that_is_another_than_the_lock_says_is_told_by_its_name(
    hosts: StandIns, tmp_path: Path
) -> None:
    checkout(tmp_path / "co")
    build(hosts, tmp_path, *FROM_CHECKOUT)
    again = ("--lock", "x.lock.yaml", "--checkout", "co", "-o", "y.tar.zst")

    hosts.serve(MODEL, NET[::-1])
    same_size = build(hosts, tmp_path, *again)
    hosts.serve(MODEL, NET[:-1])
    shorter = build(hosts, tmp_path, *again)

    assert (same_size.code, shorter.code) == (6, 6)
    assert "asset models.invalid/zoo/net.onnx came twice with other bytes" in same_size.err
    assert f"has {len(NET) - 1:,} bytes now, not {len(NET):,}" in shorter.err


def test_a_download_that_broke_is_gone_on_with_by_the_next_run(
    hosts: StandIns, tmp_path: Path
) -> None:
    checkout(tmp_path / "co")
    path, tag = hosts.path_of(MODEL), {"ETag": '"1"'}
    half = Reply(body=NET, headers=tag, ending=Ending.CLOSE, cut=3 << 20)
    hosts.files.expect(path, Reply(body=NET, headers=tag), half, Reply(404))
    assert build(hosts, tmp_path, *FROM_CHECKOUT).code == 5

    hosts.files.always(path, versioned(NET, tag))
    assert build(hosts, tmp_path, *FROM_CHECKOUT).code == 0

    asked = hosts.files.requests(path)[-1].headers["range"]
    assert int(asked.removeprefix("bytes=").partition("-")[0]) >= 2 << 20
    inspected(tmp_path)


def test_outdated_tells_what_moved_since_a_lock(hosts: StandIns, tmp_path: Path) -> None:
    checkout(tmp_path / "co")
    build(hosts, tmp_path, *FROM_CHECKOUT)
    ask = ("outdated", "x.lock.yaml", *hosts.options())
    fresh = cube_bundle(*ask, cwd=tmp_path)
    assert (fresh.code, fresh.out) == (0, "6 items: 6 as locked\n")

    hosts.hold([WEB], make.image(labels={"moved": "yes"}))
    hosts.serve(DATA, NUMBERS * 2)
    moved = cube_bundle(*ask, "--output", "json", cwd=tmp_path)

    assert moved.code == 1
    assert {one["name"] for one in moved.json["items"] if one["moved"]} == {
        WEB,
        "data.invalid/sets/numbers.zip",
    }
    assert "moved" in cube_bundle(*ask, cwd=tmp_path).out


def test_outdated_tells_what_could_not_be_asked_and_asks_the_rest(
    hosts: StandIns, tmp_path: Path
) -> None:
    checkout(tmp_path / "co")
    build(hosts, tmp_path, *FROM_CHECKOUT)
    lock = (tmp_path / "x.lock.yaml").read_text()
    (tmp_path / "z.lock.yaml").write_text(
        lock.replace(f"reference: {WEB}", "reference: 127.0.0.1:1/web:2")
    )

    asked = cube_bundle("outdated", "z.lock.yaml", *hosts.options(), cwd=tmp_path)

    assert asked.code == 3
    assert "6 items: 5 as locked, 1 could not be asked" in asked.out
    assert "127.0.0.1:1" in asked.err


@pytest.mark.skipif(not SHARED.is_dir(), reason="the platform's checkout is not on this disk")
def test_the_platforms_checkout_is_stopped_with_some_lists_and_passes_with_all(
    registry: RealRegistry, tmp_path: Path
) -> None:
    with scripted_registry() as files:
        hosts = StandIns(registry, files, "platform")
        # Its settings are not in that copy, and no stack can be made without.
        everything = ("--checkout", SHARED, "--no-stack", "-o", "x.tar.zst")
        refused = build(hosts, tmp_path, *everything, "--list", "core", "--output", "json")
        assert refused.code == 5
        holes = {one["text"]: one["profile"] for one in refused.json["holes"]}
        assert holes["nvcr.io/nvidia/k8s-device-plugin:v0.17.1"] == "gpu"

        whole = cube_bundle("lists", "cube-studio", "--output", "json", cwd=tmp_path)
        default = [one for profile in whole.json["profiles"] for one in profile["components"]]
        hosts.hold(image["image"] for one in default for image in one["images"])
        for one in default:
            for asset in one["assets"]:
                hosts.serve(asset["url"], asset["name"].encode())
        built = build(hosts, tmp_path, *everything)

    assert built.code == 0, built.err
    found = inspected(tmp_path)
    assert (len(found["images"]), len(found["assets"])) == (113, 11)
    assert len(found["jobTemplates"]) == 98
    reasons = {one["kind"] for one in found["allowed"]}
    assert reasons == {"image", "text"}
    assert {one["text"] for one in found["allowed"] if one["kind"] == "text"} == {"python3.9"}
    assert json.dumps(found).count(str(SHARED)) == 0


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["quay.io/a:1", "--exclude", "x/*"], "--exclude without --checkout"),
        (["quay.io/a:1", "--skip-asset", "x"], "which asset to leave out, and why"),
        (["quay.io/a:1", "--allow", "site.yaml"], "site.yaml:"),
        (["--lock", "x.lock.yaml", "--skip-asset", "a=b"], "a lock says already"),
        (["--checkout", "none"], "does not exist"),
    ],
)
def test_options_that_make_no_sense_are_refused(
    arguments: list[str], told: str, tmp_path: Path
) -> None:
    (tmp_path / "site.yaml").write_text(SITE)
    (tmp_path / "x.lock.yaml").write_text("version: 1\nimages: []\n")

    refused = cube_bundle("build", *arguments, "-o", "x.tar.zst", cwd=tmp_path)

    assert refused.code == 2
    assert told in refused.err


def test_the_lists_show_their_files(tmp_path: Path) -> None:
    shown = cube_bundle("lists", "bootstrap", cwd=tmp_path).out
    profiles = cube_bundle("lists", "bootstrap", "--output", "json", cwd=tmp_path).json["profiles"]

    assert "kubectl/linux-arm64/kubectl" in shown
    assert "17 images and 4 files in 1 profile" in shown
    assert profiles[0]["assets"] == 4


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_a_build_stopped_within_a_download_goes_on_with_it(
    how: signal.Signals, hosts: StandIns, tmp_path: Path
) -> None:
    checkout(tmp_path / "co")
    path, tag = hosts.path_of(MODEL), {"ETag": '"1"'}
    hosts.files.always(path, Reply(body=NET, headers=tag, ending=Ending.STALL, cut=3 << 20))
    arguments = ["build", *FROM_CHECKOUT, *hosts.options()]
    process = subprocess.Popen(
        [str(Path(sys.executable).with_name("cube-bundle")), *arguments],
        cwd=tmp_path,
        stderr=subprocess.PIPE,
        text=True,
    )
    while not any(part.stat().st_size for part in tmp_path.glob("*.staging/*.part")):
        assert process.poll() is None
        time.sleep(0.001)
    process.send_signal(how)
    _, told = process.communicate(timeout=30)
    assert "Traceback" not in told

    hosts.files.always(path, versioned(NET, tag))
    assert build(hosts, tmp_path, *FROM_CHECKOUT).code == 0

    assert not hosts.files.requests(path)[-1].headers["range"].startswith("bytes=0-")
    assert len(inspected(tmp_path)["assets"]) == 2


def versioned(data: bytes, headers: dict[str, str]) -> Callable[[Seen], Reply]:
    """Serves `data` and ranges of it with `headers` besides."""
    plain = ranged(data)

    def answer(seen: Seen) -> Reply:
        reply = plain(seen)
        return replace(reply, headers=reply.headers | headers)

    return answer
