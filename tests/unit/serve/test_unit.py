"""The systemd unit that serves a bundle."""

from __future__ import annotations

import re
import subprocess
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from cube_install.serve.unit import NAME, ServiceWish, unit_text

if TYPE_CHECKING:
    from collections.abc import Iterator

NEW, OLD = 252, 219


@pytest.fixture
def place() -> Iterator[Path]:
    """A directory that everybody may come to, as pytest's own is not."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        yield Path(name)


def wish(place: Path, port: int = 5000, *arguments: str, name: str = "b.tar.zst") -> ServiceWish:
    program = place / "cube-install"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    bundle = place / name
    bundle.touch(0o644)
    return ServiceWish(program, bundle, ("--listen", f":{port}", *arguments), port)


def with_key(place: Path) -> ServiceWish:
    plain = wish(place)
    (place / "r.crt").touch(0o644)
    (place / "r.key").touch(0o600)
    return ServiceWish(
        plain.program, plain.bundle, plain.arguments, 5000, place / "r.crt", place / "r.key"
    )


def command_of(text: str) -> str:
    found = re.search("^ExecStart=(.*)$", text, re.MULTILINE)
    assert found
    return found[1]


def test_it_runs_the_same_command(place: Path) -> None:
    text = unit_text(wish(place, 5000, "--quiet"), NEW)
    assert command_of(text) == (
        f"{place}/cube-install serve --bundle {place}/b.tar.zst --listen :5000 --quiet"
    )


def test_it_runs_as_a_user_of_its_own(place: Path) -> None:
    text = unit_text(wish(place), NEW)
    assert "\nDynamicUser=yes\n" in text
    assert "\nCapabilityBoundingSet=\n" in text


def test_the_key_is_handed_to_that_user_alone(place: Path) -> None:
    text = unit_text(with_key(place), NEW)
    assert f"\nLoadCredential=tls.key:{place}/r.key\n" in text
    assert "--tls-key ${CREDENTIALS_DIRECTORY}/tls.key" in command_of(text)


@pytest.mark.parametrize("version", [OLD, 246])
def test_an_old_systemd_runs_it_as_root_without_rights(place: Path, version: int) -> None:
    text = unit_text(with_key(place), version)
    assert "DynamicUser" not in text
    assert "LoadCredential" not in text
    assert f"--tls-key {place}/r.key" in command_of(text)
    assert "\nCapabilityBoundingSet=\n" in text


def test_a_bundle_for_root_alone_is_served_by_root(place: Path) -> None:
    one = wish(place)
    one.bundle.chmod(0o600)
    assert "DynamicUser" not in unit_text(one, NEW)


def test_volumes_are_looked_at_too(place: Path) -> None:
    one = wish(place, name="b.tar.zst.volumes.json")
    (place / "b.tar.zst.001").touch(0o600)
    assert "DynamicUser" not in unit_text(one, NEW)


def test_whom_to_trust_is_said_at_each_start(place: Path) -> None:
    (place / "ours.pub").touch(0o644)
    one = replace(wish(place), trusted_keys=(place / "ours.pub",))
    assert f"--trusted-key {place}/ours.pub --listen" in command_of(unit_text(one, NEW))
    assert "\nDynamicUser=yes\n" in unit_text(one, NEW)

    (place / "ours.pub").chmod(0o600)
    assert "DynamicUser" not in unit_text(one, NEW)


def test_a_low_port_needs_one_right(place: Path) -> None:
    text = unit_text(wish(place, 443), NEW)
    assert "\nCapabilityBoundingSet=CAP_NET_BIND_SERVICE\n" in text
    assert "\nAmbientCapabilities=CAP_NET_BIND_SERVICE\n" in text


def test_what_systemd_would_take_for_something_else_is_quoted(place: Path) -> None:
    text = unit_text(wish(place, 5000, "--to", "h/$x", name="a 100% b.tar.zst"), NEW)
    assert f'--bundle "{place}/a 100%% b.tar.zst"' in text
    assert '--to "h/$$x"' in text


@pytest.mark.parametrize("version", [OLD, NEW])
def test_systemd_finds_nothing_wrong_with_it(place: Path, version: int) -> None:
    path = place / NAME
    path.write_text(unit_text(with_key(place), version))
    done = subprocess.run(
        ["systemd-analyze", "verify", path], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_systemd_takes_it_for_safe(place: Path) -> None:
    path = place / NAME
    path.write_text(unit_text(with_key(place), NEW))
    told = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", path],
        capture_output=True,
        text=True,
        check=False,
    ).stdout
    found = re.search(r"exposure level for \S+: ([0-9.]+)", told)
    assert found, told
    assert float(found[1]) < 2.5
