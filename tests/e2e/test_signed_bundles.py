"""Bundles that are signed: by whom, and what becomes of those that are not, or were changed."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import requests

from cube_airgap.bundle import LARGEST_SIGNATURE
from cube_airgap.signature import TrustedKey
from tests.support import image_factory as make
from tests.support.bundle_factory import tiny_bundle
from tests.support.command import Ran, run
from tests.support.memory_source import noise
from tests.support.real_registry import RealRegistry, running_registry
from tests.support.signing_keys import KeyPair, key_pair, openssl

if TYPE_CHECKING:
    from collections.abc import Iterator

DAMAGED, UNTRUSTED = 6, 9
BASE = make.layer({"base": noise(900_000, 1)})
OLD = make.image([BASE, make.layer({"own": b"old"})])
NEW = make.image([BASE, make.layer({"own": b"new"})])


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealRegistry]:
    with running_registry(tmp_path_factory.mktemp("signing")) as running:
        running.push("team/app", "1", OLD)
        running.push("team/app", "2", NEW)
        yield running


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> KeyPair:
    return key_pair(tmp_path_factory.mktemp("keys"), "outside")


@pytest.fixture(scope="module")
def others(tmp_path_factory: pytest.TempPathFactory) -> KeyPair:
    return key_pair(tmp_path_factory.mktemp("others"), "somebody")


def build(registry: RealRegistry, here: Path, out: str, *more: object, tag: str = "1") -> Ran:
    image = f"{registry.host}/team/app:{tag}"
    plain = ("--insecure", registry.host, "-o", out)
    return run("cube-bundle", "build", image, *plain, *more, cwd=here)


@pytest.fixture(scope="module")
def built(registry: RealRegistry, keys: KeyPair, tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("built")
    done = build(registry, made, "site.tar.zst", "--sign-key", keys.private)
    assert done.code == 0, done.err
    return made / "site.tar.zst"


@pytest.fixture
def here(built: Path, tmp_path: Path) -> Path:
    """A directory with a signed bundle."""
    shutil.copy(built, tmp_path)
    return tmp_path


def verify(here: Path, name: str, *keys: Path) -> Ran:
    trusted = [word for key in keys for word in ("--trusted-key", key)]
    return run("cube-install", "verify", "--bundle", name, *trusted, cwd=here)


def test_verify_says_who_signed(here: Path, keys: KeyPair, others: KeyPair) -> None:
    done = verify(here, "site.tar.zst", others.public, keys.public)

    assert done.code == 0
    assert f"signed by {keys.public} (sha256:" in done.out
    plain = verify(here, "site.tar.zst")
    assert (plain.code, "signed by somebody" in plain.out) == (0, True)


def test_inspect_says_who_signed(registry: RealRegistry, here: Path, keys: KeyPair) -> None:
    build(registry, here, "plain.tar.zst")
    known = run("cube-bundle", "inspect", "site.tar.zst", "--trusted-key", keys.public, cwd=here)
    unknown = run("cube-bundle", "inspect", "site.tar.zst", cwd=here)
    unsigned = run("cube-bundle", "inspect", "plain.tar.zst", cwd=here)

    assert f"\nsigned by {keys.public} (sha256:" in known.out
    assert "\nsigned by somebody" in unknown.out
    assert "signed" not in unsigned.out
    for command in (("inspect",), ("verify",)):
        told = [
            run("cube-bundle", *command, name, "--output", "json", cwd=here).json["signed"]
            for name in ("site.tar.zst", "plain.tar.zst")
        ]
        assert told == [True, False]


def test_a_build_says_by_which_key_it_signed(
    registry: RealRegistry, here: Path, keys: KeyPair
) -> None:
    signed = ("--sign-key", keys.private)
    fingerprint = TrustedKey.read(keys.public).fingerprint

    written = build(registry, here, "site.tar.zst", *signed)
    told = build(registry, here, "site.tar.zst", *signed, "--output", "json")
    plain = build(registry, here, "plain.tar.zst", "--output", "json")

    assert f"signed with the key {fingerprint}\n" in written.out
    assert told.json["signedWith"] == fingerprint
    assert plain.json["signedWith"] is None


def test_openssl_verifies_what_tar_unpacks(here: Path, keys: KeyPair) -> None:
    members = ("bundle.json", "bundle.json.sig")
    command = ["tar", "--zstd", "-xf", "site.tar.zst", "--occurrence", *members]
    subprocess.run(command, cwd=here, check=True, timeout=60)

    said = openssl(
        *("dgst", "-sha256", "-verify", str(keys.public)),
        *("-signature", str(here / "bundle.json.sig"), str(here / "bundle.json")),
    )

    assert said == "Verified OK\n"


def test_signing_changes_no_identity_and_no_byte_twice(
    registry: RealRegistry, here: Path, keys: KeyPair
) -> None:
    again = build(registry, here, "again.tar.zst", "--sign-key", keys.private)
    plain = build(registry, here, "plain.tar.zst")

    assert (here / "again.tar.zst").read_bytes() == (here / "site.tar.zst").read_bytes()
    digest = again.out.rpartition("bundle ")[2].split()[0]
    assert digest in plain.out


def test_a_bundle_that_is_there_with_another_signature_is_not_taken_for_it(
    registry: RealRegistry, here: Path, others: KeyPair
) -> None:
    for more in ((), ("--sign-key", others.private)):
        done = build(registry, here, "site.tar.zst", *more)
        assert (done.code, "holds something else" in done.err) == (2, True)


@pytest.mark.parametrize(
    "command",
    [
        "cube-install push --to {host}/in --insecure {host} --bundle site.tar.zst",
        "cube-install --bundle site.tar.zst",
        "cube-install --to {host}/in --insecure {host} --bundle site.tar.zst",
        "cube-install preflight --to {host}/in --insecure {host} --bundle site.tar.zst",
        "cube-install status --to {host}/in --insecure {host} --bundle site.tar.zst",
        "cube-install serve --bundle site.tar.zst",
        "cube-install serve --install-unit --listen :5000 --bundle site.tar.zst",
        "cube-install load --docker --bundle site.tar.zst",
        "cube-install assets --bundle site.tar.zst",
        "cube-install kit -o kit --bundle site.tar.zst",
        "cube-install render -o out --to {host}/in --insecure {host} --bundle site.tar.zst",
        "cube-install deploy --to {host}/in --insecure {host} --bundle site.tar.zst",
        "cube-install diff --to {host}/in --insecure {host} --bundle site.tar.zst",
        "cube-install prepull --to {host}/in --bundle site.tar.zst",
        "cube-install nodes --print out --to {host} --insecure {host} --bundle site.tar.zst",
        "cube-install harbor --hostname h.example --bundle site.tar.zst",
        "cube-install verify --bundle site.tar.zst",
        "cube-bundle verify site.tar.zst",
        "cube-bundle inspect site.tar.zst",
        "cube-bundle extract site.tar.zst out",
        "cube-bundle publish site.tar.zst oci://{host}/in/b:1 --insecure {host}",
        "cube-bundle merge site.tar.zst site.tar.zst -o whole.tar.zst",
    ],
)
def test_no_command_takes_a_bundle_of_somebody_else(
    registry: RealRegistry, here: Path, others: KeyPair, command: str
) -> None:
    program, *arguments = command.format(host=registry.host).split()

    done = run(program, *arguments, "--trusted-key", others.public, cwd=here)

    assert (done.code, "is signed, and not by" in done.err) == (UNTRUSTED, True), done.err
    assert "verifying" not in done.err
    assert {one.name for one in here.iterdir()} <= {"site.tar.zst", ".docker"}
    assert '"in/' not in requests.get(f"{registry.url}/v2/_catalog", timeout=20).text


def test_the_site_file_says_whom_to_trust(
    registry: RealRegistry, here: Path, keys: KeyPair, others: KeyPair
) -> None:
    site = here / "site.yaml"
    text = f"version: 1\nregistry: {{host: '{registry.host}', project: trusted, insecure: true}}\n"
    site.write_text(f"{text}trusted_keys: [{others.public}]\n")
    refused = run("cube-install", "push", "--bundle", "site.tar.zst", cwd=here)
    (here / "outside.pub").write_bytes(keys.public.read_bytes())
    site.write_text(f"{text}trusted_keys: [outside.pub]\n")
    taken = run("cube-install", "push", "--bundle", "site.tar.zst", cwd=here)

    assert (refused.code, taken.code) == (UNTRUSTED, 0), taken.err


@pytest.mark.parametrize("variable", ["CUBE_INSTALL_TRUSTED_KEY", "CUBE_INSTALL_TRUSTED_KEYS"])
def test_the_environment_says_whom_to_trust(
    here: Path, keys: KeyPair, others: KeyPair, variable: str
) -> None:
    command = ("verify", "--bundle", "site.tar.zst")
    refused = run("cube-install", *command, cwd=here, env={variable: str(others.public)})
    several = {variable: f"{others.public}:{keys.public}"}
    taken = run("cube-install", *command, cwd=here, env=several)

    assert (refused.code, taken.code) == (UNTRUSTED, 0), taken.err


def test_an_option_takes_the_place_of_the_site_file(
    here: Path, keys: KeyPair, others: KeyPair
) -> None:
    (here / "site.yaml").write_text(f"version: 1\ntrusted_keys: [{keys.public}]\n")

    assert verify(here, "site.tar.zst", others.public).code == UNTRUSTED
    assert verify(here, "site.tar.zst").code == 0


def test_one_changed_byte_of_the_catalogue_is_noticed(keys: KeyPair, tmp_path: Path) -> None:
    bundle = tiny_bundle({"quay.io/a/b:1": OLD})
    raw = tmp_path / "raw"
    raw.write_bytes(bundle.raw_catalogue)
    openssl(
        *("dgst", "-sha256", "-sign", str(keys.private), "-out", str(tmp_path / "sig")), str(raw)
    )
    bundle.signature = (tmp_path / "sig").read_bytes()
    bundle.write(tmp_path / "sound.tar.zst")
    bundle.catalogue["images"][0]["why"] = "other reasons"
    bundle.write(tmp_path / "changed.tar.zst")

    assert verify(tmp_path, "sound.tar.zst", keys.public).code == 0
    assert verify(tmp_path, "changed.tar.zst", keys.public).code == UNTRUSTED


def test_what_the_catalogue_signs_is_held_to_it(keys: KeyPair, tmp_path: Path) -> None:
    bundle = tiny_bundle({"quay.io/a/b:1": OLD}, more={"job-templates/a.json": b"{}"})
    raw = tmp_path / "raw"
    raw.write_bytes(bundle.raw_catalogue)
    openssl(
        *("dgst", "-sha256", "-sign", str(keys.private), "-out", str(tmp_path / "sig")), str(raw)
    )
    bundle.signature = (tmp_path / "sig").read_bytes()
    for number, member in enumerate(bundle.members):
        if member.path == "job-templates/a.json":
            bundle.members[number] = type(member)(member.path, b"[]", member.encoded)
    bundle.write(tmp_path / "changed.tar.zst")

    done = run("cube-bundle", "inspect", "changed.tar.zst", "--trusted-key", keys.public,
               cwd=tmp_path)  # fmt: skip

    assert (done.code, "job-templates/a.json is damaged" in done.err) == (6, True)


def test_an_unsigned_bundle_is_refused(registry: RealRegistry, here: Path, keys: KeyPair) -> None:
    build(registry, here, "plain.tar.zst")

    done = verify(here, "plain.tar.zst", keys.public)

    assert (done.code, "is not signed" in done.err) == (UNTRUSTED, True)


def test_a_signed_bundle_comes_through_a_pipe(
    registry: RealRegistry, here: Path, keys: KeyPair, others: KeyPair
) -> None:
    image = f"{registry.host}/team/app:1"
    script = (
        f"cube-bundle build {image} --insecure {registry.host} --sign-key {keys.private} -o - | "
        f"tee piped.tar.zst | cube-install push --bundle - --to {registry.host}/piped "
        f"--insecure {registry.host} --trusted-key"
    )
    shell = ["bash", "-o", "pipefail", "-c"]
    env = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    taken = subprocess.run(
        [*shell, f"{script} {keys.public}"], cwd=here, env=env, timeout=60, check=False
    )
    assert taken.returncode == 0
    assert (here / "piped.tar.zst").read_bytes() == (here / "site.tar.zst").read_bytes()

    refused = subprocess.run(
        [*shell, f"cat site.tar.zst | {script.partition('| ')[2]} {others.public}"],
        cwd=here, env=env, timeout=60, check=False, capture_output=True, text=True,
    )  # fmt: skip
    assert (refused.returncode, "not by" in refused.stderr) == (UNTRUSTED, True)


def test_volumes_are_signed_as_one(
    registry: RealRegistry, here: Path, keys: KeyPair, others: KeyPair
) -> None:
    done = build(
        registry, here, "small.tar.zst", "--sign-key", keys.private, "--volume-size", "300K"
    )
    assert done.code == 0, done.err

    assert verify(here, "small.volumes.json", keys.public).code == 0
    assert verify(here, "small.volumes.json", others.public).code == UNTRUSTED


def test_a_delta_and_what_is_merged_are_signed_each_by_itself(
    registry: RealRegistry, here: Path, keys: KeyPair
) -> None:
    signed = ("--sign-key", keys.private)
    done = build(registry, here, "delta.tar.zst", "--since", "site.tar.zst", *signed, tag="2")
    assert done.code == 0, done.err
    assert build(registry, here, "new.tar.zst", *signed, tag="2").code == 0
    bundles = ("site.tar.zst", "delta.tar.zst", "--trusted-key", keys.public)

    plain = run("cube-bundle", "merge", *bundles, "-o", "plain.tar.zst", cwd=here)
    merged = run("cube-bundle", "merge", *bundles, *signed, "-o", "whole.tar.zst", cwd=here)

    assert (plain.code, merged.code) == (0, 0), merged.err
    assert verify(here, "delta.tar.zst", keys.public).code == 0
    assert verify(here, "plain.tar.zst", keys.public).code == UNTRUSTED
    assert (here / "whole.tar.zst").read_bytes() == (here / "new.tar.zst").read_bytes()


def test_a_signature_travels_through_a_registry(
    registry: RealRegistry, here: Path, keys: KeyPair
) -> None:
    address = f"oci://{registry.host}/bundles/signed:1"
    plain = ("--insecure", registry.host)
    sent = run("cube-bundle", "publish", "site.tar.zst", address, *plain, cwd=here)
    back = run("cube-bundle", "pull", address, *plain, "-o", "back.tar.zst", cwd=here)

    assert (sent.code, back.code) == (0, 0), back.err
    assert (here / "back.tar.zst").read_bytes() == (here / "site.tar.zst").read_bytes()
    assert verify(here, "back.tar.zst", keys.public).code == 0


@pytest.mark.parametrize("size", [LARGEST_SIGNATURE, LARGEST_SIGNATURE + 1])
def test_what_is_too_large_for_a_signature_is_not_pulled(
    registry: RealRegistry, tmp_path: Path, size: int
) -> None:
    bundle = tiny_bundle({"quay.io/a/b:1": OLD})
    bundle.signature = bytes(LARGEST_SIGNATURE)
    bundle.write(tmp_path / "b.tar.zst")
    address = f"oci://{registry.host}/bundles/large:{size}"
    plain = ("--insecure", registry.host)
    run("cube-bundle", "publish", "b.tar.zst", address, *plain, cwd=tmp_path)
    name = f"{registry.url}/v2/bundles/large"
    kind = {"Content-Type": "application/vnd.oci.image.manifest.v1+json"}
    manifest = requests.get(
        f"{name}/manifests/{size}", headers={"Accept": kind["Content-Type"]}, timeout=20
    ).json()
    layer = next(one for one in manifest["layers"] if "signature" in one["mediaType"])
    changed = bytes(size)
    layer |= {"size": size, "digest": make.digest_of(changed)}
    begun = requests.post(f"{name}/blobs/uploads/", timeout=20).headers["Location"]
    requests.put(begun, params={"digest": layer["digest"]}, data=changed, timeout=20)
    body = make.as_json(manifest)
    put = requests.put(f"{name}/manifests/{size}", data=body, headers=kind, timeout=20)
    assert put.ok, put.text

    done = run("cube-bundle", "pull", address, *plain, "-o", "back.tar.zst", cwd=tmp_path)

    is_refused = (done.code, "its signature is too large for one" in done.err) == (DAMAGED, True)
    assert is_refused == (size > LARGEST_SIGNATURE), done.err


def test_a_passphrase_comes_from_the_environment(registry: RealRegistry, tmp_path: Path) -> None:
    sealed = key_pair(tmp_path, "sealed", passphrase="open sesame")
    image = f"{registry.host}/team/app:1"
    command = ("build", image, "--insecure", registry.host, "--sign-key", sealed.private)

    asked = run("cube-bundle", *command, "-o", "a.tar.zst", cwd=tmp_path)
    given = run(
        "cube-bundle", *command, "-o", "a.tar.zst", cwd=tmp_path,
        env={"CUBE_BUNDLE_PASSPHRASE": "open sesame"},
    )  # fmt: skip

    assert (asked.code, "protected by a passphrase" in asked.err) == (2, True)
    wrong = run(
        "cube-bundle", *command, "-o", "b.tar.zst", cwd=tmp_path,
        env={"CUBE_BUNDLE_PASSPHRASE": os.fsdecode(b"in another encoding: \xe9")},
    )  # fmt: skip
    assert given.code == 0, given.err
    assert (wrong.code, "the passphrase does not open" in wrong.err) == (2, True)
    assert verify(tmp_path, "a.tar.zst", sealed.public).code == 0
    assert "sesame" not in given.out + given.err


def test_a_passphrase_is_asked_for_at_a_terminal_and_not_shown(
    registry: RealRegistry, tmp_path: Path
) -> None:
    sealed = key_pair(tmp_path, "sealed", passphrase="open sesame")
    command = (
        f"cube-bundle build {registry.host}/team/app:1 --insecure {registry.host} "
        f"--sign-key {sealed.private} -o a.tar.zst > out"
    )

    shown = at_terminal(command, tmp_path, question="Passphrase of", answer="open sesame")

    assert shown.count(f"Passphrase of {sealed.private}: ") == 1
    assert "sesame" not in shown
    assert "Passphrase" not in (tmp_path / "out").read_text()
    assert verify(tmp_path, "a.tar.zst", sealed.public).code == 0


def at_terminal(command: str, here: Path, *, question: str, answer: str) -> str:
    """What is shown at a terminal where `command` runs and `answer` is typed at its `question`."""
    ours, theirs = os.openpty()
    env = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    # setsid makes it the terminal that a new session asks at.
    process = subprocess.Popen(
        ["setsid", "--ctty", "--wait", "bash", "-c", command],
        cwd=here, env={**env, "HOME": str(here)}, stdin=theirs, stdout=theirs, stderr=theirs,
    )  # fmt: skip
    os.close(theirs)
    shown = b""
    with process, suppress(OSError):  # which is how a terminal ends that nobody has any more
        while piece := os.read(ours, 4096):
            shown += piece
            if answer and shown.endswith(b": ") and question.encode() in shown:
                os.write(ours, answer.encode() + b"\n")
                answer = ""
    os.close(ours)
    assert process.returncode == 0, shown
    return shown.decode()
